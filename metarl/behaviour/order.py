"""The order of a table's rows: trials and steps must follow each other."""

import numpy as np
import pandas as pd
from jaxtyping import Bool

from metarl.behaviour.coding import Cells

GROUP = ["subject", "session", "episode"]


def in_order(cells: Cells, table: pd.DataFrame, *, gaps: bool) -> pd.DataFrame:
    """Checks the order of the rows, and groups them by subject, session and episode.

    Args:
      cells: the table as it was read, for the errors.
      table: the tidy table of the same rows. Without a column of trials, they are numbered here.
      gaps: whether numbers of trials, and steps, may be left out.

    Raises:
      ValueError: if a row is there twice, or one does not follow the row before it.
    """
    groups = table.groupby(GROUP, sort=False, dropna=False).ngroup().to_numpy()
    if "trial" not in cells.table:
        step = table["step"].to_numpy(np.int64)
        begins = pd.Series(step == 1 if "step" in cells.table else np.ones(len(step), bool))
        table["trial"] = begins.groupby(groups).cumsum().to_numpy(np.int64)
        table["trial"] = table["trial"].astype("Int64")
    rows = np.argsort(groups, kind="stable")
    lines = cells.table.index.to_numpy()[rows]
    trial = table["trial"].to_numpy(np.int64)[rows]
    step = table["step"].to_numpy(np.int64)[rows]
    first = np.r_[True, np.diff(groups[rows]) > 0]
    before = np.where(first, 0, np.r_[0, trial[:-1]])
    step_before = np.where(first | (before != trial), 0, np.r_[0, step[:-1]])
    line_before = np.r_[0, lines[:-1]]
    unit = cells.table.index.name

    def refuse(name: str, wrong: Bool[np.ndarray, " N"], rule: str, advice: str) -> None:
        if wrong.any():
            row = int(np.argmax(wrong))
            told = rule.format(
                trial=before[row], next=before[row] + 1, line=f"{unit} {line_before[row]}",
                step=step_before[row] + 1,
            )  # fmt: skip
            got = trial[row] if name == "trial" else step[row]
            raise ValueError(
                f"`{cells.theirs.get(name, name)}` must {told}, got {got} in {unit} {lines[row]} "
                f"of `{cells.path}`. {advice}"
            )

    same = trial == before
    again = (
        "Remove one. If a new session begins there, name the column that numbers sessions, as in "
        "`columns={'session': 'day'}`; rows for several steps of a trial need a column `step`."
    )
    refuse("trial", same & (step == step_before), "be there once, as in {line}", again)
    restart = (
        "Sort the rows. If a new session begins there, name the column that numbers sessions, as "
        "in `columns={'session': 'day'}`; if a new block does, `columns={'episode': 'block'}`."
    )
    refuse("trial", trial < before, "not be below {trial}, the one of {line}", restart)
    refuse("step", same & (step < step_before), "be {step}, the next step of its trial", restart)
    if not gaps:
        left_out = "If trials may be left out, say `missing=True`."
        refuse("trial", trial > before + 1, "be {next}, the next trial", left_out)
        next_step = np.where(same, step_before + 1, 1)
        refuse("step", step != next_step, "be {step}, the next step of its trial", left_out)
    return table.iloc[rows].reset_index(drop=True)
