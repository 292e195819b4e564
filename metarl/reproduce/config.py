"""The config of `metarl reproduce`."""

import dataclasses
from pathlib import Path

from metarl.checks import check_bool, check_integer, check_path, check_seed
from metarl.config.experiment import InFolder

FIGURES = tuple(
    sorted(
        file.stem.replace("_", "-")
        for file in Path(__file__).parent.glob("w1[68]_*.py")  # a figure is its file
    )
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReproduceConfig(InFolder):
    """The settings of `metarl reproduce`.

    Attributes:
      workdir: figures and tables are written to `workdir/reproduce/`. Agents are taken from
        `workdir/NAME/`, or else from those that ship with the package.
      num_episodes: number of episodes that each agent and each other player plays, in most figures.
      random_seed: the random seed of tasks, of the luck in them and of choices.
      train: whether to train agents of eight seeds in place of those that ship. They are kept in
        `workdir/NAME/`, and not trained again if they are there.
      training_steps: environment steps to train for, for a quick look; None for those of the
        agents' own configs.
      progress_bar: whether to show a progress bar.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    num_episodes: int = 1_000
    random_seed: int = 1
    train: bool = False
    training_steps: int | None = None
    progress_bar: bool = True

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_integer("num_episodes", self.num_episodes, 40)
        check_seed("random_seed", self.random_seed)
        check_bool("train", self.train)
        if self.training_steps is not None:
            check_integer("training_steps", self.training_steps, 1)
        check_bool("progress_bar", self.progress_bar)
