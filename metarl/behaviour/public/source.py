"""What a loader of public data gives: the table, and where it comes from."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Shaped

from metarl.behaviour.table import tidy_table
from metarl.checks import short_repr


class Source(NamedTuple):
    """Where data come from.

    Attributes:
      citation: the paper to cite.
      address: where the data can be downloaded.
      licence: what their authors allow.
    """

    citation: str
    address: str
    licence: str


class PublicData(NamedTuple):
    """Public data that were read from files that the user has downloaded.

    Attributes:
      table: the tidy table; see `metarl.behaviour.table`.
      source: where the data come from.
      checksums: the SHA-256 of each file that was read, by its name.
    """

    table: pd.DataFrame
    source: Source
    checksums: dict[str, str]

    @property
    def about(self) -> str:
        """The citation, the address, the licence and the checksums, as text."""
        lines = [self.source.citation, self.source.address, f"Licence: {self.source.licence}"]
        return "\n".join([*lines, *(f"{sha}  {name}" for name, sha in self.checksums.items())])


def checksums(paths: Sequence[Path]) -> dict[str, str]:
    """The SHA-256 of each file, by its name.

    Raises:
      OSError: if a file cannot be read.
    """
    found = {}
    for path in paths:
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def files_in(path: str | Path, pattern: str) -> list[Path]:
    """The file itself, or the files of a folder that match a pattern, sorted by name.

    Raises:
      ValueError: if the folder has no such file.
      OSError: if there is no such file or folder.
    """
    path = Path(path)
    if not path.is_dir():
        path.open("rb").close()
        return [path]
    found = sorted(path.glob(pattern))
    if not found:
        raise ValueError(f"`{path}` must hold files such as `{pattern}`, got none.")
    return found


def letters(path: Path, name: str, value: object, allowed: str) -> Shaped[np.ndarray, " N"]:
    """A text or a list of letters as an array of letters.

    Raises:
      ValueError: if there are other letters, or none.
    """
    parts = [str(part) for part in np.ravel(np.asarray(value))]
    found = np.array(list("".join(parts)), "U1")
    wrong = ~np.isin(found, list(allowed))
    if not len(found) or wrong.any():
        got = (
            f"{str(found[wrong][0])!r} at trial {int(np.argmax(wrong)) + 1}"
            if len(found)
            else "none"
        )
        raise ValueError(
            f"`{name}` must hold the letters {', '.join(allowed)} in `{path}`, got {got}."
        )
    return found


def numbers(path: Path, name: str, value: object, count: int) -> Float[np.ndarray, " N"]:
    """A list of `count` numbers as an array; NaN is allowed.

    Raises:
      ValueError: if they are not that many, or no numbers.
    """
    try:
        found = np.ravel(np.asarray(value, np.float64))
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` must hold numbers in `{path}`, got {short_repr(value)}."
        ) from None
    if len(found) != count:
        raise ValueError(
            f"`{name}` must hold a number for each of {count} trials in `{path}`, got {len(found)}."
        )
    return found


def check_values(
    path: Path, name: str, values: Float[np.ndarray, " N"], allowed: Sequence[float]
) -> None:
    """Raises ValueError unless all values are allowed; it names the first that is not."""
    wrong = ~np.isin(values, allowed)
    if wrong.any():
        raise ValueError(
            f"`{name}` must be one of {', '.join(f'{x:g}' for x in allowed)} in `{path}`, got "
            f"{values[wrong][0]:g} at trial {int(np.argmax(wrong)) + 1}."
        )


def numbered_sessions(
    path: Path, name: str, begins: Float[np.ndarray, " N"]
) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    """Numbers sessions, and the trials in each, from 1.

    Args:
      path: the file, for the error.
      name: the name of the field, for the error.
      begins: 1 on the first trial of each session, 0 on the others.
    """
    check_values(path, name, begins, (0, 1))
    if not begins[0]:
        raise ValueError(f"`{name}` must be 1 at the first trial in `{path}`, got 0.")
    session = np.cumsum(begins).astype(np.int64)
    starts = np.flatnonzero(begins)
    return session, np.arange(len(begins)) - starts[session - 1] + 1


def two_step_table(
    *,
    subject: str,
    session: Shaped[np.ndarray, " N"],
    trial: Int[np.ndarray, " N"],
    first: Int[np.ndarray, " N"],
    state: Int[np.ndarray, " N"],
    second: Int[np.ndarray, " N"],
    reward: Float[np.ndarray, " N"],
    answered: Bool[np.ndarray, " N"],
    forced_first: Bool[np.ndarray, " N"],
    free_second: bool,
    seconds: Float[np.ndarray, "N 2"] | None = None,
    block: Int[np.ndarray, " N"] | None = None,
    extras: dict[str, Shaped[np.ndarray, " N"]] | None = None,
) -> pd.DataFrame:
    """A two-step task of one subject as a tidy table: two rows for each trial.

    Args:
      subject: the subject's name.
      session: the session of each trial.
      trial: its number in the session, from 1.
      first: the first choice, 0 or 1.
      state: the second state: 0 is the one that usually follows the first choice 0.
      second: the action in the second state.
      reward: the reward of the trial.
      answered: whether there was a response to both; else both actions are empty.
      forced_first: whether the first choice was forced.
      free_second: whether there was a choice in the second state.
      seconds: the time that each of the two actions took, in s.
      block: the block of each trial, from 1.
      extras: further columns, one value for each trial.
    """
    count = len(trial)

    def both(at_first: Any, at_second: Any) -> np.ndarray:
        pair = np.broadcast_to(at_first, count), np.broadcast_to(at_second, count)
        return np.stack(pair, axis=1).reshape(-1)

    def alone(actions: np.ndarray, forced: Any) -> np.ndarray:
        return np.where(np.broadcast_to(forced, count), actions.astype(str), "").astype(object)

    known = np.repeat(answered, 2)
    action = np.where(known, both(first, second).astype(np.float64), np.nan)
    shown = np.where(answered, np.where(state == 0, "state A", "state B"), "").astype(object)
    values = {
        "subject": subject,
        "session": both(session, session).astype(str),
        "trial": both(trial, trial),
        "step": both(1, 2),
        "state": both(np.full(count, "", object), shown),
        "action": action,
        "reward": np.where(known, both(0.0, reward), np.nan),
        "available": np.where(
            known, both(alone(first, forced_first), alone(second, not free_second)), ""
        ),
    }
    if seconds is not None:
        values["seconds"] = seconds.reshape(-1)
    if block is not None:
        values["block"] = both(block, block)
    for name, column in (extras or {}).items():
        values[name] = both(column, column)
    return tidy_table(values, 2 * count)
