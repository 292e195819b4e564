"""Learning curves, row by row while a run goes on: `training.csv` and `evaluator_<i>.csv`."""

import logging
import math
import os
import re
import typing
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from metarl.storage.files import atomic_write, open_regular_file
from metarl.storage.tables import read_table

logger = logging.getLogger("metarl")

TRAINING_FILE = "training.csv"


class EvaluatorRow(NamedTuple):
    """One evaluation during training: a row of `evaluator_<i>.csv`, whose columns these are.

    Attributes:
      step: environment steps trained when the copy was taken.
      episodes: episodes finished by then.
      wall_seconds: wall time of training by then.
      mean_reward: sampled reward per trial of the frozen copy.
      expected_regret: expected regret per episode of the frozen copy; NaN in a family without.
      regret_standard_error: standard error of that regret, over episodes.
    """

    step: int
    episodes: int
    wall_seconds: float
    mean_reward: float
    expected_regret: float
    regret_standard_error: float


class TrainingRow(NamedTuple):
    """How training stood after an update: a row of `training.csv`, whose columns these are.

    The first row follows the first update, the others come every `log_every_steps`; reward to value
    loss are means over the updates since the row before, at most 10,000.

    Attributes:
      step: environment steps trained.
      episodes: episodes finished.
      updates: updates made.
      skipped: updates skipped, because a number was not finite.
      wall_seconds: wall time of training.
      time: when the row was written, in seconds of the epoch.
      reward: sampled reward per step.
      expected_regret: expected regret per episode; NaN in a family without.
      entropy: entropy of the policy, in nats.
      policy_loss: the policy's loss, per step.
      value_loss: the critic's loss, per step.
    """

    step: int
    episodes: int
    updates: int
    skipped: int
    wall_seconds: float
    time: float
    reward: float
    expected_regret: float
    entropy: float
    policy_loss: float
    value_loss: float


_Row = TypeVar("_Row", bound=EvaluatorRow | TrainingRow)


class CurveFile(Generic[_Row]):
    """A csv that grows row by row.

    A row that cannot be written is said in the log; training is worth more than its curve.

    Args:
      path: the file.
      kind: the rows' type, whose fields are the columns.
      keep_up_to: rows that are there are kept up to this step, -1 for none.

    Raises:
      OSError: if the file cannot be written.
    """

    def __init__(self, path: Path, kind: type[_Row], keep_up_to: int) -> None:
        self._path = path
        self._header = ",".join(kind._fields) + "\n"
        rows = [row for row in read_rows(path, kind) if row.step <= keep_up_to]
        with atomic_write(path) as file:
            file.write("".join([self._header, *map(_line, rows)]).encode())

    def append(self, row: _Row) -> None:
        """Writes a row."""
        try:
            descriptor = open_regular_file(self._path, os.O_WRONLY | os.O_APPEND)
            with os.fdopen(descriptor, "a") as file:
                if file.tell() == 0:  # somebody has removed the file
                    file.write(self._header)
                file.write(_line(row))
        except OSError as error:
            logger.warning("a row of %s is lost: %s", self._path, error.strerror)


class LearningCurves:
    """All curves of a run.

    Args:
      folder: the agent's folder.
      count: the number of evaluators.
      keep_up_to: rows that are there are kept up to this step, -1 for none.

    Attributes:
      training: what is written during training.
      evaluators: what each evaluator found.

    Raises:
      OSError: if a file cannot be written.
    """

    def __init__(self, folder: Path, count: int, keep_up_to: int) -> None:
        for path in curve_files(folder) if keep_up_to < 0 else ():
            path.unlink()
        self.training = CurveFile(folder / TRAINING_FILE, TrainingRow, keep_up_to)
        self.evaluators = [
            CurveFile(folder / f"evaluator_{index}.csv", EvaluatorRow, keep_up_to)
            for index in range(count)
        ]


def curve_files(folder: Path) -> list[Path]:
    """What evaluators found, in an agent's folder, in the order of the evaluators."""
    found = [(re.fullmatch(r"evaluator_(\d{1,9})\.csv", p.name), p) for p in folder.iterdir()]
    return [path for _, path in sorted((int(name[1]), path) for name, path in found if name)]


def read_rows(path: Path, kind: type[_Row]) -> list[_Row]:
    """Reads the whole rows of a curve, also where a spreadsheet saved it; none if it is not there.

    A run that was killed may leave half a row, and a machine that lost its power anything: what is
    no row is left out.
    """
    if not path.exists():
        return []
    kinds = typing.get_type_hints(kind)
    # A family without regret leaves its columns empty.
    optional = {name: kinds[name] for name in kinds if "regret" in name}
    always = {name: kinds[name] for name in kinds if name not in optional}
    header, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    if header != ",".join(kinds):  # pandas takes half a second to import: for a spreadsheet's only
        try:
            table = read_table(path, always, optional=optional, allow_cut_off=True)
        except ValueError:
            return []
        columns = (table[name].tolist() for name in kinds)
        return [kind(*row) for row in zip(*columns, strict=True)]
    rows = []
    for line in lines:
        try:
            cells = zip(kinds.values(), line.split(","), strict=True)
            row = kind(*(as_kind(cell or "nan") for as_kind, cell in cells))
        except ValueError:
            continue
        if all(math.isfinite(getattr(row, name)) for name in always):
            rows.append(row)
    return rows


def _line(row: EvaluatorRow | TrainingRow) -> str:
    cells = (
        str(value) if isinstance(value, int) else "" if math.isnan(value) else f"{value:.9g}"
        for value in row
    )
    return ",".join(cells) + "\n"
