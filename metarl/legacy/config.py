"""What an import is."""

import dataclasses

from metarl.config import OfAgent
from metarl.validation import check_filename, check_path


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImportConfig(OfAgent):
    """One import of the original project's checkpoint.

    Attributes:
      path: the folder that holds a folder for each agent; both are made if they do not exist.
      params_filename: the name `NAME` of the agent, which is written to `path/NAME/`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    path: str = "results"
    params_filename: str = "imported"

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("path", self.path)
        check_filename("params_filename", self.params_filename)
