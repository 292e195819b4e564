"""The record of a game: a tidy csv, written trial by trial; and how to read it.

Its columns, in this order, are `COLUMNS` and then the family's own: for a bandit `p1`, `p2`, ...,
the arms' win probabilities. Episodes, trials and steps are counted from 1, actions from 0.
"""

import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from metarl.checks import short_repr
from metarl.envs import TaskFamily
from metarl.storage.files import cannot_write
from metarl.storage.tables import FORMULA, csv_text, read_table

logger = logging.getLogger("metarl")

COLUMNS = (
    "subject",
    "session",
    "episode",
    "block",
    "trial",
    "step",
    "state",
    "action",
    "reward",
    "available",
    "seconds",
    "seed",
    "num_trials",
    "regret",
    "value",
)
Row = Sequence[Any]


class Choice(NamedTuple):
    """One step of one player.

    Attributes:
      action: the index of the action, counted from zero.
      reward: its reward.
      regret: the expected reward that the best action could still have brought in this trial,
        minus that of this action, given the task.
      seconds: time since the step before (or the start of the episode), in s; NaN for a machine.
      value: the agent's value (its critic's output) on this step; NaN for other players.
    """

    action: int
    reward: float
    regret: float
    seconds: float
    value: float = math.nan


def outcome_of(reward: float, env: TaskFamily) -> str:
    """The outcome of a trial in words: `won` for reward 1, `lost` for 0, else the number.

    It is always the number in a family in which 1 is not the highest reward.
    """
    words = {0.0: "lost", 1.0: "won"} if env.reward_range[1] == 1 else {}
    return words.get(reward, f"reward {reward:g}")


class GameRecord:
    """A new file that grows with the game. An existing file is never changed.

    The file is made when the first rows are added. If rows cannot be written, the game goes on:
    they are kept in memory, and written with the next ones.

    Args:
      wanted: the file; if it exists, another name is found, such as `game_2.csv`.
      header: the names of the columns.
    """

    def __init__(self, wanted: Path, header: Row) -> None:
        self.path: Path | None = None
        self._wanted = wanted
        self._pending: list[Row] = [header]
        self._written = 0
        self._failed = False

    def append(self, rows: Sequence[Row]) -> None:
        """Writes rows. If they cannot be written, a warning is logged, only once."""
        self._pending += rows
        try:
            self._write()
        except OSError as error:
            if not self._failed:
                logger.warning("%s The game goes on; writing is tried again.", error.strerror)
            self._failed = True

    def finish(self) -> Path:
        """Writes the remaining rows; returns the file's path.

        Raises:
          OSError: if they cannot be written.
        """
        return self._write()

    def _write(self) -> Path:
        path = self.path or self._create()
        data = csv_text(self._pending).encode()
        try:
            with path.open("r+b", buffering=0) as file:
                file.truncate(self._written)  # a failed attempt may have left half a row
                file.seek(self._written)
                file.write(data)
                if file.tell() < self._written + len(data):
                    file.write(data[file.tell() - self._written :])  # raises the error
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(path, error) from error
        self._written += len(data)
        self._pending = []
        return path

    def _create(self) -> Path:
        number = 1
        while True:
            name = self._wanted.stem if number == 1 else f"{self._wanted.stem}_{number}"
            path = self._wanted.with_name(name + self._wanted.suffix)
            try:
                path.open("xb").close()
            except FileExistsError:
                number += 1
            except OSError as error:
                raise cannot_write(path, error) from error
            else:
                self.path = path
                return path


def read_regret(path: str | Path) -> dict[str, Float[np.ndarray, "B T"]]:
    """Reads the regret of all players from the record of a game.

    Args:
      path: a csv that a game wrote, or that a spreadsheet saved afterwards.

    Returns:
      The regret of each trial of each finished episode, by the player's name. Unfinished episodes
      are left out.

    Raises:
      ValueError: if the file is not such a csv, or holds no finished episode.
    """
    numbers = {"episode": int, "trial": int, "num_trials": int, "regret": float}
    table = read_table(path, {"subject": str, **numbers}, optional={"session": str, "step": int})
    table["step"] = table["step"].fillna(1)
    episodes: dict[tuple[str, str, int], list[float]] = {}
    lengths = set()
    for row in table.itertuples():
        subject, trial, line = row.subject, row.trial, row.Index
        if not subject.isprintable() or len(subject) > 100 or subject.startswith(FORMULA):
            raise _refusal(path, "subject", "be a plain name", subject, line)
        if row.regret < 0:
            raise _refusal(path, "regret", "be at least 0", row.regret, line)
        if row.episode < 1:
            raise _refusal(path, "episode", "be at least 1", int(row.episode), line)
        trials = episodes.setdefault((subject, row.session, row.episode), [])
        if row.step > 1 and trial == len(trials):  # another step of the same trial
            trials[-1] += row.regret
            continue
        if trial != len(trials) + 1 or trial > row.num_trials:
            rule = f"be {len(trials) + 1}, the next trial of this player and episode"
            raise _refusal(path, "trial", rule, int(trial), line)
        trials.append(row.regret)
        lengths.add(row.num_trials)
    if len(lengths) > 1:
        raise ValueError(
            f"`{path}` must have one `num_trials`, got {sorted(map(int, lengths))}. "
            "Keep games of different lengths in separate files."
        )
    whole: dict[str, list[list[float]]] = {}
    for (subject, _, _), trials in episodes.items():
        if len(trials) in lengths:
            whole.setdefault(subject, []).append(trials)
    if not whole:
        raise ValueError(
            f"`{path}` must hold at least one finished episode, got {len(episodes)} unfinished. "
            "Play one to its last trial."
        )
    return {subject: np.array(regret, np.float64) for subject, regret in whole.items()}


def _refusal(path: str | Path, column: str, rule: str, value: object, line: int) -> ValueError:
    return ValueError(
        f"`{column}` must {rule}, got {short_repr(value)} in line {line} of `{path}`."
    )
