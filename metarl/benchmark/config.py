"""What a benchmark measures."""

import dataclasses

from metarl.config import InFolder, TrainConfig
from metarl.envs import Bandit
from metarl.validation import (
    check_filename,
    check_instance,
    check_integer,
    check_seed,
    check_text,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpeedConfig(InFolder):
    """What `metarl benchmark speed` measures.

    Attributes:
      path: the folder that `speed.csv` is written to.
      num_repeats: measurements behind each figure, which is their median.
      max_workers: the largest number of A3C workers; 0 stands for the number of processors.
      steps_per_worker: environment steps each worker of a measured run trains for; at least twenty
        updates.
      num_experiments: experiments of A2C in one program, to be held against one.
      criterion_seeds: seeds of each time to criterion; 0 leaves those out, which take minutes.
      train: the run that is measured: its environment and agent.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    path: str = "results"
    num_repeats: int = 3
    max_workers: int = 0
    steps_per_worker: int = 2_000_000
    num_experiments: int = 32
    criterion_seeds: int = 5
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_text("path", self.path)
        for name in ("max_workers", "criterion_seeds"):
            check_integer(name, getattr(self, name), 0)
        for name in ("num_repeats", "num_experiments"):
            check_integer(name, getattr(self, name), 1)
        check_instance("train", self.train, TrainConfig)
        twenty = 20 * self.train.agent.episodes_per_update * self.train.environment.num_steps
        check_integer("steps_per_worker", self.steps_per_worker, twenty, "That is twenty updates.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlayersConfig(InFolder):
    """What `metarl benchmark players` compares.

    Attributes:
      path: the folder that `players_NAME.csv` and `players_NAME.png` are written to, and the first
        that agents are looked for in.
      name: the `NAME` of those files.
      players: names of players and of agents, as `metarl.benchmark.entrants.find_entrants` takes
        them; a constant follows its player's name, as in `"ucb1:0.25"`. None at all stands for all
        that can play.
      num_episodes: episodes, each with a task of its own; the same for every player.
      random_seed: the seed of tasks, luck, choices and resampling.
      environment: the family of tasks.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    path: str = "results"
    name: str = "independent"
    players: tuple[str, ...] = ()
    num_episodes: int = 20_000
    random_seed: int = 0
    environment: Bandit = dataclasses.field(
        default_factory=lambda: Bandit(reward_structure="independent")
    )

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_text("path", self.path)
        check_filename("name", self.name)
        _check_names("players", self.players)
        check_integer("num_episodes", self.num_episodes, 2, "One episode has no interval.")
        check_seed("random_seed", self.random_seed)
        check_instance("environment", self.environment, Bandit)


def _check_names(name: str, value: object) -> None:
    if not isinstance(value, tuple) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"`{name}` must be names in a tuple, as in ('greedy',), got {value!r}.")
    if len(set(value)) < len(value):
        raise ValueError(f"`{name}` must not name anybody twice, got {value!r}.")
