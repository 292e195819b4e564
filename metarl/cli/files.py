"""Files named on the command line: configs, and the user's own task families."""

import dataclasses
import difflib
import importlib
import importlib.util
import inspect
import pkgutil
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ml_collections import config_dict

from metarl import configs
from metarl.config import EvalConfig, TrainConfig
from metarl.config.mapping import config_from_dict
from metarl.registry import import_file

T = TypeVar("T")


class UsageError(Exception):
    """A mistake of the user; the message is one line."""


def run_config_file(kind: type[T], name: str, default: T | None = None) -> T:
    """Imports a config file, and returns the config it makes.

    Args:
      kind: the config's class.
      name: a file, or the name of a config that ships with the package. Text after a colon is
        passed to its `get_config` as an argument: `my_task.py:hard`. The file may define a task
        family, and may import other files in its folder.
      default: the settings to use if the file returns a `TrainConfig` for another command.

    Returns:
      The config.

    Raises:
      UsageError: if there is no such file, or it has an error.
    """
    file, argument = _find_file(name)
    try:
        get_config = getattr(import_file(file, again=True), "get_config", None)
        made = get_config if get_config is None else _call(get_config, file, argument)
    except UsageError:
        raise
    except ValueError as error:  # a value that the config refuses, with a message for the user
        raise UsageError(str(error)) from error
    except (Exception, SystemExit) as error:
        raise UsageError(f"{file} could not be run: {type(error).__name__}: {error}") from error
    if get_config is None:
        raise UsageError(f"{file} must define get_config(), which returns a {kind.__name__}")
    if isinstance(made, config_dict.ConfigDict):
        made = made.to_dict()
    if isinstance(made, Mapping):
        try:
            made = config_from_dict(kind, made)
        except ValueError as error:
            raise UsageError(str(error)) from error
    if isinstance(made, TrainConfig) and default is not None and not isinstance(made, kind):
        # An evaluation's environment is the agent's; in other commands, `name` is not the agent's.
        shared = {"workdir", "name"} if kind is EvalConfig else {"workdir", "environment"}
        shared &= {field.name for field in dataclasses.fields(typing.cast(Any, kind))}
        return dataclasses.replace(
            typing.cast(Any, default), **{name: getattr(made, name) for name in shared}
        )
    if not isinstance(made, kind):
        raise UsageError(
            f"get_config() in {file} must return a {kind.__name__} (or a mapping of its fields), "
            f"got {type(made).__name__}"
        )
    return made


def import_family(name: str) -> None:
    """Imports a file or a module that defines a task family, for `--import=NAME`.

    Raises:
      UsageError: if it does not exist or cannot be imported.
    """
    is_file = _is_file(Path(name))
    is_module = all(part.isidentifier() for part in name.split(".")) and not name.endswith(".py")
    if not is_file and not is_module:
        raise UsageError(f"--import must be a file or a module, got {name!r}, which does not exist")
    try:
        if is_file:
            import_file(name)
        else:
            importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"{name} could not be imported: {type(error).__name__}: {error}"
        ) from error


def _call(get_config: Any, file: Path, argument: str | None) -> Any:
    arguments = [] if argument is None else [argument]
    try:
        inspect.signature(get_config).bind(*arguments)
    except TypeError:
        rule = "an argument" if argument is None else "no argument"
        raise UsageError(
            f"get_config() in {file} takes {rule} after a colon, as in --config=FILE:ARGUMENT"
        ) from None
    return get_config(*arguments)


def _find_file(name: str) -> tuple[Path, str | None]:
    """The file that `--config=NAME` or `--config=NAME:ARGUMENT` names, and the argument."""
    base, colon, argument = name.rpartition(":")
    for stem, given in ((name, None), (base, argument if colon else None)):
        if stem and _is_file(Path(stem)):
            return Path(stem), given
        if stem.isidentifier():
            found = importlib.util.find_spec(f"metarl.configs.{stem}")
            if found is not None and found.origin is not None:
                return Path(found.origin), given
    names = [module.name for module in pkgutil.iter_modules(configs.__path__)]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"metarl's configs are {names}"
    raise UsageError(
        f"--config must be a file or the name of a config of metarl, got {name!r}, which does not "
        f"exist; {hint}"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # not a possible file name
        return False
