"""Mice of Beron et al. between two ports whose chances swap."""

import re
from pathlib import Path

import numpy as np

from metarl.behaviour.coding import Cells
from metarl.behaviour.public.source import PublicData, Source, checksums
from metarl.behaviour.table import tidy_table
from metarl.storage.tables import read_table

SOURCE = Source(
    citation=(
        "Beron, Neufeld, Linderman & Sabatini (2022), Mice exhibit stochastic and efficient action "
        "switching during probabilistic decision making, PNAS 119, doi 10.1073/pnas.2113961119"
    ),
    address="https://doi.org/10.7910/DVN/7E0NM5",
    licence="CC0 1.0",
)
_TEXT = ("Mouse", "Session", "Condition")
_NUMBERS = ("Decision", "Reward", "Target", "blockTrial", "Trial")


def load_mice(path: str | Path) -> PublicData:
    """Loads `bandit_data.csv`: six mice between two ports, one of them better, which swap.

    Actions are numbered as `Decision` is in the file. Trials are numbered anew within each session;
    `source_trial` is the number in the file, whose sessions need not begin with the first trial.
    `p1` and `p2` are the chances of the ports, from `Condition` (such as 80-20) and `Target`.

    Args:
      path: the file.

    Raises:
      ValueError: if it has another form; the message names the line and the column.
      OSError: if it cannot be read.
    """
    path = Path(path)
    read = checksums([path])
    kinds = {**dict.fromkeys(_TEXT, str), **dict.fromkeys(_NUMBERS, float)}
    table = read_table(path, kinds)
    if table.empty:
        raise ValueError(f"`{path}` must have rows, got none.")

    refuse = Cells(table, {}, path).refuse
    for name in ("Decision", "Reward", "Target"):
        refuse(name, ~table[name].isin((0, 1)).to_numpy(bool), "be 0 or 1")
    pattern = r"([0-9]+)-([0-9]+)"
    known = table["Condition"].map(lambda text: re.fullmatch(pattern, text) is not None)
    refuse("Condition", ~known.to_numpy(bool), "be two percentages, such as 80-20")
    chances = table["Condition"].str.extract(pattern).to_numpy(np.float64) / 100
    high, low = chances[:, 0], chances[:, 1]
    sessions = table.groupby(["Mouse", "Session"], sort=False)
    which = sessions.ngroup().to_numpy()
    again = np.diff(which, prepend=which[0]) < 0
    refuse("Session", again, "be in one piece, but this one began before another")
    within = table.groupby(which)
    refuse("Trial", (within["Trial"].diff() <= 0).to_numpy(bool), "grow within a session")
    target = table["Target"].to_numpy(np.float64)
    # A block ends where the trial's number in it starts again, or the better port changes.
    starts = (within["blockTrial"].diff() <= 0) | (within["Target"].diff().fillna(0) != 0)
    values = {
        "subject": table["Mouse"].to_numpy(object),
        "session": table["Session"].to_numpy(object),
        "block": starts.groupby(which).cumsum().to_numpy(np.int64) + 1,
        "trial": within.cumcount().to_numpy() + 1,
        "action": table["Decision"].to_numpy(np.float64),
        "reward": table["Reward"].to_numpy(np.float64),
        "p1": np.where(target == 0, high, low),
        "p2": np.where(target == 1, high, low),
        "source_trial": table["Trial"].to_numpy(np.float64),
    }
    return PublicData(tidy_table(values, len(table)), SOURCE, read)
