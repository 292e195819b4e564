"""Two independent arms, trained just long enough to pass Thompson sampling."""

import dataclasses

from metarl.config import TrainConfig
from metarl.configs import bandit_independent_quick


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    quick = bandit_independent_quick.get_config()
    agent = dataclasses.replace(
        quick.agent, training_steps=650_000, learning_rate=8e-3, discount_end=0.95
    )
    return dataclasses.replace(
        quick, params_filename="independent_sprint", num_final_eval_episodes=5_000, agent=agent
    )
