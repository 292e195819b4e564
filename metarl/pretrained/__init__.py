"""Small trained agents that ship with the package, each trained with the config of its name."""

import importlib.resources
from pathlib import Path

from metarl.checks import check_filename
from metarl.config.experiment import CHECKPOINT_FILE
from metarl.storage.checkpoint import Checkpoint, CheckpointError, load_checkpoint


def pretrained_names() -> list[str]:
    """The names of the agents that ship with the package."""
    files = importlib.resources.files(__name__).iterdir()
    return sorted(Path(file.name).stem for file in files if file.name.endswith(".npz"))


def load_agent(name: str, folder: str | Path | None = None) -> Checkpoint:
    """Loads a trained agent by name.

    Args:
      name: the name of an agent that was trained in `folder`, or else of one that ships with the
        package (see `pretrained_names`).
      folder: the `workdir` of your own agents, where `NAME` is in `folder/NAME/`. It is searched
        before the shipped agents; None searches only these.

    Returns:
      The checkpoint.

    Raises:
      CheckpointError: if there is no such agent, or its checkpoint cannot be used.
      ValueError: if `name` is not a plain name.
    """
    check_filename("name", name)
    path = None if folder is None else Path(folder) / name / CHECKPOINT_FILE
    if path is not None and path.exists():
        return load_checkpoint(path)
    if name not in pretrained_names():
        looked = "" if path is None else f" There is no {path}; train one with `metarl train`."
        raise CheckpointError(
            f"`{name}` is not one of the agents that ship with metarl: "
            f"{', '.join(pretrained_names())}.{looked}"
        )
    with importlib.resources.as_file(importlib.resources.files(__name__) / f"{name}.npz") as file:
        return load_checkpoint(file)


def load_agents(name: str, folder: str | Path | None = None) -> list[Checkpoint]:
    """Loads the agents of all random seeds that are in one file, the first one first.

    Args and errors are those of `load_agent`. Most files hold one agent; those of the papers' tasks
    hold eight.
    """
    first = load_agent(name, folder)
    return [first._replace(others=()), *first.others]
