"""Transcripts of experiments, as in Psych-101: choices between << and >> in plain text."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from metarl.behaviour.public.source import PublicData, Source, checksums
from metarl.behaviour.table import tidy_table
from metarl.checks import check_text, short_repr

SOURCE = Source(
    citation=(
        "Binz et al. (2025), A foundation model to predict and capture human cognition, Nature, "
        "doi 10.1038/s41586-025-09215-4"
    ),
    address="https://huggingface.co/datasets/marcelbinz/Psych-101",
    licence="Apache-2.0",
)
_FIELDS = ("text", "experiment", "participant")


def load_transcripts(
    path: str | Path, experiment: str, pattern: str, actions: Mapping[str, int]
) -> PublicData:
    r"""Loads one experiment from `prompts_training.jsonl` or a file like it (Psych-101, Psych-201).

    Each line is a participant: `text`, `experiment`, `participant`. Texts differ from experiment to
    experiment, and so does what a trial is: read one, and write a pattern of it.

    Args:
      path: the file.
      experiment: the name of the experiment, or its beginning, such as `author2020title/exp1.csv`.
      pattern: a regular expression of a trial, with the groups `action`, between << and >>, and
        `reward`; and `episode`, if there are several, such as games. An example:
        `press <<(?P<action>\w)>> and get (?P<reward>-?[\d.]+) points`. It must match once for each
        choice in a text.
      actions: the number, from 0, of each action.

    Raises:
      ValueError: if the file or an argument is not as it must be; the message names the line.
      OSError: if the file cannot be read.
    """
    path = Path(path)
    check_text("experiment", experiment)
    try:
        trial = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"`pattern` must be a regular expression, got {error}.") from None
    if not {"action", "reward"} <= set(trial.groupindex):
        raise ValueError(
            "`pattern` must have the groups `(?P<action>...)` and `(?P<reward>...)`, got "
            f"{short_repr(pattern)}."
        )
    read = checksums([path])
    rows: list[dict[str, Any]] = []
    others = set()
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            entry = _entry(path, number, line)
            if entry["experiment"].startswith(experiment):
                rows += _trials(path, number, entry, trial, actions)
            else:
                others.add(entry["experiment"])
    if not rows:
        raise ValueError(
            f"`experiment` must be one of those in `{path}`, got {experiment!r}; there are "
            f"{short_repr(sorted(others))}."
        )
    table = pd.DataFrame(rows)
    return PublicData(tidy_table(dict(table.items()), len(table)), SOURCE, read)


def _entry(path: Path, number: int, line: str) -> dict[str, str]:
    try:
        entry = json.loads(line)
    except ValueError:
        raise ValueError(
            f"`{path}` must have JSON in each line, got none in line {number}."
        ) from None
    if not isinstance(entry, dict) or not all(name in entry for name in _FIELDS):
        raise ValueError(
            f"`{path}` must have the fields {', '.join(_FIELDS)}, got "
            f"{short_repr(sorted(entry) if isinstance(entry, dict) else entry)} in line {number}."
        )
    return {name: str(entry[name]) for name in _FIELDS}


def _trials(
    path: Path,
    number: int,
    entry: dict[str, str],
    trial: re.Pattern[str],
    actions: Mapping[str, int],
) -> list[dict[str, Any]]:
    found = list(trial.finditer(entry["text"]))
    choices = entry["text"].count("<<")
    if len(found) != choices or not found:
        raise ValueError(
            f"`pattern` must match each of the {choices} choices of participant "
            f"{entry['participant']} in line {number} of `{path}`, got {len(found)}."
        )
    rows: list[dict[str, Any]] = []
    for match in found:
        if match["action"] not in actions:
            raise ValueError(
                f"`actions` must name each action, got none for {match['action']!r}, of "
                f"participant {entry['participant']} in line {number} of `{path}`."
            )
        try:
            reward = float(match["reward"])
        except (TypeError, ValueError):
            raise ValueError(
                f"`pattern` must find a number as `reward`, got {match['reward']!r}, of "
                f"participant {entry['participant']} in line {number} of `{path}`."
            ) from None
        name = match["episode"] if "episode" in trial.groupindex else None
        same = bool(rows) and rows[-1]["name"] == name
        before = rows[-1] if rows else {"episode": 0, "trial": 0}
        rows.append(
            {
                "subject": entry["participant"],
                "session": entry["experiment"],
                "episode": before["episode"] + (not same),
                "trial": before["trial"] + 1 if same else 1,
                "action": actions[match["action"]],
                "reward": reward,
                "name": name,
            }
        )
    return [{key: value for key, value in row.items() if key != "name"} for row in rows]
