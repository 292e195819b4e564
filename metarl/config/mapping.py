"""Converts configs from and to plain, nested mappings, as in files and on command lines."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from metarl.envs import Bandit, TaskFamily, families

T = TypeVar("T")


def config_from_dict(kind: type[T], values: Mapping[str, Any], prefix: str = "") -> T:
    """Builds a config from a (nested) mapping, as a checkpoint or a command line gives it.

    Args:
      kind: the dataclass to build.
      values: values by field name; missing fields get their defaults, lists become tuples.
      prefix: put before the names of fields in errors.

    Returns:
      The config.

    Raises:
      ValueError: if a key is not a field, or a value is refused.
    """
    fields = field_types(kind)
    arguments = {}
    for key, value in values.items():
        if key not in fields:
            known = ", ".join(sorted(fields))
            raise ValueError(f"`{prefix}{str(key)[:100]}` is not a setting. Settings: {known}.")
        nested = fields[key]
        if nested is TaskFamily and isinstance(value, Mapping):
            settings = dict(value)
            # Files from before there were other families do not name the family.
            family = families.find(settings.pop("family", Bandit.family))
            value = config_from_dict(family, settings, f"{prefix}{key}.")
        elif dataclasses.is_dataclass(nested) and isinstance(value, Mapping):
            value = config_from_dict(typing.cast(type, nested), value, f"{prefix}{key}.")
        elif isinstance(value, list):
            value = tuple(value)
        elif float in (nested, *_union(nested)) and type(value) is int:
            value = float(value)
        elif bool in _union(nested) and str(value).lower() in ("true", "false"):
            value = str(value).lower() == "true"
        arguments[key] = value
    return kind(**arguments)


def config_to_dict(config: Any) -> dict[str, Any]:
    """A config as a nested mapping of plain values, as `config_from_dict` reads it."""
    found = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, TaskFamily):
            value = value.to_dict()
        elif dataclasses.is_dataclass(value):
            value = config_to_dict(value)
        found[field.name] = value
    return found


def field_types(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, by name; annotations given as strings are resolved."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _union(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if isinstance(kind, types.UnionType) else ()
