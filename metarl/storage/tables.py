"""Tables as csv files: careful reading of what programs and spreadsheets save, and writing.

pandas is imported only where it is used, so that importing metarl stays fast.
"""

import codecs
import collections
import contextlib
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metarl.checks import short_repr
from metarl.storage.files import atomic_write

if TYPE_CHECKING:
    from pandas import DataFrame, Series

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text with these starts for code
_ENCODINGS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WHOLE = "[+-]?[0-9]{1,18}"  # more digits may not fit 64 bits
_DECIMAL = "[+-]?([0-9]+(MARK[0-9]*)?|MARK[0-9]+)([eE][+-]?[0-9]+)?"
_MISSING = ("", "NA", "NaN", "nan")  # missing numbers, as R and other programs write them
_SAVE = "Save it as `CSV UTF-8` in the spreadsheet."
_WRITE = {int: "Write digits only, as in 12.", float: "Write it as in 1234.5."}
_Row = tuple[int, list[str]]  # the line where the row begins, and its cells
_Place = tuple[str, int, str]  # a cell's column, line and text


def read_table(
    path: str | Path,
    columns: Mapping[str, type],
    *,
    optional: Mapping[str, type] | None = None,
    allow_cut_off: bool = False,
) -> "DataFrame":
    """Reads a csv that a program wrote, or that a spreadsheet saved afterwards.

    The file is UTF-8, or UTF-16 with a byte order mark. Commas, semicolons or tabs separate cells.
    Cells may have quotes or spaces around them. Empty rows and columns at the end, and Excel's
    `sep=` line, are ignored. Numbers may have decimal commas if commas do not separate cells.
    Ambiguous tables are refused.

    Args:
      path: the file.
      columns: the required columns, each with its type: `int`, `float` or `str`. None of their
        cells may be empty.
      optional: columns, with their types, that may be missing or have empty cells.
      allow_cut_off: whether an incomplete last line is ignored, as a program leaves it if it is
        killed while writing. Otherwise it is refused.

    Returns:
      The rows of the file. The index is the line in which each row begins, counted from 1. Columns
      that no argument names are text. A missing number is NA, a missing text is empty.

    Raises:
      ValueError: if the file is not such a table; the message names the line and the column.
      OSError: if the file cannot be read.
    """
    import pandas as pd

    path = Path(path)
    text = _read_text(path)
    rows, separator = _read_rows(path, text, columns)
    names = _checked_header(path, rows.pop(0), columns)
    if rows and len(rows[-1][1]) < len(names) and text[-1] not in "\r\n":
        line, cells = rows.pop()
        if not allow_cut_off:
            raise ValueError(
                f"`{path}` must have {len(names)} cells in each line, got {len(cells)} in line "
                f"{line}, where the file ends. Copy the file again, or remove that line."
            )
    table = pd.DataFrame(
        [_checked_row(path, row, names) for row in rows],
        columns=names,
        index=pd.Index([line for line, _ in rows], name="line"),
        dtype=object,
    ).loc[:, [name != "" for name in names]]
    marks: dict[str, _Place] = {}
    for name, kind in {**(optional or {}), **columns}.items():
        cells = table[name] if name in table else pd.Series("", table.index, dtype=object)
        missing = cells.isin(("",) if kind is str else _MISSING)
        if name in columns:
            _check(path, name, cells, ~missing, "be filled in every row", "Fill it in.")
        if kind is str:
            table[name] = cells
            continue
        _check_numbers(path, name, cells.mask(missing, "0"), kind, separator, marks)
        if kind is int:
            whole = [None if gone else int(cell) for cell, gone in zip(cells, missing, strict=True)]
            table[name] = pd.array(whole, dtype="Int64")
        else:
            table[name] = cells.mask(missing).str.replace(",", ".").astype(float)
    if len(marks) > 1:  # one may be a thousands separator, or a spreadsheet's mistake
        name, line, cell = marks["."]
        comma = "`{}` in line {}".format(*marks[","])
        raise _refusal(
            path, name, f"have a decimal comma, like {comma}", line, cell, "Use only one of them."
        )
    return table


def write_table(path: Path, rows: "Sequence[Any] | DataFrame") -> None:
    """Writes a table as csv, in UTF-8, with commas between cells.

    Args:
      path: the file; it is written completely or not at all.
      rows: a DataFrame, whose index is left out; or at least one named tuple, all of one type,
        whose fields are the columns. See `csv_text` for how cells are written.

    Raises:
      OSError: if the file cannot be written.
    """
    import pandas as pd

    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, dtype=object)
    cells = table.astype(object).where(table.notna(), None)
    with atomic_write(path) as file:
        file.write(csv_text([list(table), *cells.itertuples(index=False, name=None)]).encode())


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of cells as lines of csv.

    None and NaN become empty cells. Floats have nine digits, and zeros no sign. Text that a
    spreadsheet would run as a formula gets a leading apostrophe.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(_cell, row) for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value + 0.0:.9g}"
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else str(value)


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    encoding = next((e for mark, e in _ENCODINGS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
        end = text.find("\0")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode(encoding, errors="ignore")
        end = len(text)
    if end >= 0:
        line = text.count("\n", 0, end) + 1
        raise ValueError(f"`{path}` must be text in UTF-8, got other bytes in line {line}. {_SAVE}")
    if not text.strip():
        raise ValueError(f"`{path}` must be a table, got an empty file. {_SAVE}")
    return text


def _read_rows(path: Path, text: str, columns: Iterable[str]) -> tuple[list[_Row], str]:
    """The rows, from the header to the last row that is not empty, and the cells' separator."""
    mark = re.match('"?sep=([,;\t])', text)
    headers: dict[str, list[str]] = {}
    for separator in mark[1] if mark else ",;\t":
        with contextlib.suppress(ValueError):
            rows = _split(path, text, separator, skip=1 if mark else 0)
            headers[separator] = next((cells for _, cells in rows if any(cells)), [])
    fitting = [s for s, names in headers.items() if set(columns) <= set(names)]
    separator = max(fitting or headers, key=lambda s: len(headers[s]), default=",")
    found = list(_split(path, text, separator, skip=1 if mark else 0))
    filled = [i for i, (_, cells) in enumerate(found) if any(cells)]
    if not filled:
        raise ValueError(f"`{path}` must be a table, got empty cells only. {_SAVE}")
    return found[filled[0] : filled[-1] + 1], separator


def _split(path: Path, text: str, separator: str, skip: int) -> Iterator[_Row]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for number, cells in enumerate(reader):
            if number >= skip:
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"`{path}` must be a csv, got {error} in line {line}. {_SAVE}") from None


def _checked_header(path: Path, header: _Row, columns: Iterable[str]) -> list[str]:
    """The columns' names, up to the last that is not empty."""
    line, names = header
    name, count = collections.Counter(filter(None, names)).most_common(1)[0]
    if count > 1:
        raise ValueError(
            f"`{path}` must have each column once, got {short_repr(name)} {count} times in line "
            f"{line}. Rename or remove one."
        )
    if missing := [name for name in columns if name not in names]:
        raise ValueError(
            f"`{path}` must have the columns {', '.join(columns)}, got {short_repr(names)} in line "
            f"{line}. Add {', '.join(missing)}."
        )
    return names[: max(i for i, name in enumerate(names) if name) + 1]


def _checked_row(path: Path, row: _Row, names: list[str]) -> list[str]:
    """One cell per column; a spreadsheet may leave out empty cells at the end of a line."""
    line, cells = row
    for i, cell in enumerate(cells):
        if cell and (i >= len(names) or not names[i]):
            raise ValueError(
                f"`{path}` must have a name above each cell, got {short_repr(cell)} in line "
                f"{line}, cell {i + 1}, without one. Is there an extra separator in that line?"
            )
    return [*cells, *[""] * len(names)][: len(names)]


def _check_numbers(
    path: Path, name: str, cells: "Series", kind: type, separator: str, marks: dict[str, _Place]
) -> None:
    """Raises ValueError unless all cells are numbers; records the first use of decimal marks."""
    if kind is int:
        _check(path, name, cells, cells.str.fullmatch(_WHOLE), "be a whole number", _WRITE[int])
        return
    allowed = "[.]" if separator == "," else "[.,]"
    decimal = _DECIMAL.replace("MARK", allowed)
    _check(path, name, cells, cells.str.fullmatch(decimal), "be a number", _WRITE[float])
    finite = np.isfinite(cells.str.replace(",", ".").astype(float))
    _check(path, name, cells, finite, "be a finite number", _WRITE[float])
    for mark in ".,":
        having = cells[cells.str.contains(mark, regex=False)]
        if len(having):
            marks.setdefault(mark, (name, int(having.index[0]), having.iloc[0]))


def _check(path: Path, name: str, cells: "Series", good: "Series", rule: str, advice: str) -> None:
    wrong = cells[~good]
    if len(wrong):
        raise _refusal(path, name, rule, int(wrong.index[0]), wrong.iloc[0], advice)


def _refusal(path: Path, name: str, rule: str, line: int, cell: str, advice: str) -> ValueError:
    return ValueError(
        f"`{name}` must {rule}, got {short_repr(cell)} in line {line} of `{path}`. {advice}"
    )
