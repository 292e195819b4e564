"""What an import is."""

import dataclasses

from metarl.config import InFolder
from metarl.validation import check_filename, check_path


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImportConfig(InFolder):
    """One import of the original project's checkpoint.

    Attributes:
      path: the folder the agent is written to; it is made if it does not exist.
      params_filename: the name `NAME` of the agent there, `NAME.npz`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    path: str = "results"
    params_filename: str = "imported"

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("path", self.path)
        check_filename("params_filename", self.params_filename)
