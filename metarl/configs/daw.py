"""The agents `daw`: the two-step task of Daw et al. 2011."""

from metarl.config import AgentConfig, TrainConfig
from metarl.envs.daw import Daw


def get_config() -> TrainConfig:
    """Returns the experiment; the shipped file holds agents of eight random seeds."""
    return TrainConfig(
        name="daw",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Daw(),
        # With the default's longer horizon, bonus and rate, two of eight seeds had learnt to use
        # the transitions only in part after 60 million steps.
        agent=AgentConfig(
            training_steps=60_000_000, discount_end=0.9, learning_rate=4e-3, entropy_cost_end=3e-3
        ),
    )
