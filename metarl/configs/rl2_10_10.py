"""10 independent arms, 10 pulls: a cell of RL2's table (arXiv 1611.02779), on belief rewards."""

import dataclasses

from metarl.config import TrainConfig
from metarl.configs import rl2_10_5


def get_config() -> TrainConfig:
    """Returns the experiment of five arms, with ten; its checkpoint is the shipped file."""
    fewer = rl2_10_5.get_config()
    environment = dataclasses.replace(fewer.environment, num_arms=10)
    return dataclasses.replace(fewer, params_filename="rl2_10_10", environment=environment)
