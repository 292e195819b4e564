"""The two-step task of Wang et al. 2018: `--config=two_step`, or `two_step:fixation`."""

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.envs.two_step import TwoStep


def get_config(variant: str = "two_step") -> TrainConfig:
    """Returns the experiment; its checkpoint is the shipped file.

    Args:
      variant: `two_step`: two steps per trial. `fixation`: three, the first of which is a cue.
    """
    return pick("two_step", variant, VARIANTS)


VARIANTS = {
    "two_step": lambda: TrainConfig(
        name="two_step",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=TwoStep(),
        agent=AgentConfig(
            training_steps=6_000_000,
            episodes_per_update=16,
            max_unroll_steps=200,
            advantage_rewards="belief",
        ),
    ),
    "fixation": lambda: TrainConfig(
        name="two_step_fixation",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=TwoStep(fixation=True),
        agent=AgentConfig(
            training_steps=10_000_000,
            episodes_per_update=16,
            max_unroll_steps=300,
            advantage_rewards="belief",
        ),
    ),
}
