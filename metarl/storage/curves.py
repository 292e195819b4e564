"""Learning curves: what evaluators found during training, in `evaluator_<i>.csv`."""

import logging
import math
import os
import re
import typing
from pathlib import Path
from typing import NamedTuple

from metarl.storage.files import atomic_write, open_regular_file
from metarl.storage.tables import read_table

logger = logging.getLogger("metarl")


class EvaluatorRow(NamedTuple):
    """One evaluation during training: a row of the csv, whose columns have these names.

    Attributes:
      step: environment steps trained when the copy was taken.
      episodes: episodes finished by then.
      wall_seconds: wall time of training by then.
      mean_reward: sampled reward per trial of the frozen copy.
      expected_regret: expected regret per episode of the frozen copy.
      regret_standard_error: standard error of that regret, over episodes.
    """

    step: int
    episodes: int
    wall_seconds: float
    mean_reward: float
    expected_regret: float
    regret_standard_error: float


class LearningCurves:
    """The csv files of a run: one per evaluator, a row per evaluation.

    A row that cannot be written is said in the log; training is worth more than its curve.

    Args:
      folder: the agent's folder.
      count: the number of evaluators.
      keep_up_to: rows that are there are kept up to this step, -1 for none.

    Raises:
      OSError: if a file cannot be written.
    """

    def __init__(self, folder: Path, count: int, keep_up_to: int) -> None:
        self._folder = folder
        for path in curve_files(folder) if keep_up_to < 0 else ():
            path.unlink()
        for index in range(count):
            path = self._path(index)
            rows = [row for row in read_rows(path) if row.step <= keep_up_to]
            with atomic_write(path) as file:
                file.write("".join([_HEADER, *map(_line, rows)]).encode())

    def append(self, index: int, row: EvaluatorRow) -> None:
        """Writes a row of evaluator `index`."""
        path = self._path(index)
        try:
            descriptor = open_regular_file(path, os.O_WRONLY | os.O_APPEND)
            with os.fdopen(descriptor, "a") as file:
                if file.tell() == 0:  # somebody has removed the file
                    file.write(_HEADER)
                file.write(_line(row))
        except OSError as error:
            logger.warning("a row of %s is lost: %s", path, error.strerror)

    def _path(self, index: int) -> Path:
        return self._folder / f"evaluator_{index}.csv"


def curve_files(folder: Path) -> list[Path]:
    """The learning curves in an agent's folder, in the order of the evaluators."""
    found = [(re.fullmatch(r"evaluator_(\d{1,9})\.csv", p.name), p) for p in folder.iterdir()]
    return [path for _, path in sorted((int(name[1]), path) for name, path in found if name)]


def read_rows(path: Path) -> list[EvaluatorRow]:
    """Reads the whole rows of an evaluator's csv; none if there is no such file."""
    if not path.exists():
        return []
    try:
        table = read_table(path, typing.get_type_hints(EvaluatorRow), allow_cut_off=True)
        return [
            EvaluatorRow(*row)
            for row in zip(*(table[name].tolist() for name in _COLUMNS), strict=True)
        ]
    except ValueError:  # a machine that lost its power may leave anything
        return _read_what_is_whole(path)


def _read_what_is_whole(path: Path) -> list[EvaluatorRow]:
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        try:
            step, episodes, *others = (float(cell or "nan") for cell in line.split(","))
            row = EvaluatorRow(int(step), int(episodes), *others)
        except (OverflowError, TypeError, ValueError):
            continue  # the run was killed while it wrote this row
        known = row if math.isfinite(row.expected_regret) else row[:4]  # of a family without regret
        if all(map(math.isfinite, known)):
            rows.append(row)
    return rows


def _line(row: EvaluatorRow) -> str:
    # A family without regret leaves these cells empty.
    cells = ("" if math.isnan(value) else f"{value:.6g}" for value in row[2:])
    return ",".join([str(row.step), str(row.episodes), *cells]) + "\n"


_COLUMNS = EvaluatorRow._fields
_HEADER = ",".join(_COLUMNS) + "\n"
