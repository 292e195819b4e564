"""The agents `restless`: two arms whose win probabilities walk."""

from metarl.config import TrainConfig
from metarl.envs.restless import Restless


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="restless",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Restless(),
    )
