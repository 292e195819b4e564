"""The agents `volatile`: two arms that swap regularly in half of the episodes."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs.volatile import Volatile


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="volatile",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Volatile(),
        agent=AgentConfig(training_steps=12_000_000),
    )
