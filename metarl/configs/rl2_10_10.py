"""10 independent arms, 10 pulls: a cell of RL2's table (arXiv 1611.02779), on belief rewards."""

import dataclasses

from metarl.config import TrainConfig
from metarl.configs import rl2_10_5


def get_config() -> TrainConfig:
    """Returns the experiment of five arms, with ten and more updates: these are harder to learn."""
    fewer = rl2_10_5.get_config()
    return dataclasses.replace(
        fewer,
        params_filename="rl2_10_10",
        gradients_in_flight=1,
        environment=dataclasses.replace(fewer.environment, num_arms=10),
        agent=dataclasses.replace(fewer.agent, training_steps=60_000_000),
    )
