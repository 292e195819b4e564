"""Experiments on bandits, by name: `--config=bandit:independent`. The default is `bandit:default`.

The agents `bandit_correlated`, `bandit_easy`, `bandit_medium`, `bandit_hard`, `bandit_independent`
and `bandit_independent_seeds` ship with the package; each was trained with the variant of its name.
"""

from typing import Any

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.envs import Bandit


def get_config(variant: str = "default") -> TrainConfig:
    """Returns one of the experiments; override any setting with `--config.FIELD=VALUE`.

    Args:
      variant: its name.
        `default`: two correlated arms; what `metarl train` runs.
        `correlated`, `easy`, `medium`, `hard`: the agents that ship, of eight random seeds each.
        `independent`: the best one that ships. `independent_seeds`: eight, trained for less long.
        `paper`: two independent arms, trained as in the papers: slowly.
        `oracle`: the default's task on oracle rewards.
        `quick`: the same on belief rewards, the quickest to come close to the best possible.
        `independent_sprint`, `independent_quick`, `independent_close`: two independent arms on
        belief rewards, until better than Thompson sampling, within a tenth, within a twentieth of
        the best possible.
    """
    return pick("bandit", variant, VARIANTS)


# The papers' tasks: two arms each.
TASKS = {
    structure: Bandit(reward_structure=structure)
    for structure in ("correlated", "independent", "easy", "medium", "hard")
}

# Oracle and belief rewards are less noisy than sampled ones: a smaller learning rate will do.
QUIET: dict[str, Any] = {
    "use_trial_index": False,
    "schedule_end": 1.0,
    "episodes_per_update": 16,
    "learning_rate": 5e-3,
    "discount": 0.8,
    "discount_end": 0.95,
    "gae_lambda": 0.9,
    "gae_lambda_end": 0.95,
    "normalize_value_loss": False,
    "value_cost": 0.5,
    "entropy_cost": 0.3,
    "entropy_cost_end": 0.002,
}

# On independent arms exploration pays off late: long horizons and a high entropy cost.
LATE: dict[str, Any] = QUIET | {
    "use_trial_index": True,
    "advantage_rewards": "belief",
    "discount": 0.9,
    "discount_end": 0.98,
    "gae_lambda_end": 1.0,
    "entropy_cost": 0.6,
}


# Wang et al. 2018, methods: one episode per update, RMSProp, returns to the end of the unroll, and
# an initial memory that is learnt. The decay of RMSProp and the largest norm are not stated there.
PAPER: dict[str, Any] = {
    "network": "learnt_start",
    "use_trial_index": False,
    "training_steps": 10_000_000,
    "episodes_per_update": 1,
    "optimizer": "rmsprop",
    "learning_rate": 7e-4,
    "learning_rate_end": 7e-4,
    "max_gradient_norm": 1.0,
    "discount": 0.9,
    "discount_end": 0.9,
    "advantage_estimator": "n_step",
    "normalize_advantage": False,
    "normalize_value_loss": False,
    "value_cost": 0.05,
    "entropy_cost": 0.05,
    "entropy_cost_end": 0.05,
}


def _shipped(structure: str, suffix: str = "", **agent: Any) -> TrainConfig:
    return TrainConfig(
        name=f"bandit_{structure}{suffix}",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=TASKS[structure],
        agent=AgentConfig(**agent),
    )


def _correlated(name: str, **agent: Any) -> TrainConfig:
    return TrainConfig(
        name=name,
        num_final_eval_episodes=10_000,
        gradients_in_flight=2,  # faster, and old gradients matter less where rewards are not noisy
        agent=AgentConfig(**(QUIET | agent)),
    )


def _independent(name: str, episodes: int, **agent: Any) -> TrainConfig:
    return TrainConfig(
        name=f"independent_{name}",
        num_final_eval_episodes=episodes,
        environment=TASKS["independent"],
        agent=AgentConfig(**(LATE | agent)),
    )


VARIANTS = {
    "default": lambda: TrainConfig(num_final_eval_episodes=10_000),
    "correlated": lambda: _shipped("correlated", training_steps=24_000_000),
    "easy": lambda: _shipped("easy", training_steps=8_000_000),
    "medium": lambda: _shipped("medium", training_steps=8_000_000),
    "hard": lambda: _shipped("hard", training_steps=8_000_000),
    "independent": lambda: _shipped(
        "independent",
        num_units=64,
        training_steps=280_000_000,
        episodes_per_update=32,
        schedule_end=0.3,
        gae_lambda_end=0.97,
        entropy_cost_end=0.005,
    ),
    "independent_seeds": lambda: _shipped("independent", "_seeds", training_steps=36_000_000),
    "paper": lambda: TrainConfig(
        name="paper",
        num_final_eval_episodes=10_000,
        environment=TASKS["independent"],
        agent=AgentConfig(**PAPER),
    ),
    "oracle": lambda: _correlated("oracle", training_steps=3_000_000, advantage_rewards="oracle"),
    "quick": lambda: _correlated(
        "quick", training_steps=2_000_000, advantage_rewards="belief", learning_rate=8e-3
    ),
    "independent_sprint": lambda: _independent(
        "sprint", 5_000, training_steps=650_000, learning_rate=8e-3, discount_end=0.95
    ),
    "independent_quick": lambda: _independent("quick", 20_000, training_steps=4_500_000),
    # Getting from a tenth to a twentieth above the optimum takes more steps than all before.
    "independent_close": lambda: _independent("close", 60_000, training_steps=12_000_000),
}
