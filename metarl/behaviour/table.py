"""The tidy table of behaviour: its columns and their types, whoever chose.

The columns that every table has, in this order, are `STANDARD`; those of `COLUMNS` and the family's
own follow where they apply. Episodes, blocks, trials and steps are counted from 1, actions from 0.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from metarl.play.record import COLUMNS

STANDARD = COLUMNS[:11]  # subject to seconds
TEXT = ("subject", "session", "state", "available")
WHOLE = ("episode", "block", "trial", "step", "action", "seed", "num_trials")
NUMBERS = ("reward", "seconds", "regret", "value")
_FIRST = {"episode": 1, "trial": 1, "step": 1}


def tidy_table(values: Mapping[str, Any], num_rows: int) -> pd.DataFrame:
    """Puts columns in order, with their types; standard columns that are not given are added.

    Args:
      values: an array or a single value for each column, by its name. A missing text is empty, a
        missing whole number is None, NaN or NA, another missing number is NaN.
      num_rows: the number of rows.

    Returns:
      The table: text for `TEXT`, `Int64` for `WHOLE`, `float64` for `NUMBERS`, and other columns as
      they are, at the end.
    """
    ours = [name for name in COLUMNS if name in STANDARD or name in values]
    table = {}
    for name in (*ours, *(name for name in values if name not in COLUMNS)):
        value = values.get(name, _FIRST.get(name, "" if name in TEXT else np.nan))
        column = pd.Series(value, index=pd.RangeIndex(num_rows))
        if name in TEXT:
            table[name] = column.astype(str)
        elif name in WHOLE:
            table[name] = column.astype("Int64")
        elif name in NUMBERS:
            table[name] = column.astype(np.float64)
        else:
            table[name] = column
    return pd.DataFrame(table)


def check_columns(table: pd.DataFrame, needed: tuple[str, ...]) -> None:
    """Raises ValueError unless the table has rows, and the columns that are needed."""
    missing = [name for name in needed if name not in table]
    if missing:
        raise ValueError(
            f"`table` must have the columns {', '.join(needed)}, got "
            f"{', '.join(map(str, table.columns))}. Add {', '.join(missing)}."
        )
    if table.empty:
        raise ValueError("`table` must have rows, got none.")
