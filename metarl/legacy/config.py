"""The config of an import."""

import dataclasses

from metarl.checks import check_filename, check_path
from metarl.config.experiment import OfAgent


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImportConfig(OfAgent):
    """One import of a checkpoint of the original project.

    Attributes:
      workdir: the folder that holds a folder for each agent; both are made if they do not exist.
      name: the agent's name `NAME`; it is written to `workdir/NAME/`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    name: str = "imported"

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_filename("name", self.name)
