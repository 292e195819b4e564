"""Experiments on bandits, by name: `--config=bandit:independent`. The default is `bandit:default`.

The agents `bandit_correlated`, `bandit_easy`, `bandit_medium`, `bandit_hard`, `bandit_independent`
and `bandit_independent_sampled` ship with the package; each was trained with the variant of its
name.
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
        `quick`: the same on belief rewards, the quickest to come close to the best possible.
        `sampled`: the same on sampled rewards only, as in the papers.
        `correlated`, `easy`, `medium`, `hard`, `independent`, `independent_sampled`: the agents
        that ship.
        `independent_sprint`, `independent_quick`, `independent_close`: two independent arms, until
        better than Thompson sampling, within a tenth, within a twentieth of the best possible.
    """
    return pick("bandit", variant, VARIANTS)


# The papers' tasks: two arms each.
TASKS = {
    structure: Bandit(reward_structure=structure)
    for structure in ("correlated", "independent", "easy", "medium", "hard")
}

# On independent arms exploration pays off late: long horizons and a high entropy cost.
LATE: dict[str, Any] = {
    "use_trial_index": True,
    "advantage_rewards": "belief",
    "discount": 0.9,
    "discount_end": 0.98,
    "gae_lambda_end": 1.0,
    "entropy_cost": 0.6,
}


def _shipped(structure: str, episodes: int, *, rewards: str = "", **agent: Any) -> TrainConfig:
    """A shipped agent; its name has a suffix if other agents ship for the same tasks."""
    return TrainConfig(
        name=f"bandit_{structure}{rewards}",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=TASKS[structure],
        agent=AgentConfig(episodes_per_update=episodes, **agent),
    )


def _independent(name: str, episodes: int, **agent: Any) -> TrainConfig:
    return TrainConfig(
        name=f"independent_{name}",
        num_final_eval_episodes=episodes,
        gradients_in_flight=1,  # fresher gradients: each step teaches more, but takes longer
        environment=TASKS["independent"],
        agent=AgentConfig(**(LATE | agent)),
    )


def _sampled() -> TrainConfig:
    """Sampled rewards are noisier: less entropy, shorter horizons and more steps."""
    return TrainConfig(
        name="my_sampled_agent",
        num_final_eval_episodes=10_000,
        agent=AgentConfig(
            advantage_rewards="sampled",
            training_steps=6_400_000,
            discount=0.8,
            discount_end=0.8,
            gae_lambda=0.8,
            gae_lambda_end=0.8,
            entropy_cost=0.05,
        ),
    )


def _quick() -> TrainConfig:
    return TrainConfig(
        name="quick",
        num_final_eval_episodes=10_000,
        agent=AgentConfig(training_steps=2_000_000, advantage_rewards="belief", learning_rate=8e-3),
    )


_PAIR: dict[str, Any] = {"training_steps": 12_000_000, "advantage_rewards": "belief"}

VARIANTS = {
    "default": lambda: TrainConfig(num_final_eval_episodes=10_000),
    "quick": _quick,
    "sampled": _sampled,
    "correlated": lambda: _shipped("correlated", 32, training_steps=16_000_000),
    "easy": lambda: _shipped("easy", 32, **_PAIR),
    "medium": lambda: _shipped("medium", 32, **_PAIR),
    "hard": lambda: _shipped("hard", 32, **_PAIR),
    "independent": lambda: _shipped("independent", 64, training_steps=40_000_000, **LATE),
    "independent_sprint": lambda: _independent(
        "sprint", 5_000, training_steps=650_000, learning_rate=8e-3, discount_end=0.95
    ),
    "independent_quick": lambda: _independent("quick", 20_000, training_steps=4_500_000),
    # Getting from a tenth to a twentieth above the optimum takes more steps than all before.
    "independent_close": lambda: _independent("close", 60_000, training_steps=12_000_000),
    "independent_sampled": lambda: _shipped(
        "independent",
        32,
        rewards="_sampled",
        training_steps=30_000_000,
        use_trial_index=True,
        advantage_rewards="sampled",
        discount=0.9,
        discount_end=0.97,
        entropy_cost=0.1,
    ),
}
