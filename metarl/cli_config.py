"""What a command line says of a config: files, overrides, and refusals in one line."""

import dataclasses
import difflib
import importlib.util
import inspect
import runpy
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from absl import flags
from ml_collections import config_dict, config_flags

from metarl.config import TrainConfig
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


def make_config(kind: type[T], default: T, file: str | None, overrides: list[str]) -> T:
    """The default config, or that of a file, with what the user changes.

    Raises:
      UsageError: if anything in them is wrong.
    """
    return read_config(kind, default if file is None else run_config_file(kind, file), overrides)


def training_config(default: TrainConfig, file: str | None, overrides: list[str]) -> TrainConfig:
    """The config of a training run. One that goes on has the settings of its checkpoint.

    Raises:
      UsageError: if anything in them is wrong.
      CheckpointError: if there is a checkpoint to go on from, and it cannot be read.
    """
    config = make_config(TrainConfig, default, file, overrides)
    if not config.resume or file is not None or not config.checkpoint_file.exists():
        return config
    from metarl.checkpoint import load_checkpoint

    then = load_checkpoint(config.checkpoint_file).config
    then = dataclasses.replace(then, path=config.path, params_filename=config.params_filename)
    return read_config(TrainConfig, then, overrides)


def read_config(kind: type[T], config: T, overrides: list[str]) -> T:
    """Changes what the user asked for in a config.

    Args:
      kind: the config's class.
      config: the settings that hold where the user says nothing.
      overrides: arguments, `--config.NAME=VALUE` each.

    Returns:
      The config.

    Raises:
      UsageError: if anything in them is wrong.
    """
    try:
        overrides, to_none = _without_none(config, overrides)
        _check_names(config, overrides)
        values = flags.FlagValues()
        arguments = ["metarl", *overrides]
        config_flags.DEFINE_config_dict(
            "config", _editable(config), flag_values=values, sys_argv=arguments
        )
        unknown = values(arguments)[1:]
        if unknown:
            raise UsageError(f"unknown argument {unknown[0]!r}; settings are --config.NAME=VALUE")
        flag: Any = values["config"]
        changed = flag.value.to_dict()
        for name in to_none:
            *parts, last = name.split(".")
            place = changed
            for part in parts:
                place = place[part]
            place[last] = None
        return config_from_dict(kind, changed)
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        text = str(error.args[0]) if error.args else type(error).__name__
        raise UsageError(" ".join(text.split())) from error


def _without_none(config: Any, overrides: list[str]) -> tuple[list[str], list[str]]:
    """The overrides but those of the form NAME=None, and the names in these."""
    optional = {name for name, value in _types(config) if type(None) in typing.get_args(value)}
    last: dict[str, str] = {}
    for argument in overrides:
        name, _, value = argument.lstrip("-").removeprefix("config.").partition("=")
        if name in optional:
            last[name] = value
    to_none = [name for name, value in last.items() if value == "None"]
    kept = [
        argument
        for argument in overrides
        if argument.lstrip("-").removeprefix("config.").partition("=")[0] not in to_none
    ]
    return kept, to_none


def _types(config: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            found += _types(value, f"{prefix}{field.name}.")
        else:
            found.append((f"{prefix}{field.name}", field.type))
    return found


def _check_names(config: Any, overrides: list[str]) -> None:
    names = [name for name, _ in _types(config)]
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


def run_config_file(kind: type[T], name: str) -> T:
    """Runs a config file, and returns the config it makes.

    Args:
      kind: the config's class.
      name: a file, or the name of a config that comes with the package. What follows a colon is
        given to its `get_config` as an argument: `my_task.py:hard`. The file may import what lies
        beside it.

    Returns:
      The config.

    Raises:
      UsageError: if there is no such file, or anything in it is wrong.
    """
    file, argument = _find_file(name)
    sys.path.insert(0, str(file.parent.resolve()))
    try:
        get_config = runpy.run_path(str(file)).get("get_config")
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
    if not isinstance(made, kind):
        raise UsageError(
            f"get_config() in {file} must return a {kind.__name__} (or a mapping of its fields), "
            f"got {type(made).__name__}"
        )
    return made


def _call(get_config: Any, file: Path, argument: str | None) -> Any:
    arguments = [] if argument is None else [argument]
    try:
        inspect.signature(get_config).bind(*arguments)
    except TypeError:
        rule = "an argument" if argument is None else "no argument"
        raise UsageError(
            f"get_config() in {file} takes {rule}, which follows a colon: --config=FILE:ARGUMENT"
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
    folder = Path(__file__).parent / "configs"
    names = sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"those that come with it are {names}"
    raise UsageError(
        f"--config must be a file or the name of a config of metarl, got {name!r}, which does not "
        f"exist; {hint}"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no system has files of such names
        return False


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
        elif isinstance(value, bool) and isinstance(field.type, types.UnionType):
            value = str(value)  # config_flags knows one type for a field; see `config_from_dict`
        editable[field.name] = value
    return editable
