"""Correlated arms, trained on belief rewards: the shortest way to near the best possible."""

from metarl.config import AgentConfig, TrainConfig


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    return TrainConfig(
        params_filename="quick",
        num_final_eval_episodes=10_000,
        agent=AgentConfig(training_steps=2_000_000, advantage_rewards="belief", learning_rate=8e-3),
    )
