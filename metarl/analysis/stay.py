"""Stay probabilities: how often a choice is repeated, by what happened on the trial before.

In a two-step task, by reward and transition (Daw et al. 2011, figure 2): a model-free player
repeats what was rewarded, whatever the transition; a model-based one does so only after a common
transition, and leaves after a rewarded uncommon one. In a bandit, by reward: win-stay, lose-shift.
"""

import numpy as np
import pandas as pd
import scipy.stats
from jaxtyping import Bool, Float, Int

from metarl.checks import check_shape


def stay_probabilities(
    choices: Int[np.ndarray, "B N"],
    rewards: Float[np.ndarray, "B N"],
    common: Bool[np.ndarray, "B N"] | None = None,
    counted: Bool[np.ndarray, "B N"] | None = None,
) -> pd.DataFrame:
    """How often the choice of a trial is that of the trial before.

    Args:
      choices: the choice of each trial; trials with -1, and those after them, are left out.
      rewards: the reward of each trial; above zero counts as rewarded.
      common: in a two-step task, whether the transition of each trial was the common one:
        `trials.states == trials.choices`.
      counted: the trials whose choices count, such as `trials.counted`; None for all.

    Returns:
      A row for each kind of trial before: `rewarded`, `common` (if given), `stay` (the fraction),
      `low` and `high` (its 95% interval, by Wilson's method), `count`.
    """
    choices = check_shape("choices", choices, ("B", "N"))
    rewards = check_shape("rewards", rewards, choices.shape)
    stays = choices[:, 1:] == choices[:, :-1]
    known = (choices[:, 1:] >= 0) & (choices[:, :-1] >= 0)
    if counted is not None:
        known &= check_shape("counted", counted, choices.shape)[:, 1:].astype(bool)
    kinds: dict[str, np.ndarray] = {"rewarded": rewards[:, :-1] > 0}
    if common is not None:
        kinds["common"] = check_shape("common", common, choices.shape)[:, :-1].astype(bool)
    rows = []
    for values in np.ndindex(*(2,) * len(kinds)):
        wanted = dict(zip(kinds, (not value for value in values), strict=True))
        here = known.copy()
        for name, value in wanted.items():
            here &= kinds[name] == value
        count, stayed = int(here.sum()), int(stays[here].sum())
        low = high = share = np.nan
        if count:
            share = stayed / count
            low, high = scipy.stats.binomtest(stayed, count).proportion_ci(method="wilson")
        rows.append({**wanted, "stay": share, "low": low, "high": high, "count": count})
    return pd.DataFrame(rows)
