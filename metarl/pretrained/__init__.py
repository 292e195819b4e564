"""Small trained agents that ship with the package, each trained by the config of its name."""

import importlib.resources
from pathlib import Path

from metarl.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from metarl.validation import check_filename


def pretrained_names() -> list[str]:
    """The names of the agents that ship with the package."""
    files = importlib.resources.files(__name__).iterdir()
    return sorted(Path(file.name).stem for file in files if file.name.endswith(".npz"))


def load_agent(name: str, folder: str | Path | None = None) -> Checkpoint:
    """Loads a trained agent by name.

    Args:
      name: `NAME` of a checkpoint `NAME.npz` in `folder`, or else of an agent that ships with the
        package (see `pretrained_names`).
      folder: where to look first; None looks among the shipped agents alone.

    Returns:
      The checkpoint.

    Raises:
      CheckpointError: if there is none of that name, or it cannot be used.
      ValueError: if `name` is no plain name.
    """
    check_filename("name", name)
    path = None if folder is None else Path(folder) / f"{name}.npz"
    if path is not None and path.exists():
        return load_checkpoint(path)
    if name not in pretrained_names():
        looked = "" if path is None else f" There is no {path}; train one with `metarl train`."
        raise CheckpointError(
            f"`{name}` is no agent that ships with metarl, only {', '.join(pretrained_names())} "
            f"are.{looked}"
        )
    with importlib.resources.as_file(importlib.resources.files(__name__) / f"{name}.npz") as file:
        return load_checkpoint(file)
