"""The `--help` text of a config: every setting, its value and its meaning."""

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from metarl.envs import TaskFamily, families


def settings_text(config: Any) -> str:
    """The settings of a config, as `--help` lists them: name, value and meaning."""
    lines = ["settings, each of which can be changed:"]
    for name, value, about in _explained(config, "config."):
        lines.append(f"  --{name}={value}")
        lines += textwrap.wrap(about, 88, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return "\n".join(lines)


def _explained(config: Any, prefix: str) -> list[tuple[str, Any, str]]:
    """Every setting: its name, its value, and its meaning from the class's docstring."""
    about = attribute_texts(type(config))
    found = []
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), prefix + field.name
        if isinstance(value, TaskFamily):
            names = ", ".join(families.names())
            text = f"the task family, one of {names}; its settings follow."
            found.append((f"{name}.family", value.family, text))
        if dataclasses.is_dataclass(value):
            found += _explained(value, f"{name}.")
        elif isinstance(value, Mapping):
            found.append((f"{name}.NAME", "VALUE", about.get(field.name, "")))
        else:
            found.append((name, value, about.get(field.name, "")))
    return found


def attribute_texts(kind: type) -> dict[str, str]:
    """The text on each attribute in the `Attributes:` sections of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        doc = inspect.cleandoc(base.__dict__.get("__doc__") or "")
        _, _, section = doc.partition("Attributes:\n")
        section = section.split("\n\n")[0]
        for entry in re.split(r"\n(?=  \S)", section):
            name, colon, text = entry.partition(":")
            if colon:
                found |= dict.fromkeys(re.split(r",\s*", name.strip()), " ".join(text.split()))
    return found
