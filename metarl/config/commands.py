"""The config of a game: a frozen dataclass that is checked when it is made."""

import dataclasses

from metarl.checks import (
    check_bool,
    check_filename,
    check_instance,
    check_integer,
    check_number,
    check_path,
    check_seed,
)
from metarl.config.experiment import InFolder
from metarl.envs import Bandit, TaskFamily


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlayConfig(InFolder):
    """One game for a person.

    Attributes:
      workdir: the folder that the record is written to, as `play_NAME.csv`; if that file exists, as
        `play_NAME_2.csv` and so on.
      player: the person's name `NAME`, for the record and its file name.
      random_seed: the random seed of tasks, outcomes and the machines' choices; None draws a new
        one. The record holds it.
      min_seconds: answers within this many seconds after a choice is offered do not count.
      num_episodes: number of episodes to play.
      against_machines: whether other players play the same episodes with the same random draws.
      environment: the family of tasks.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    player: str = "you"
    random_seed: int | None = None
    min_seconds: float = 0.0
    num_episodes: int = 1
    against_machines: bool = True
    environment: TaskFamily = dataclasses.field(default_factory=lambda: Bandit(num_trials=20))

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_filename("player", self.player)
        if self.random_seed is not None:
            check_seed("random_seed", self.random_seed)
        check_number("min_seconds", self.min_seconds, 0, 3600)
        check_integer("num_episodes", self.num_episodes, 1)
        check_bool("against_machines", self.against_machines)
        check_instance("environment", self.environment, TaskFamily)
