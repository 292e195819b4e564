"""A game for a person against the machines: what `metarl play` runs by default."""

from metarl.config_play import PlayConfig
from metarl.envs import Bandit


def get_config() -> PlayConfig:
    """Returns the game; override any of it with `--config.FIELD=VALUE`."""
    return PlayConfig(
        num_episodes=1,
        environment=Bandit(num_arms=2, num_trials=20, reward_structure="correlated"),
    )
