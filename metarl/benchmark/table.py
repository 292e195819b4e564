"""Measurements as a table on the screen and as a csv, with a description of the machine."""

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jax

import metarl

if TYPE_CHECKING:
    from pandas import DataFrame


class Measurement(NamedTuple):
    """One figure, measured several times.

    Attributes:
      what: what was measured.
      unit: its unit.
      values: every measurement.
      share: for a speed, the median's share of what matrix products alone would allow; else None.
    """

    what: str
    unit: str
    values: Sequence[float]
    share: float | None = None

    @property
    def median(self) -> float:
        """The median of the values."""
        return statistics.median(self.values)

    def cells(self) -> list[str]:
        """The cells of its table row: what, median, lowest, highest, unit, share of the limit."""
        digits = 0 if self.median >= 1000 else 2
        numbers = [f"{x:,.{digits}f}" for x in (self.median, min(self.values), max(self.values))]
        share = "" if self.share is None else f"{self.share:.0%}"
        return [self.what, *numbers, self.unit, share]


HEADINGS = ["measured", "median", "lowest", "highest", "unit", "of limit"]


def table(found: Sequence[Measurement]) -> str:
    """The measurements as text, in columns."""
    return columns([HEADINGS, *(one.cells() for one in found)])


def frame(found: Sequence[Measurement]) -> "DataFrame":
    """The measurements as a data frame, one row each, with all values and the machine."""
    import pandas as pd

    rows = [
        [one.what, one.median, one.unit, one.share, " ".join(f"{x:.6g}" for x in one.values)]
        for one in found
    ]
    names = ["measured", "median", "unit", "of_limit", "values"]
    return pd.DataFrame(rows, columns=names).assign(machine=machine())


def columns(rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Aligns rows of text in columns.

    Args:
      rows: the cells, the same number in every row.
      left: the number of left-aligned columns; the others, of numbers, are right-aligned.

    Returns:
      The text, one line per row.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def machine() -> str:
    """The machine and the versions of Python, jax and metarl, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = named[0].split(":", 1)[1].strip() if named else model
    device = jax.devices()[0].device_kind
    accelerator = "" if jax.default_backend() == "cpu" else f", {device}"
    return (
        f"{model}, {os.cpu_count()} processors{accelerator}; {platform.system()}, "
        f"Python {platform.python_version()}, jax {jax.__version__}, metarl {metarl.__version__}"
    )
