"""The colour bandit: `--config=colours`."""

from metarl.config import TrainConfig
from metarl.envs.colours import Colours


def get_config() -> TrainConfig:
    """Returns the experiment."""
    return TrainConfig(name="colours", environment=Colours())
