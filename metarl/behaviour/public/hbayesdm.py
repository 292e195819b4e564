"""The example data of hBayesDM, and data in the same form: bandits and the two-step task."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metarl.behaviour.coding import Cells, whole_numbers
from metarl.behaviour.order import in_order
from metarl.behaviour.public.source import PublicData, Source, checksums, two_step_table
from metarl.behaviour.reading import behaviour_of
from metarl.behaviour.table import tidy_table
from metarl.checks import short_repr
from metarl.storage.tables import read_table

SOURCE = Source(
    citation=(
        "Ahn, Haines & Zhang (2017), Revealing neurocomputational mechanisms of reinforcement "
        "learning and decision-making with the hBayesDM package, Computational Psychiatry 1, "
        "doi 10.1162/CPSY_a_00002"
    ),
    address="https://github.com/CCS-Lab/hBayesDM",
    licence="GPL-3",
)
_TWO_STEP = {"level1_choice", "level2_choice", "reward"}


def load_hbayesdm(path: str | Path, *, rewards: Mapping[str, float] | None = None) -> PublicData:
    """Loads `bandit2arm_exampleData.txt`, `prl_...`, `bandit4arm_...`, `igt_...` or `ts_...`.

    The columns tell which: `subjID` and either `choice` with `outcome`, or with `gain` and `loss`
    (whose difference in size is the reward), or `level1_choice`, `level2_choice` and `reward`.
    Choices count from 1 in the file. A `block` is an episode of its own. Numbers of trials may be
    left out: there was no response.

    Args:
      path: the file, with tabs between cells.
      rewards: the reward for each `outcome`, as in `{"-1": 0, "1": 1}`; None takes the numbers.

    Raises:
      ValueError: if it has another form; the message names the line and the column.
      OSError: if it cannot be read.
    """
    path = Path(path)
    read = checksums([path])
    names = set(read_table(path, {"subjID": str}))
    if names >= _TWO_STEP:
        table = _two_step(path)
    elif names >= {"choice", "outcome"} or names >= {"choice", "gain", "loss"}:
        table = _bandit(path, names, rewards)
    else:
        raise ValueError(
            f"`{path}` must have the columns `choice` and `outcome`; or `choice`, `gain` and "
            f"`loss`; or `level1_choice`, `level2_choice` and `reward`; got "
            f"{short_repr(sorted(names))}. Read other files with `read_behaviour`."
        )
    return PublicData(table, SOURCE, read)


def _bandit(path: Path, names: set[str], rewards: Mapping[str, float] | None) -> pd.DataFrame:
    theirs = {"subject": "subjID", "action": "choice"}
    kinds: dict[str, type] = {"subjID": str, "choice": str}
    for ours, name in (("episode", "block"), ("trial", "trial")):
        if name in names:
            theirs[ours], kinds[name] = name, float
    columns = ("outcome",) if "outcome" in names else ("gain", "loss")
    kinds |= dict.fromkeys(columns, float if rewards is None else str)
    raw = read_table(path, kinds)
    if raw.empty:
        raise ValueError(f"`{path}` must have rows, got none.")
    table = pd.DataFrame({ours: raw[name] for ours, name in theirs.items()}, index=raw.index)
    theirs["reward"] = columns[0]
    if columns == ("outcome",):
        table["reward"] = raw["outcome"]
    elif rewards is None:
        table["reward"] = raw["gain"] - raw["loss"].abs()
    else:
        raise ValueError(f"`rewards` must be None for gains and losses, got {rewards}.")
    return behaviour_of(
        Cells(table, theirs, path),
        actions=1,
        rewards=rewards,
        first_trial=1,
        subject="",
        missing=True,
    )


def _two_step(path: Path) -> pd.DataFrame:
    numbers = ("level1_choice", "level2_choice", "reward")
    chances = dict.fromkeys(("A1prob", "A2prob", "B1prob", "B2prob"), float)
    kinds = {"subjID": str, **dict.fromkeys(numbers, float)}
    raw = read_table(path, kinds, optional={"trial": float, **chances})
    if raw.empty:
        raise ValueError(f"`{path}` must have rows, got none.")
    for name, allowed in zip(numbers, ((1, 2), (1, 2, 3, 4), (0, 1)), strict=True):
        rule = f"be one of {', '.join(map(str, allowed))}"
        Cells(raw, {}, path).refuse(name, ~raw[name].isin(allowed).to_numpy(bool), rule)
    has_trials = raw["trial"].notna().any()
    cells = Cells(raw if has_trials else raw.drop(columns="trial"), {"subject": "subjID"}, path)
    known = [name for name in chances if raw[name].notna().all()]
    values: dict[str, Any] = {"subject": raw["subjID"].to_numpy(object)}
    if has_trials:
        values["trial"] = whole_numbers(cells, "trial", 1)
        cells.refuse("trial", np.isnan(values["trial"]), "be filled in every row", "Fill it in.")
    values |= {name: raw[name].to_numpy(np.float64) for name in (*numbers[:2], *known)}
    values["reward"] = raw["reward"].to_numpy(np.float64)
    ordered = in_order(cells, tidy_table(values, len(raw)), gaps=True)
    tables = []
    for subject, rows in ordered.groupby("subject", sort=False):
        count = len(rows)
        second = rows["level2_choice"].to_numpy(np.int64) - 1  # 0 and 1 in state A, 2 and 3 in B
        tables.append(
            two_step_table(
                subject=str(subject),
                session=np.full(count, "", object),
                trial=rows["trial"].to_numpy(np.int64),
                first=rows["level1_choice"].to_numpy(np.int64) - 1,
                state=second // 2,
                second=second % 2,
                reward=rows["reward"].to_numpy(np.float64),
                answered=np.ones(count, bool),
                forced_first=np.zeros(count, bool),
                free_second=True,
                extras={f"p{i + 1}": rows[name].to_numpy() for i, name in enumerate(known)},
            )
        )
    return pd.concat(tables, ignore_index=True)
