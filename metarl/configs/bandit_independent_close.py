"""Two independent arms, trained on belief rewards to about a twentieth above the best possible."""

import dataclasses

from metarl.config import TrainConfig
from metarl.configs import bandit_independent_quick


def get_config() -> TrainConfig:
    """Returns the experiment; from a tenth to a twentieth takes more steps than all before it."""
    quick = bandit_independent_quick.get_config()
    agent = dataclasses.replace(quick.agent, training_steps=12_000_000)
    return dataclasses.replace(
        quick, params_filename="independent_close", num_final_eval_episodes=60_000, agent=agent
    )
