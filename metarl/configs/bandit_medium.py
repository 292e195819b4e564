"""The agent `bandit_medium`: two arms that win with .75 and .25, belief rewards."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; its checkpoint is the shipped file."""
    return TrainConfig(
        params_filename="bandit_medium",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Bandit(num_arms=2, num_trials=100, reward_structure="medium"),
        agent=AgentConfig(
            training_steps=12_000_000, episodes_per_update=32, advantage_rewards="belief"
        ),
    )
