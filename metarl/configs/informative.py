"""The agents `informative`: ten arms and one that tells which of them pays."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs.informative import Informative


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="informative",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Informative(),
        agent=AgentConfig(training_steps=12_000_000),
    )
