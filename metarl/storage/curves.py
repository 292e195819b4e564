"""Learning curves, written row by row during a run: `training.csv` and `evaluator_<i>.csv`."""

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
    """One evaluation during training: a row of `evaluator_<i>.csv`; the fields are its columns.

    Attributes:
      step: environment steps trained when the parameters were copied.
      episodes: episodes finished by then.
      wall_seconds: wall time of training by then.
      mean_reward: sampled reward per trial of the frozen copy.
      expected_regret: expected regret per episode of the frozen copy; NaN if it is unknown.
      regret_standard_error: standard error of that regret, over episodes.
    """

    step: int
    episodes: int
    wall_seconds: float
    mean_reward: float
    expected_regret: float
    regret_standard_error: float


class TrainingRow(NamedTuple):
    """The state of training after an update: a row of `training.csv`; the fields are its columns.

    The first row follows the first update, the others come every `log_every_steps`. The columns
    from `reward` to `value_loss` are means over the updates since the row before, at most 10,000.

    Attributes:
      step: environment steps trained.
      episodes: number of finished episodes.
      updates: number of updates applied.
      skipped: number of updates skipped because they were not finite.
      wall_seconds: wall time of training.
      time: when the row was written, in seconds since the epoch.
      reward: sampled reward per step.
      expected_regret: expected regret per episode; NaN if it is unknown.
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

    A row that cannot be written is only logged: training matters more than its curve.

    Args:
      path: the file.
      kind: the rows' type, whose fields are the columns.
      keep_up_to: existing rows are kept up to this step; -1 keeps none.

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
                if file.tell() == 0:  # the file was removed in the meantime
                    file.write(self._header)
                file.write(_line(row))
        except OSError as error:
            logger.warning("a row of %s is lost: %s", self._path, error.strerror)


class LearningCurves:
    """All curves of a run.

    Args:
      folder: the agent's folder.
      count: the number of evaluators.
      keep_up_to: existing rows are kept up to this step; -1 keeps none.

    Attributes:
      training: the curve of training itself.
      evaluators: the curve of each evaluator.

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
    """The evaluators' curve files in an agent's folder, in the order of the evaluators."""
    found = [(re.fullmatch(r"evaluator_(\d{1,9})\.csv", p.name), p) for p in folder.iterdir()]
    return [path for _, path in sorted((int(name[1]), path) for name, path in found if name)]


def read_rows(path: Path, kind: type[_Row]) -> list[_Row]:
    """Reads the complete rows of a curve, even after a spreadsheet saved it; none without a file.

    A killed run may leave half a row, and a power failure may leave anything: lines that are not
    complete rows are left out.
    """
    if not path.exists():
        return []
    kinds = typing.get_type_hints(kind)
    # A family without regret leaves its columns empty.
    optional = {name: kinds[name] for name in kinds if "regret" in name}
    always = {name: kinds[name] for name in kinds if name not in optional}
    header, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    if header != ",".join(kinds):  # saved by a spreadsheet: needs pandas, half a second to import
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
