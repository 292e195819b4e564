"""Tidy tables: rows of named values as a csv, and rows of text in columns."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metarl.files import atomic_write


def write_tidy(path: Path, rows: Sequence[Any]) -> None:
    """Writes named tuples of one kind, a row each; their fields are the columns.

    Args:
      path: the file; it is whole or not there at all.
      rows: at least one; None is written as an empty cell, a float with nine digits.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0]._fields)
    writer.writerows([f"{x:.9g}" if isinstance(x, float) else x for x in row] for row in rows)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


def columns(rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Sets rows of text in columns.

    Args:
      rows: the cells, as many in every row.
      left: how many columns stand to the left; the others, numbers, to the right.

    Returns:
      A line for each row.
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
