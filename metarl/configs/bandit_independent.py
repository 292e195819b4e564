"""Two independent arms, trained on belief rewards."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    return TrainConfig(
        params_filename="independent",
        environment=Bandit(reward_structure="independent"),
        agent=AgentConfig(
            training_steps=14_000_000,
            advantage_rewards="belief",
            discount=0.85,
            discount_end=0.97,
            entropy_cost=0.1,
        ),
    )
