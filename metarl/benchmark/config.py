"""What a benchmark measures."""

import dataclasses

from metarl.baselines.gittins import MAX_DISCOUNT
from metarl.checks import (
    check_bool,
    check_filename,
    check_instance,
    check_integer,
    check_number,
    check_path,
    check_seed,
    short_repr,
)
from metarl.config.experiment import InFolder, TrainConfig
from metarl.configs.bandit import TASKS
from metarl.envs import TaskFamily

LARGER = 4  # times the episodes per update, in one more measurement of A3C


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpeedConfig(InFolder):
    """What `metarl benchmark speed` measures.

    Attributes:
      workdir: the folder that `speed.csv` is written to.
      num_repeats: measurements behind each figure, which is their median.
      max_workers: the largest number of A3C workers; 0 stands for the number of processors.
      steps_per_worker: environment steps each worker of a measured run trains for; at least twenty
        updates of four times the episodes, which are measured, too.
      num_experiments: experiments of A2C in one program, to be held against one.
      criterion_seeds: seeds of each time to criterion; 0 leaves those out, which take minutes.
      progress_bar: whether to show one.
      train: the run that is measured: its environment and agent.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    num_repeats: int = 3
    max_workers: int = 0
    steps_per_worker: int = 2_000_000
    num_experiments: int = 32
    criterion_seeds: int = 5
    progress_bar: bool = True
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_bool("progress_bar", self.progress_bar)
        check_integer("max_workers", self.max_workers, 0, maximum=1024)
        check_integer("criterion_seeds", self.criterion_seeds, 0)
        for name in ("num_repeats", "num_experiments"):
            check_integer(name, getattr(self, name), 1)
        check_instance("train", self.train, TrainConfig)
        episodes = self.train.agent.episodes_per_update
        check_integer("train.agent.episodes_per_update", episodes, 1, maximum=10**6 // LARGER)
        twenty = 20 * LARGER * episodes * self.train.environment.num_steps
        why = f"That is twenty updates of {LARGER} x `episodes_per_update`."
        check_integer("steps_per_worker", self.steps_per_worker, twenty, why)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlayersConfig(InFolder):
    """What `metarl benchmark players` compares.

    Attributes:
      workdir: the folder that `NAME.csv` and `NAME.png` are written to, and the first that agents
        are looked for in.
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

    workdir: str = "results"
    name: str = "players"
    players: tuple[str, ...] = ()
    num_episodes: int = 20_000
    random_seed: int = 0
    environment: TaskFamily = dataclasses.field(default_factory=lambda: TASKS["independent"])

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_filename("name", self.name)
        _check_names("players", self.players)
        check_integer("num_episodes", self.num_episodes, 2, "One episode has no interval.")
        check_seed("random_seed", self.random_seed)
        check_instance("environment", self.environment, TaskFamily)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RL2TableConfig(InFolder):
    """What `metarl benchmark rl2-table` plays.

    Attributes:
      workdir: the folder that `rl2_table.csv` is written to, and the first that our agents, named
        `rl2_N_K`, are looked for in.
      pulls: the numbers of pulls, `n`.
      arms: the numbers of arms, `k`.
      num_bandits: bandits behind each figure.
      num_tuning_bandits: other bandits, on which the constants of UCB1 and epsilon-greedy are
        chosen in each cell.
      gittins_discount: the discount of Gittins indices in episodes of more than 200 trials, where
        those without discount would take minutes and a gigabyte.
      random_seed: the seed of bandits, luck and choices; the one after it is the tuning's.
      progress_bar: whether to show one.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    pulls: tuple[int, ...] = (10, 100, 500)
    arms: tuple[int, ...] = (5, 10, 50)
    num_bandits: int = 1_000
    num_tuning_bandits: int = 500
    gittins_discount: float = 0.99
    random_seed: int = 0
    progress_bar: bool = True

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        for name, least in (("pulls", 1), ("arms", 2)):
            values = getattr(self, name)
            if not isinstance(values, tuple) or not values:
                raise ValueError(f"`{name}` must be numbers in a tuple, got {short_repr(values)}.")
            for value in values:
                check_integer(name, value, least)
        for name in ("num_bandits", "num_tuning_bandits"):
            check_integer(name, getattr(self, name), 2, "One bandit has no standard error.")
        check_number("gittins_discount", self.gittins_discount, 0, MAX_DISCOUNT)
        check_bool("progress_bar", self.progress_bar)
        check_seed("random_seed", self.random_seed)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GeneralisationConfig(InFolder):
    """What `metarl benchmark generalisation` tests.

    Attributes:
      workdir: the folder that `generalisation.csv` and `generalisation.png` are written to, and the
        first that agents are looked for in.
      agents: names of agents of two arms; none at all stands for those that ship, one for each
        family: `bandit_independent`, `bandit_correlated`, `bandit_easy`, `bandit_medium` and
        `bandit_hard`.
      num_episodes: episodes of each family, each with a task of its own.
      num_trials: trials in an episode.
      random_seed: the seed of tasks, luck, choices and resampling.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    agents: tuple[str, ...] = ()
    num_episodes: int = 20_000
    num_trials: int = 100
    random_seed: int = 0

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        _check_names("agents", self.agents)
        check_integer("num_episodes", self.num_episodes, 2, "One episode has no interval.")
        check_integer("num_trials", self.num_trials, 1, "An episode is a chain of trials.")
        check_seed("random_seed", self.random_seed)


def _check_names(name: str, value: object) -> None:
    if not isinstance(value, tuple) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"`{name}` must be names in a tuple, as in ('greedy',), got {value!r}.")
    if len(set(value)) < len(value):
        raise ValueError(f"`{name}` must not name anybody twice, got {value!r}.")
