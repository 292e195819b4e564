"""The agents `risky`: a safe arm and a risky one."""

from metarl.config import TrainConfig
from metarl.envs.risky import Risky


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="risky",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Risky(),
    )
