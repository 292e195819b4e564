"""The agent `reversal`: two arms, .9 and .1, that swap with a hazard of .025."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs.reversal import Reversal


def get_config() -> TrainConfig:
    """Returns the experiment; its checkpoint is the shipped file."""
    return TrainConfig(
        name="reversal",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Reversal(),
        agent=AgentConfig(training_steps=8_000_000),
    )
