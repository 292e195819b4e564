"""The agents `inferred`: inferred value, with fixation."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs.inferred import Inferred


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="inferred",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Inferred(),
        agent=AgentConfig(training_steps=8_000_000),
    )
