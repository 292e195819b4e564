"""The bandits of RL2's table (arXiv 1611.02779), by pulls and arms: `--config=rl2:100_5`.

The agents `rl2_10_5`, `rl2_10_10`, `rl2_100_5`, `rl2_100_10` and `rl2_500_5` ship with the package,
trained on belief rewards; so do `rl2_10_5_sampled`, `rl2_100_5_sampled` and `rl2_500_5_sampled`,
trained by the default recipe. Each was trained with the variant of its name.
"""

from typing import Any

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.configs.bandit import LATE
from metarl.envs import Bandit


def get_config(variant: str = "10_5") -> TrainConfig:
    """Returns the experiment of a cell of the table: pulls and arms, as in `10_5`.

    With the ending `_sampled`, it is trained on sampled rewards, by the default recipe.
    """
    return pick("rl2", variant, VARIANTS)


def _bandit(pulls: int, arms: int) -> Bandit:
    return Bandit(num_arms=arms, num_trials=pulls, reward_structure="independent")


def _sampled(pulls: int, arms: int) -> TrainConfig:
    return TrainConfig(
        name=f"rl2_{pulls}_{arms}_sampled",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=_bandit(pulls, arms),
    )


def _cell(pulls: int, arms: int, *, in_flight: int, **agent: Any) -> TrainConfig:
    settings: dict[str, Any] = {**LATE, "max_unroll_steps": pulls}
    if pulls == 10:
        settings |= {"discount": 0.95, "discount_end": 1.0, "episodes_per_update": 320}
    else:
        settings |= {"num_units": 64}
    return TrainConfig(
        name=f"rl2_{pulls}_{arms}",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        gradients_in_flight=in_flight,
        environment=_bandit(pulls, arms),
        agent=AgentConfig(**(settings | agent)),
    )


# Ten arms are harder to learn than five: fresher gradients, and more of them.
VARIANTS = {
    "10_5": lambda: _cell(10, 5, in_flight=2, training_steps=12_000_000),
    "10_10": lambda: _cell(10, 10, in_flight=1, training_steps=60_000_000),
    "100_5": lambda: _cell(100, 5, in_flight=2, training_steps=40_000_000, episodes_per_update=64),
    "100_10": lambda: _cell(
        100, 10, in_flight=1, training_steps=100_000_000, episodes_per_update=16
    ),
    "500_5": lambda: _cell(
        500,
        5,
        in_flight=1,
        training_steps=60_000_000,
        episodes_per_update=8,
        learning_rate=3e-3,
        discount_end=0.99,
        gae_lambda_end=0.97,
    ),
    "10_5_sampled": lambda: _sampled(10, 5),
    "100_5_sampled": lambda: _sampled(100, 5),
    "500_5_sampled": lambda: _sampled(500, 5),
}
