"""Reading of anybody's table of choices, with errors that name the row and the column."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metarl.behaviour.coding import (
    MISSING,
    Cells,
    check_codes,
    coded_actions,
    coded_rewards,
    numbers_in,
    plain_text,
    whole_numbers,
)
from metarl.behaviour.order import in_order
from metarl.behaviour.parquet import read_parquet
from metarl.behaviour.table import TEXT, tidy_table
from metarl.checks import check_bool, check_integer, check_text, short_repr
from metarl.play.record import COLUMNS
from metarl.storage.tables import read_table


def read_behaviour(
    path: str | Path,
    columns: Mapping[str, str] | None = None,
    *,
    actions: Mapping[str, int | None] | int = 0,
    rewards: Mapping[str, float] | None = None,
    first_trial: int = 1,
    subject: str | None = None,
    missing: bool = False,
) -> pd.DataFrame:
    """Reads choices and their rewards from a csv or a parquet file: one row for each choice.

    A csv may have commas, semicolons or tabs between cells; see `metarl.storage.tables.read_table`.
    Rows must be in order: within each subject's session and episode, trials follow each other.

    Args:
      path: the file; one that ends in `.parquet` is read as such, any other as a csv.
      columns: the name in the file of each of our columns, as in `{"action": "choice", "session":
        "day"}`; columns that are not named here have our names. Only `action` and `reward` are
        needed. Name the column that numbers sessions (`session`), and that of blocks in which all
        is learnt anew (`episode`). Without `trial`, trials are numbered by their order.
      actions: how actions are coded: the number of the first one, 0 or 1; or our number, from 0,
        for each name, as in `{"left": 0, "right": 1}`. None stands for no response, as in
        `{"left": 0, "right": 1, "timeout": None}`.
      rewards: the reward that each code stands for, as in `{"win": 1, "loss": 0}`; None if they are
        numbers, which are taken as they are.
      first_trial: the number of the first trial in the file, 0 or 1.
      subject: the name of the subject, if the file is of one and does not name it; None for the
        file's name.
      missing: whether trials may be missing: rows without an action, which are kept, and numbers of
        trials that are left out.

    Returns:
      The tidy table of `metarl.behaviour.table`, grouped by subject, session and episode, in the
      order of the file. `action` and `reward` are NA and NaN on a trial without a response. Other
      columns of the file follow: as numbers, if all their cells are; else as text.

    Raises:
      ValueError: if the file or an argument is not as it must be.
      ImportError: if a parquet file needs pyarrow, which is not installed.
      OSError: if the file cannot be read.
    """
    path, theirs = Path(path), dict(columns or {})
    for ours, name in theirs.items():
        if ours not in COLUMNS:
            raise ValueError(
                f"`columns` must name our columns, {', '.join(COLUMNS)}, each with its name in the "
                f"file, got {short_repr(ours)}. Write it as in {{'action': 'choice'}}."
            )
        check_text(f"columns[{ours!r}]", name)
    check_codes(actions, rewards)
    check_integer("first_trial", first_trial, 0, maximum=1)
    check_bool("missing", missing)
    if subject is not None:
        check_text("subject", subject)
    if len(set(theirs.values())) < len(theirs):
        raise ValueError(f"`columns` must name each column of the file once, got {theirs}.")
    names = {
        ours: theirs.get(ours, ours)
        for ours in COLUMNS
        if ours in theirs or ours not in theirs.values()
    }
    texts = {*TEXT, "action", *(() if rewards is None else ("reward",))}
    wanted = {name: str if ours in texts else float for ours, name in names.items()}
    if path.suffix.lower() == ".parquet":
        raw = _typed(path, read_parquet(path), wanted)
    else:
        raw = read_table(path, {}, optional=wanted)
    if raw.empty:
        raise ValueError(f"`{path}` must have rows below the names of its columns, got none.")
    cells = _chosen(path, raw, names, required={"action", "reward", *theirs})
    return behaviour_of(
        cells,
        actions=actions,
        rewards=rewards,
        first_trial=first_trial,
        subject=path.stem if subject is None else subject,
        missing=missing,
    )


def behaviour_of(
    cells: Cells,
    *,
    actions: Mapping[str, int | None] | int,
    rewards: Mapping[str, float] | None,
    first_trial: int,
    subject: str,
    missing: bool,
) -> pd.DataFrame:
    """The tidy table of cells that were read; see `read_behaviour`."""
    table = cells.table
    values: dict[str, Any] = {"subject": subject}
    for name in TEXT:
        if name in table:
            values[name] = plain_text(cells, name)
    for name in ("episode", "block", "step", "seed", "num_trials"):
        if name in table:
            values[name] = whole_numbers(cells, name, 0 if name == "seed" else 1)
    for name in ("seconds", "regret", "value"):
        if name in table:
            values[name] = numbers_in(cells, name)
    if "trial" in table:
        hint = "If the file counts from 0, say `first_trial=0`." if first_trial else ""
        trials = whole_numbers(cells, "trial", first_trial, advice=hint)
        values["trial"] = trials + (1 - first_trial)
    action, nobody = coded_actions(cells, actions)
    reward = coded_rewards(cells, rewards)
    absent = np.isnan(action)
    if not missing:
        advice = "Fill it in, or say `missing=True` if there may be trials without a response."
        cells.refuse("action", absent & ~nobody, "be filled in every row", advice)
    advice = "A choice has a reward, if only 0."
    cells.refuse("reward", np.isnan(reward) & ~absent, "be filled where there is a choice", advice)
    for name in ("subject", "episode", "trial", "step"):
        if name in table:
            empty = table[name].isin(MISSING).to_numpy(bool) | table[name].isna().to_numpy(bool)
            cells.refuse(name, empty, "be filled in every row", "Fill it in.")
    values |= {"action": action, "reward": reward}
    extras = [name for name in table if name not in COLUMNS]
    values |= {str(name): _number_or_text(table[name]) for name in extras}
    return in_order(cells, tidy_table(values, len(table)), gaps=missing)


def _chosen(path: Path, raw: pd.DataFrame, names: Mapping[str, str], required: set[str]) -> Cells:
    """The columns that are filled, under our names, and the others of the file."""
    filled = [
        str(name)
        for name in raw
        if not (raw[name].isna() | raw[name].isin(MISSING)).to_numpy(bool).all()
    ]
    for ours in sorted(required):
        if names.get(ours) not in filled:
            raise ValueError(
                f"`{path}` must have a column `{names.get(ours, ours)}` that is filled (our "
                f"`{ours}`), got {short_repr(filled)}. Name it in `columns`, as in "
                f"{{{ours!r}: 'its name'}}."
            )
    theirs = {ours: name for ours, name in names.items() if name in filled}
    others = [name for name in filled if name not in (*theirs.values(), *COLUMNS)]
    table = pd.DataFrame(
        {
            **{ours: raw[name] for ours, name in theirs.items()},
            **{name: raw[name] for name in others},
        },
        index=raw.index,
    )
    return Cells(table, theirs, path)


def _typed(path: Path, table: pd.DataFrame, kinds: Mapping[str, type]) -> pd.DataFrame:
    """A table from a parquet file, with text and numbers as a csv would have them."""
    cells = Cells(table, {}, path)
    typed = {}
    for name in table:
        column, kind = table[name], kinds.get(str(name), object)
        if kind is float:
            numbers = pd.to_numeric(column, errors="coerce")
            wrong = (numbers.isna() & column.notna()).to_numpy(bool)
            cells.refuse(str(name), wrong, "be a number")
            typed[name] = numbers.astype(np.float64)
        else:
            typed[name] = (
                column.map(str, na_action="ignore").astype(object).where(column.notna(), "")
            )
    return pd.DataFrame(typed, index=table.index)


def _number_or_text(column: pd.Series) -> pd.Series:
    """A column of numbers, if all of its cells that are filled are some; else of text."""
    filled = ~(column.isna() | column.isin(MISSING))
    numbers = pd.to_numeric(column.where(filled), errors="coerce")
    if numbers.notna().equals(filled):
        return numbers.astype(np.float64).reset_index(drop=True)
    return column.astype(str).reset_index(drop=True)
