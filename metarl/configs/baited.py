"""The agents `baited`: two arms that are baited."""

from metarl.config import TrainConfig
from metarl.envs.baited import Baited


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="baited",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Baited(),
    )
