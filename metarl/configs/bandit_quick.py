"""Correlated arms, trained on belief rewards: the shortest way to near the best possible."""

from metarl.config import AgentConfig, TrainConfig


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    return TrainConfig(
        params_filename="quick",
        agent=AgentConfig(training_steps=1_200_000, advantage_rewards="belief", learning_rate=8e-3),
    )
