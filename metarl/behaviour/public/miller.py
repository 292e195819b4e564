"""Rats of Miller, Botvinick and Brody: in a two-step task, and among two drifting arms."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io

from metarl.behaviour.public.source import (
    PublicData,
    Source,
    check_values,
    checksums,
    letters,
    numbered_sessions,
    numbers,
    two_step_table,
)
from metarl.behaviour.table import tidy_table
from metarl.checks import short_repr

TWO_STEP = Source(
    citation=(
        "Miller, Botvinick & Brody (2017), Dorsal hippocampus contributes to model-based planning, "
        "Nature Neuroscience 20, doi 10.1038/nn.4613"
    ),
    address="https://github.com/kevin-j-miller/MBB2017-rat-two-step-task",
    licence="Apache-2.0",
)
BANDIT = Source(
    citation=(
        "Miller, Botvinick & Brody (2018), From predictive models to cognitive models: separable "
        "behavioral processes underlying reward learning in the rat, doi 10.1101/461129"
    ),
    address="https://doi.org/10.6084/m9.figshare.20449356",
    licence="CC BY 4.0",
)


def load_rats_two_step(path: str | Path) -> PublicData:
    """Loads `MBB2017_behavioral_dataset.mat`: rats in a two-step task without a second choice.

    The first choice is left (0) or right (1). `state A` is the second state, a side port, that
    usually follows a choice of left: for some rats the port on the same side, for others that on
    the other side. The second action is the side of the port, which is the only one that is lit.
    Violations are trials without a response. Where `better_choices` is NaN, the first choice was
    instructed. `p1` and `p2` are the chances of states A and B.

    Args:
      path: the file.

    Raises:
      ValueError: if it has another form.
      OSError: if it cannot be read.
    """
    path = Path(path)
    read = checksums([path])
    try:
        content = scipy.io.loadmat(path, simplify_cells=True)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(
            f"`{path}` must be a mat file of MATLAB 5 to 7.2, got {short_repr(str(error))}. Save "
            "it again in MATLAB by `save(..., '-v7')`."
        ) from None
    rats = content.get("dataset")
    if isinstance(rats, dict):
        rats = [rats]
    if not isinstance(rats, list | np.ndarray) or not len(rats):
        names = sorted(name for name in content if not name.startswith("__"))
        raise ValueError(
            f"`{path}` must hold the cell array `dataset`, a struct for each rat, got "
            f"{short_repr(names)}. Is it `MBB2017_behavioral_dataset.mat`?"
        )
    tables = [_two_step_of(path, rat, f"rat {i + 1}") for i, rat in enumerate(rats)]
    return PublicData(pd.concat(tables, ignore_index=True), TWO_STEP, read)


def load_rats_bandit(path: str | Path) -> PublicData:
    """Loads `tab_dataset.json`: twenty rats among two arms whose chances drift.

    Left is 0, right is 1. Violations are trials without a response; on instructed trials, the
    instructed side is the only one that is `available`. `p1` and `p2` are the chances of left and
    right.

    Args:
      path: the file.

    Raises:
      ValueError: if it has another form.
      OSError: if it cannot be read.
    """
    path = Path(path)
    read = checksums([path])
    try:
        rats = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"`{path}` must be JSON, got {short_repr(str(error))}.") from None
    if not isinstance(rats, list) or not rats:
        raise ValueError(
            f"`{path}` must be a list with an entry for each rat, got {short_repr(rats)}. Is it "
            "`tab_dataset.json`?"
        )
    tables = [_bandit_of(path, rat, f"rat {i + 1}") for i, rat in enumerate(rats)]
    return PublicData(pd.concat(tables, ignore_index=True), BANDIT, read)


def _field(path: Path, rat: Any, which: str, name: str) -> Any:
    if not isinstance(rat, Mapping) or name not in rat:
        got = sorted(rat) if isinstance(rat, Mapping) else rat
        raise ValueError(f"`{path}` must hold `{name}` of {which}, got {short_repr(got)}.")
    return rat[name]


def _two_step_of(path: Path, rat: Any, which: str) -> pd.DataFrame:
    first = letters(path, f"sides1 of {which}", _field(path, rat, which, "sides1"), "lrv")
    count = len(first)
    second = letters(path, f"sides2 of {which}", _field(path, rat, which, "sides2"), "lrv")
    if len(second) != count:
        raise ValueError(
            f"`sides2` of {which} must be of {count} trials in `{path}`, got {len(second)}."
        )

    def column(name: str) -> np.ndarray:
        return numbers(path, f"{name} of {which}", _field(path, rat, which, name), count)

    reward, common, violation = column("rewards"), column("trans_common"), column("viols")
    session, trial = numbered_sessions(path, f"new_sess of {which}", column("new_sess"))
    answered = (violation == 0) & (first != "v") & (second != "v")
    check_values(path, f"rewards of {which}", reward[answered], (0, 1))
    check_values(path, f"trans_common of {which}", common[answered], (0, 1))
    choice, side = (first == "r").astype(np.int64), (second == "r").astype(np.int64)
    state = np.where(common == 1, choice, 1 - choice)  # A usually follows left
    congruent = _field(path, rat, which, "p_congruent")
    same = bool(numbers(path, f"p_congruent of {which}", congruent, 1)[0] > 0.5)
    left, right = column("leftprobs"), column("rightprobs")
    forced = np.zeros(count, bool)
    if "better_choices" in rat:
        forced = np.isnan(column("better_choices"))
    return two_step_table(
        subject=str(_field(path, rat, which, "ratname")),
        session=session,
        trial=trial,
        first=choice,
        state=state,
        second=side,
        reward=reward,
        answered=answered,
        forced_first=forced,
        free_second=False,
        extras={"p1": left if same else right, "p2": right if same else left},
    )


def _bandit_of(path: Path, rat: Any, which: str) -> pd.DataFrame:
    side = letters(path, f"sides of {which}", _field(path, rat, which, "sides"), "lrv")
    kind = letters(path, f"trial_types of {which}", _field(path, rat, which, "trial_types"), "flr")
    count = len(side)
    if len(kind) != count:
        raise ValueError(
            f"`trial_types` of {which} must be of {count} trials in `{path}`, got {len(kind)}."
        )

    def column(name: str) -> np.ndarray:
        return numbers(path, f"{name} of {which}", _field(path, rat, which, name), count)

    session, trial = numbered_sessions(path, f"new_sess of {which}", column("new_sess"))
    answered, reward = side != "v", column("rewards")
    check_values(path, f"rewards of {which}", reward[answered], (0, 1))
    instructed = np.select([kind == "l", kind == "r"], ["0", "1"], "").astype(object)
    values = {
        "subject": str(_field(path, rat, which, "ratname")),
        "session": session.astype(str),
        "trial": trial,
        "action": np.where(answered, (side == "r").astype(np.float64), np.nan),
        "reward": np.where(answered, reward, np.nan),
        "available": instructed,
        "p1": column("left_prob1"),
        "p2": column("right_prob1"),
    }
    return tidy_table(values, count)
