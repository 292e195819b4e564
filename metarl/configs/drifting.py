"""The agents `drifting`: two arms, each with a walk of its own."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs.drifting import Drifting


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="drifting",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Drifting(),
        agent=AgentConfig(training_steps=20_000_000),
    )
