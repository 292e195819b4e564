"""The agents `harlow`: Harlow's task with vectors."""

from metarl.config import TrainConfig
from metarl.envs.harlow import Harlow


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="harlow",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Harlow(),
    )
