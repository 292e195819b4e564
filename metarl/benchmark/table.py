"""What a benchmark found: a table on the screen, a csv, and the machine it was found on."""

import csv
import io
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax

import metarl
from metarl.storage.files import atomic_write


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
        """The figure."""
        return statistics.median(self.values)

    def cells(self) -> list[str]:
        """The cells of its row: what, median, lowest, highest, unit, share of the limit."""
        digits = 0 if self.median >= 1000 else 2
        numbers = [f"{x:,.{digits}f}" for x in (self.median, min(self.values), max(self.values))]
        share = "" if self.share is None else f"{self.share:.0%}"
        return [self.what, *numbers, self.unit, share]


HEADINGS = ["measured", "median", "lowest", "highest", "unit", "of limit"]


def table(found: Sequence[Measurement]) -> str:
    """The measurements as text, in columns."""
    rows = [HEADINGS, *(one.cells() for one in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if 1 <= i <= 3 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def write_csv(path: Path, found: Sequence[Measurement]) -> None:
    """Writes the measurements, a row each, with every single value and the machine."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["measured", "median", "unit", "of_limit", "values", "machine"])
    for one in found:
        share = "" if one.share is None else f"{one.share:.4g}"
        values = " ".join(f"{value:.6g}" for value in one.values)
        writer.writerow([one.what, f"{one.median:.6g}", one.unit, share, values, machine()])
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


def machine() -> str:
    """The machine and the versions, in a line."""
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
