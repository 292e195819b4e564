"""The two-armed bandit with correlated arms: what `metarl train` runs by default."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; override any of it with `--config.FIELD=VALUE`."""
    return TrainConfig(
        path="results",
        params_filename="my_agent",
        num_workers=2,
        num_evaluators=1,
        num_final_eval_episodes=10_000,
        environment=Bandit(num_arms=2, num_trials=100, reward_structure="correlated"),
        agent=AgentConfig(random_seed=42, num_lstm_units=48),
    )
