"""Two independent arms, trained on belief rewards until it passes Thompson sampling."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    return TrainConfig(
        params_filename="independent_quick",
        environment=Bandit(reward_structure="independent"),
        agent=AgentConfig(
            training_steps=3_000_000,
            advantage_rewards="belief",
            discount=0.85,
            discount_end=0.95,
            entropy_cost=0.1,
        ),
    )
