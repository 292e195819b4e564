"""The agent `bandit_independent` that ships with the package: two independent arms."""

import dataclasses

from metarl.config import TrainConfig
from metarl.configs import bandit_independent_quick


def get_config() -> TrainConfig:
    """Returns the experiment; its checkpoint is the shipped file."""
    quick = bandit_independent_quick.get_config()
    agent = dataclasses.replace(quick.agent, training_steps=40_000_000, episodes_per_update=64)
    return dataclasses.replace(
        quick,
        params_filename="bandit_independent",
        save_optimizer=False,
        gradients_in_flight=2,
        agent=agent,
    )
