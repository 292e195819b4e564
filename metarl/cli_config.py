"""What a command line says of a config: files, overrides, and refusals in one line."""

import dataclasses
import difflib
import runpy
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from absl import flags
from ml_collections import config_dict, config_flags

from metarl.config_files import config_from_dict


class UsageError(Exception):
    """The user's own mistake, in one line."""


T = TypeVar("T")


def settings_text(config: Any) -> str:
    """The settings of a config with their defaults, as `--help` lists them."""
    lines = [f"  --config.{name}={value}" for name, value in _flat(dataclasses.asdict(config))]
    home = type(config).__module__
    about = f"any setting can be changed; `python -m pydoc {home}` explains each:"
    return "\n".join([about, *lines])


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def read_config(kind: type[T], config: T, file: str | None, overrides: list[str]) -> T:
    """Reads the config from its file, if one is named, and overrides what the user asked for.

    Args:
      kind: the config's class.
      config: its defaults.
      file: a Python file whose `get_config()` returns one; None takes the defaults.
      overrides: arguments, `--config.NAME=VALUE` each.

    Returns:
      The config.

    Raises:
      UsageError: if anything in them is wrong.
    """
    try:
        if file is not None:
            config = _run_config_file(kind, file)
        _check_names(config, overrides)
        values = flags.FlagValues()
        arguments = ["metarl", *overrides]
        config_flags.DEFINE_config_dict(
            "config", _editable(config), flag_values=values, sys_argv=arguments
        )
        unknown = values(arguments)[1:]
        if unknown:
            raise UsageError(f"unknown argument {unknown[0]!r}; settings are --config.NAME=VALUE")
        changed: Any = values["config"].value
        return config_from_dict(kind, changed.to_dict())
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        text = str(error.args[0]) if error.args else type(error).__name__
        raise UsageError(" ".join(text.split())) from error


def _check_names(config: Any, overrides: list[str]) -> None:
    names = [name for name, _ in _flat(dataclasses.asdict(config))]
    for argument in overrides:
        if argument.startswith(("--flagfile", "-flagfile")):
            raise UsageError("`--flagfile` is not known; settings in a file are --config=FILE.py")
        name = argument.split("=")[0].lstrip("-").removeprefix("config.")
        if argument.startswith(("--config.", "-config.")) and name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = (
                f"did you mean {close[0]}?" if close else "`metarl COMMAND --help` lists them all"
            )
            raise UsageError(f"`{name}` is not a setting; {hint}")


def _run_config_file(kind: type[T], file: str) -> T:
    try:
        exists = Path(file).is_file()
    except OSError:  # no system has files of such names
        exists = False
    if not exists:
        raise UsageError(f"--config must be a file, got {file!r}, which does not exist")
    try:
        names = runpy.run_path(file)
        made = names["get_config"]() if "get_config" in names else None
    except ValueError:
        raise  # a value that the config refuses, with a message for the user
    except (Exception, SystemExit) as error:
        raise UsageError(f"{file} could not be run: {type(error).__name__}: {error}") from error
    if "get_config" not in names:
        raise UsageError(f"{file} must define get_config(), which returns a {kind.__name__}")
    if isinstance(made, config_dict.ConfigDict):
        made = made.to_dict()
    if isinstance(made, Mapping):
        made = config_from_dict(kind, made)
    if not isinstance(made, kind):
        raise UsageError(
            f"get_config() in {file} must return a {kind.__name__} (or a mapping of its fields), "
            f"got {type(made).__name__}"
        )
    return made


def _editable(config: Any) -> config_dict.ConfigDict:
    """The config as config_flags wants it: fields that are None still know their type."""
    editable = config_dict.ConfigDict()
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            value = _editable(value)
        elif value is None:
            kind = typing.get_args(field.type)[0]
            value = config_dict.placeholder(typing.get_origin(kind) or kind)
        editable[field.name] = value
    return editable
