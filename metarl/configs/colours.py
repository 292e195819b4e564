"""The agent `colours`: the colour bandit."""

from metarl.config import TrainConfig
from metarl.envs.colours import Colours


def get_config() -> TrainConfig:
    """Returns the experiment; its checkpoint is the shipped file."""
    return TrainConfig(
        name="colours",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Colours(),
    )
