"""What the cells of somebody's table mean: checks, and translation into our coding."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from metarl.checks import check_integer, check_number, short_repr
from metarl.storage.tables import FORMULA

MISSING = ("", "NA", "NaN", "nan")  # as R and other programs write them
LARGEST = 1e9
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
_MOST_ACTIONS = 10_000


class Cells(NamedTuple):
    """A table that was read, and what is needed to say where something is wrong in it.

    Attributes:
      table: the columns under our names; the index tells the line or the row of the file.
      theirs: the name of each of these columns in the file.
      path: the file.
    """

    table: pd.DataFrame
    theirs: Mapping[str, str]
    path: Path

    def refuse(self, name: str, wrong: Bool[np.ndarray, " N"], rule: str, advice: str = "") -> None:
        """Raises ValueError if a cell of column `name` is wrong; it names the first one."""
        if not wrong.any():
            return
        row = int(np.argmax(wrong))
        value = self.table[name].iloc[row]
        got = f"{value:g}" if isinstance(value, float) else short_repr(value)
        raise ValueError(
            f"`{self.theirs.get(name, name)}` must {rule}, got {got} in {self.table.index.name} "
            f"{self.table.index[row]} of `{self.path}`. {advice}".rstrip()
        )


def plain_text(cells: Cells, name: str) -> np.ndarray:
    """A column of names, without the apostrophe that protects them from spreadsheets."""
    column = cells.table[name].astype(str)
    each = column.unique().tolist()  # usually few: a check of every cell would be slow
    formulas = {t for t in each if t.startswith(FORMULA) and not _NUMBER.fullmatch(t)}
    advice = "It looks like a formula of a spreadsheet."
    cells.refuse(name, column.isin(formulas).to_numpy(bool), "be a plain name", advice)
    odd = {text for text in each if not text.isprintable() or len(text) > 200}
    rule = "be a plain name of at most 200 characters"
    cells.refuse(name, column.isin(odd).to_numpy(bool), rule)
    escaped = tuple(f"'{start}" for start in FORMULA)
    plain = {text: text[1:] if text.startswith(escaped) else text for text in each}
    return np.asarray(column.map(plain), object)


def whole_numbers(
    cells: Cells, name: str, least: int, *, advice: str = ""
) -> Float[np.ndarray, " N"]:
    """A column of whole numbers; NaN where there is none."""
    numbers = numbers_in(cells, name)
    known = ~np.isnan(numbers)
    cells.refuse(name, known & (numbers != np.floor(numbers)), "be a whole number", advice)
    cells.refuse(name, known & (numbers < least), f"be at least {least}", advice)
    return numbers


def numbers_in(cells: Cells, name: str) -> Float[np.ndarray, " N"]:
    """A column of numbers; NaN where there is none."""
    numbers = np.asarray(cells.table[name].to_numpy(np.float64, na_value=np.nan))
    large = np.abs(np.nan_to_num(numbers, nan=0.0)) > LARGEST
    cells.refuse(name, large, f"be a number of at most {LARGEST:g} in size")
    return numbers


def coded_actions(
    cells: Cells, actions: Mapping[str, int | None] | int
) -> tuple[Float[np.ndarray, " N"], Bool[np.ndarray, " N"]]:
    """The actions, from 0; NaN where there is none. And where a code says that there is none.

    Args:
      cells: the table.
      actions: see `metarl.behaviour.read_behaviour`.
    """
    texts, absent = _cells_of(cells, "action")
    if isinstance(actions, Mapping):
        codes = {canonical(theirs): ours for theirs, ours in actions.items()}
        nobody = texts.isin([code for code, ours in codes.items() if ours is None]).to_numpy(bool)
        known = ", ".join(map(repr, actions))
        unknown = ~absent & ~texts.isin(codes).to_numpy(bool)
        cells.refuse("action", unknown, f"be one of {known}", "Name all of them in `actions`.")
        return texts.map(codes).to_numpy(np.float64, na_value=np.nan), ~absent & nobody
    whole = texts.str.fullmatch(r"-?[0-9]{1,9}").to_numpy(bool)
    hint = "If actions have names, say which is which, as in `actions={'left': 0, 'right': 1}`."
    cells.refuse("action", ~absent & ~whole, "be a whole number", hint)
    numbers = texts.where(whole, np.nan).to_numpy(np.float64)
    with np.errstate(invalid="ignore"):
        low, high = numbers < actions, numbers - actions >= _MOST_ACTIONS
    hint = "`actions` is the number that the file gives to the first action, such as 0 or 1."
    cells.refuse("action", low, f"be at least {actions}", hint)
    cells.refuse("action", high, f"be below {actions + _MOST_ACTIONS}", hint)
    return numbers - actions, np.zeros(len(texts), bool)


def coded_rewards(cells: Cells, rewards: Mapping[str, float] | None) -> Float[np.ndarray, " N"]:
    """The rewards; NaN where there is none."""
    if rewards is None:
        return numbers_in(cells, "reward")
    texts, absent = _cells_of(cells, "reward")
    codes = {canonical(theirs): float(ours) for theirs, ours in rewards.items()}
    unknown = ~absent & ~texts.isin(codes).to_numpy(bool)
    known = ", ".join(map(repr, rewards))
    cells.refuse("reward", unknown, f"be one of {known}", "Name all of them in `rewards`.")
    return np.asarray(texts.map(codes).to_numpy(np.float64, na_value=np.nan))


def _cells_of(cells: Cells, name: str) -> tuple[pd.Series, Bool[np.ndarray, " N"]]:
    """A column's cells, equal numbers in one way; and which of them are empty."""
    column = cells.table[name].astype(str)
    texts = column.map({text: canonical(text) for text in column.unique()}).astype(object)
    return texts, column.isin(MISSING).to_numpy(bool)


def check_codes(
    actions: Mapping[str, int | None] | int, rewards: Mapping[str, float] | None
) -> None:
    """Raises ValueError unless these are codes for actions and rewards."""
    if not isinstance(actions, Mapping):
        check_integer("actions", actions, 0, maximum=1000)
    elif not actions:
        raise ValueError("`actions` must name at least one action, as in {'left': 0, 'right': 1}.")
    else:
        for theirs, ours in actions.items():
            if ours is not None:
                check_integer(f"actions[{theirs!r}]", ours, 0, maximum=_MOST_ACTIONS - 1)
    for theirs, reward in (rewards or {}).items():
        check_number(f"rewards[{theirs!r}]", reward, -LARGEST, LARGEST)
    if rewards is not None and not rewards:
        raise ValueError("`rewards` must name at least one reward, as in {'win': 1, 'loss': 0}.")


def canonical(text: object) -> str:
    """A cell's text; numbers in one way, so that 1, 1.0 and 01 are the same."""
    cell = str(text).strip()
    if _NUMBER.fullmatch(cell):
        number = float(cell.replace(",", "."))
        if math.isfinite(number):
            return f"{number + 0.0:.15g}"
    return cell
