"""5 independent arms, 500 pulls: a cell of RL2's table (arXiv 1611.02779), on belief rewards."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; its checkpoint is the shipped file."""
    return TrainConfig(
        params_filename="rl2_500_5",
        gradients_in_flight=1,
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Bandit(num_arms=5, num_trials=500, reward_structure="independent"),
        agent=AgentConfig(
            num_lstm_units=64,
            use_trial_index=True,
            training_steps=60_000_000,
            episodes_per_update=8,
            max_unroll_steps=500,
            learning_rate=3e-3,
            advantage_rewards="belief",
            discount=0.9,
            discount_end=0.99,
            gae_lambda_end=0.97,
            entropy_cost=0.6,
        ),
    )
