"""Two independent arms, trained as in `bandit_independent`, but for seconds only."""

import dataclasses

from metarl.config import TrainConfig
from metarl.configs import bandit_independent


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    longer = bandit_independent.get_config()
    agent = dataclasses.replace(longer.agent, training_steps=3_000_000, discount_end=0.95)
    return dataclasses.replace(longer, params_filename="independent_quick", agent=agent)
