"""Two independent arms, trained on belief rewards to within a tenth of the best possible."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit


def get_config() -> TrainConfig:
    """Returns the experiment; exploration pays late here: long horizons, and much entropy."""
    return TrainConfig(
        params_filename="independent_quick",
        num_final_eval_episodes=20_000,
        gradients_in_flight=1,  # fresher gradients: a step teaches more, and takes longer
        environment=Bandit(reward_structure="independent"),
        agent=AgentConfig(
            training_steps=4_500_000,
            use_trial_index=True,
            advantage_rewards="belief",
            discount=0.9,
            discount_end=0.98,
            gae_lambda_end=1.0,
            entropy_cost=0.6,
        ),
    )
