"""The two-step task: `--config=two_step`, `two_step:fixation` or `two_step:w16`."""

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.envs.two_step import TwoStep


def get_config(variant: str = "two_step") -> TrainConfig:
    """Returns the experiment; its shipped file holds agents of eight random seeds.

    Args:
      variant: `two_step`: that of Wang et al. 2018, with two steps per trial. `fixation`: with
        three, the first of which is a cue. `w16`: that of Wang et al. 2016, experiment 5: ten
        trials without reversals.
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
    "w16": lambda: _shipped(TwoStep(num_trials=10, common_probability=0.75, hazard=0.0), "_w16"),
}
