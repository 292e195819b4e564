"""The agents `volatile`: two arms that swap in half of the episodes, or of the blocks.

`--config=volatile` or `volatile:blocks`.
"""

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.envs.volatile import Volatile


def get_config(variant: str = "volatile") -> TrainConfig:
    """Returns the experiment; its shipped file holds agents of eight random seeds.

    Args:
      variant: `volatile`: episodes are stable or volatile from beginning to end. `blocks`: they
        have blocks of both kinds, of 50 trials on average.
    """
    return pick("volatile", variant, VARIANTS)


def _shipped(name: str, env: Volatile) -> TrainConfig:
    return TrainConfig(
        name=name,
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=env,
        agent=AgentConfig(training_steps=12_000_000),
    )


VARIANTS = {
    "volatile": lambda: _shipped("volatile", Volatile()),
    "blocks": lambda: _shipped("volatile_blocks", Volatile(switch_probability=0.02)),
}
