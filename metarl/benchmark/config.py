"""The configs of the benchmarks."""

import dataclasses
from typing import cast

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
from metarl.config.recipe import derive
from metarl.configs.bandit import TASKS
from metarl.envs import TaskFamily

LARGER = 4  # A3C is measured once more, with this many times the episodes per update


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpeedConfig(InFolder):
    """The settings of `metarl benchmark speed`.

    Attributes:
      workdir: the folder that `speed.csv` is written to.
      num_repeats: number of measurements of each figure, which is their median.
      max_workers: the largest number of A3C workers; 0 means the number of processors.
      steps_per_worker: environment steps that each worker of a measured run trains for; at least
        twenty updates with four times the episodes, the largest size that is measured.
      num_experiments: number of A2C experiments in one program, to compare with one experiment.
      criterion_seeds: number of seeds for each time to criterion, which take minutes; 0 skips them.
      progress_bar: whether to show a progress bar.
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
        agent = derive(self.train.agent, self.train.environment)
        episodes = cast(int, agent.episodes_per_update)
        check_integer("train.agent.episodes_per_update", episodes, 1, maximum=10**6 // LARGER)
        twenty = 20 * LARGER * episodes * self.train.environment.num_steps
        why = f"That is twenty updates of {LARGER} x `episodes_per_update` episodes."
        check_integer("steps_per_worker", self.steps_per_worker, twenty, why)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlayersConfig(InFolder):
    """The settings of `metarl benchmark players`.

    Attributes:
      workdir: the folder that `NAME.csv` and `NAME.png` are written to; also searched for agents,
        before the shipped ones.
      name: the `NAME` of those files.
      players: names of players and agents, as `metarl.evaluation.players.find_players` takes them;
        a constant follows the player's name, as in `"ucb1:0.25"`. Empty means all that can play.
      num_episodes: number of episodes, each with its own task; the same for every player.
      random_seed: the random seed of tasks, outcomes, choices and resampling.
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
    """The settings of `metarl benchmark rl2-table`.

    Attributes:
      workdir: the folder that `rl2_table.csv` is written to; also searched for our agents, named
        `rl2_N_K`, before the shipped ones.
      pulls: the numbers of pulls, `n`.
      arms: the numbers of arms, `k`.
      num_bandits: number of bandits for each figure.
      num_tuning_bandits: number of separate bandits on which the constants of UCB1 and
        epsilon-greedy are tuned in each cell.
      gittins_discount: the discount of Gittins indices in episodes of more than 200 trials;
        without discount, these would take minutes and a gigabyte.
      random_seed: the random seed of bandits, outcomes and choices; tuning uses the next one.
      progress_bar: whether to show a progress bar.

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
    """The settings of `metarl benchmark generalisation`.

    Attributes:
      workdir: the folder that `generalisation.csv` and `generalisation.png` are written to; also
        searched for agents, before the shipped ones.
      agents: names of agents of two arms. Empty means the shipped ones, one for each family:
        `bandit_independent`, `bandit_correlated`, `bandit_easy`, `bandit_medium` and `bandit_hard`.
      num_episodes: number of episodes of each family, each with its own task.
      num_trials: number of trials in an episode.
      random_seed: the random seed of tasks, outcomes, choices and resampling.

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
        check_integer("num_trials", self.num_trials, 1, "An episode has at least one trial.")
        check_seed("random_seed", self.random_seed)


def _check_names(name: str, value: object) -> None:
    if not isinstance(value, tuple) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(
            f"`{name}` must be names in a tuple, as in ('greedy',), got {short_repr(value)}."
        )
    if len(set(value)) < len(value):
        raise ValueError(f"`{name}` must not repeat a name, got {short_repr(value)}.")
