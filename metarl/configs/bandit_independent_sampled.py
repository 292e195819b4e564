"""The agent `bandit_independent_sampled`: two independent arms, on sampled rewards alone."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; noisier rewards want less entropy, and many more steps."""
    return TrainConfig(
        params_filename="bandit_independent_sampled",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Bandit(reward_structure="independent"),
        agent=AgentConfig(
            training_steps=30_000_000,
            episodes_per_update=32,
            use_trial_index=True,
            advantage_rewards="sampled",
            discount=0.9,
            discount_end=0.97,
            entropy_cost=0.1,
        ),
    )
