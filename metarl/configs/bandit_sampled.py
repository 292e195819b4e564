"""The default experiment as the papers do it: the advantage is made of sampled rewards only."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; noise wants less entropy, shorter horizons and more steps."""
    return TrainConfig(
        params_filename="my_sampled_agent",
        num_final_eval_episodes=10_000,
        environment=Bandit(num_arms=2, num_trials=100, reward_structure="correlated"),
        agent=AgentConfig(
            advantage_rewards="sampled",
            training_steps=6_400_000,
            discount=0.8,
            discount_end=0.8,
            gae_lambda=0.8,
            gae_lambda_end=0.8,
            entropy_cost=0.05,
        ),
    )
