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


def _shipped(env: TwoStep, suffix: str = "") -> TrainConfig:
    return TrainConfig(
        name=f"two_step{suffix}",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=env,
        agent=AgentConfig(training_steps=16_000_000),
    )


VARIANTS = {
    "two_step": lambda: _shipped(TwoStep()),
    "fixation": lambda: _shipped(TwoStep(fixation=True), "_fixation"),
}
