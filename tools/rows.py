"""Rows of a csv as dataclasses: measurements that are made in several sittings."""

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def read(path: Path, kind: type) -> list[Any]:
    """The rows measured so far; none if there is no such file."""
    if not path.exists():
        return []
    kinds = {field.name: field.type for field in dataclasses.fields(kind)}
    with path.open(newline="") as file:
        return [kind(**{k: kinds[k](v) for k, v in row.items()}) for row in csv.DictReader(file)]


def append(path: Path, rows: Sequence[Any]) -> None:
    """Adds rows to the csv; writes its header first if it is new."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        names = [field.name for field in dataclasses.fields(rows[0])]
        writer = csv.DictWriter(file, names)
        if new:
            writer.writeheader()
        writer.writerows(map(dataclasses.asdict, rows))
