"""Reads a config from the command line: files, overrides, and errors in one line."""

import copy
import dataclasses
import difflib
import types
import typing
from typing import TYPE_CHECKING, Any, TypeVar

from absl import flags
from ml_collections import config_dict, config_flags

from metarl.cli.files import UsageError, run_config_file
from metarl.config import EvalConfig, TrainConfig
from metarl.config.mapping import config_from_dict, field_types
from metarl.envs import TaskFamily, families

if TYPE_CHECKING:  # slow to import, and `--help` does not need it
    from metarl.storage.checkpoint import Checkpoint

T = TypeVar("T")


def make_config(kind: type[T], default: T, file: str | None, overrides: list[str]) -> T:
    """The default config or that of a file, with the user's overrides.

    A file that returns a `TrainConfig` works for every command. An evaluation takes the folder and
    the agent's name from it, other commands the folder and the environment.

    Raises:
      UsageError: if the file or an override is wrong.
    """
    config = default if file is None else run_config_file(kind, file, default)
    return read_config(kind, config, overrides)


def evaluation_config(
    default: EvalConfig, file: str | None, overrides: list[str]
) -> tuple[EvalConfig, "Checkpoint"]:
    """The config of an evaluation, and the agent, whose family defines the environment's settings.

    Raises:
      UsageError: if the file or an override is wrong.
      CheckpointError: if there is no such agent, or it cannot be read.
    """
    from metarl.pretrained import load_agent

    of_environment = [text for text in overrides if _name_of(text).startswith("environment.")]
    others = [text for text in overrides if text not in of_environment]
    config = make_config(EvalConfig, default, file, others)
    checkpoint = load_agent(config.name, config.folder)
    changed = read_config(TrainConfig, checkpoint.config, of_environment).environment
    wanted = {_name_of(text).removeprefix("environment.") for text in of_environment}
    changes = {name: getattr(changed, name) for name in wanted}
    environment = {**config.environment, **changes}
    return dataclasses.replace(config, environment=environment), checkpoint


def training_config(default: TrainConfig, file: str | None, overrides: list[str]) -> TrainConfig:
    """The config of a training run. A resumed run has the settings of its checkpoint.

    Raises:
      UsageError: if the file or an override is wrong.
      CheckpointError: if the checkpoint to resume from cannot be read.
    """
    config = make_config(TrainConfig, default, file, overrides)
    if not config.resume or file is not None or not config.checkpoint_file.exists():
        return config
    from metarl.storage.checkpoint import load_checkpoint

    then = load_checkpoint(config.checkpoint_file).config
    then = dataclasses.replace(then, workdir=config.workdir, name=config.name)
    return read_config(TrainConfig, then, overrides)


def read_config(kind: type[T], config: T, overrides: list[str]) -> T:
    """Applies the user's overrides to a config.

    Args:
      kind: the config's class.
      config: the config before overrides.
      overrides: arguments of the form `--config.NAME=VALUE`.

    Returns:
      The config.

    Raises:
      UsageError: if an override is wrong.
    """
    try:
        config, overrides = _with_family(config, overrides)
        overrides, to_none = _without_none(config, overrides)
        _check_names(config, overrides)
        values = flags.FlagValues()
        arguments = ["metarl", *overrides]
        config_flags.DEFINE_config_dict(
            "config", _editable(config), flag_values=values, sys_argv=arguments
        )
        unknown = values(arguments)[1:]
        if unknown:
            raise UsageError(
                f"unknown argument {unknown[0]!r}; set settings by --config.NAME=VALUE"
            )
        flag: Any = values["config"]
        changed = flag.value.to_dict()
        _mark_family(config, changed)
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


def _with_family(config: Any, overrides: list[str], prefix: str = "") -> tuple[Any, list[str]]:
    """The config with the family that the user chose, and the other overrides."""
    for field in dataclasses.fields(config):
        value, asked = getattr(config, field.name), f"{prefix}{field.name}.family"
        if isinstance(value, TaskFamily):
            for text in [text for text in overrides if _name_of(text) == asked]:
                kind = families.find(text.partition("=")[2])
                if kind is not type(value):
                    config = copy.copy(config)  # unchecked: other overrides may still follow
                    object.__setattr__(config, field.name, kind())
                overrides = [other for other in overrides if other != text]
        elif dataclasses.is_dataclass(value):
            value, overrides = _with_family(value, overrides, f"{prefix}{field.name}.")
            config = copy.copy(config)
            object.__setattr__(config, field.name, value)
    return config, overrides


def _mark_family(config: Any, values: dict[str, Any]) -> None:
    """Adds the family's name to its settings, wherever a config holds a family."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, TaskFamily):
            values[field.name]["family"] = value.family
        elif dataclasses.is_dataclass(value):
            _mark_family(value, values[field.name])


def _name_of(override: str) -> str:
    return override.lstrip("-").partition("=")[0].removeprefix("config.")


def _without_none(config: Any, overrides: list[str]) -> tuple[list[str], list[str]]:
    """The overrides without those of the form NAME=None, and the names in the latter."""
    optional = {name for name, value in _types(config) if type(None) in typing.get_args(value)}
    last: dict[str, str] = {}
    for argument in overrides:
        if _name_of(argument) in optional:
            last[_name_of(argument)] = argument.partition("=")[2]
    to_none = [name for name, value in last.items() if value == "None"]
    kept = [argument for argument in overrides if _name_of(argument) not in to_none]
    return kept, to_none


def _types(config: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            found += _types(value, f"{prefix}{field.name}.")
        else:
            found.append((f"{prefix}{field.name}", field_types(type(config))[field.name]))
    return found


def _check_names(config: Any, overrides: list[str]) -> None:
    names = [name for name, _ in _types(config)]
    for argument in overrides:
        if argument.startswith(("--flagfile", "-flagfile")):
            raise UsageError("`--flagfile` is not supported; use --config=FILE.py")
        name = _name_of(argument)
        if argument.startswith(("--config.", "-config.")) and name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]}?" if close else "`metarl COMMAND --help` lists all"
            raise UsageError(f"`{name}` is not a setting; {hint}")


def _editable(config: Any) -> config_dict.ConfigDict:
    """The config as config_flags needs it: fields that are None keep their type."""
    editable = config_dict.ConfigDict()
    types_of = field_types(type(config))
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            value = _editable(value)
        elif value is None:
            kind = typing.get_args(types_of[field.name])[0]
            value = config_dict.placeholder(typing.get_origin(kind) or kind)
        elif isinstance(value, bool) and isinstance(types_of[field.name], types.UnionType):
            value = str(value)  # config_flags allows one type per field; see `config_from_dict`
        editable[field.name] = value
    return editable
