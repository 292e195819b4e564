"""Parquet files, by pandas and pyarrow; pyarrow is imported only where it is used."""

import importlib.util
from pathlib import Path

import pandas as pd

from metarl.checks import short_repr


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """The content of a parquet file with this table.

    Raises:
      ImportError: if pyarrow is not installed.
    """
    _need_pyarrow()
    data: bytes = table.to_parquet(None, engine="pyarrow", index=False)
    return data


def read_parquet(path: Path) -> pd.DataFrame:
    """Reads a parquet file; the index is the number of each row, from 1.

    Raises:
      ImportError: if pyarrow is not installed.
      ValueError: if it is not a parquet file.
      OSError: if it cannot be read.
    """
    _need_pyarrow()
    path.open("rb").close()  # a missing file is an OSError that names it
    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except (ValueError, OSError) as error:  # of pyarrow
        raise ValueError(
            f"`{path}` must be a parquet file, got {short_repr(str(error))}. A csv must end in "
            "`.csv`."
        ) from None
    table = table.reset_index(drop=True)
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return table


def _need_pyarrow() -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise ImportError(
            "Parquet files need pyarrow, which is not installed: `pip install "
            "'metarl-notebooks[table]'`, or `pip install pyarrow`. A `.csv` needs neither."
        )
