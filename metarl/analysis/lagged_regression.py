"""Regression of choices on earlier choices and rewards.

Lau & Glimcher 2005 (doi 10.1901/jeab.2005.110-04): a logistic regression, which shows how far back
choices depend on what was chosen, on what was paid, and on which choice was paid.
"""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from metarl.checks import check_integer, check_shape

TERMS = ("choice", "reward", "choice x reward")


def lagged_regression(
    choices: Int[np.ndarray, "B N"], rewards: Float[np.ndarray, "B N"], lags: int = 5
) -> pd.DataFrame:
    """Fits the probability of the first of two choices by logistic regression.

    The regressors of each lag k are the choice k trials before (+1 for the first, -1 for the
    second), its reward (+1/2 if it paid, else -1/2) and their product. A positive coefficient makes
    the first choice more likely. `choice x reward` is what a learner shows: it repeats what paid.

    Args:
      choices: the choice on each trial, 0 or 1.
      rewards: the reward of each trial; above zero counts as paid.
      lags: number of trials back.

    Returns:
      A row for each lag and term, and one for the intercept (lag 0): `lag`, `term`, `coefficient`,
      `error` (standard error), `low` and `high` (95% interval).

    Raises:
      ValueError: if shapes do not fit, or an episode has no more trials than lags.
      ImportError: if statsmodels, of the extra `analysis`, is not installed.
    """
    choices = check_shape("choices", choices, ("B", "N"))
    rewards = check_shape("rewards", rewards, choices.shape)
    check_integer("lags", lags, 1)
    if choices.shape[1] <= lags:
        raise ValueError(f"`lags` must be below the {choices.shape[1]} trials, got {lags}.")
    statsmodels = _statsmodels()
    side = np.where(choices == 0, 1.0, np.where(choices == 1, -1.0, np.nan))
    paid = np.where(rewards > 0, 0.5, -0.5)
    columns, names = [], []
    for lag in range(1, lags + 1):
        past = slice(lags - lag, choices.shape[1] - lag)
        c, r = side[:, past], paid[:, past]
        columns += [c.ravel(), r.ravel(), (c * r).ravel()]
        names += [(lag, term) for term in TERMS]
    design = np.column_stack([*columns, np.ones(columns[0].size)])
    target = side[:, lags:].ravel()
    known = ~np.isnan(target) & ~np.isnan(design).any(axis=1)
    model = statsmodels.Logit(target[known] > 0, design[known])
    fit = model.fit(disp=0, method="lbfgs", maxiter=500)
    table = pd.DataFrame([*names, (0, "intercept")], columns=["lag", "term"])
    table["coefficient"], table["error"] = fit.params, fit.bse
    table["low"] = table["coefficient"] - 1.96 * table["error"]
    table["high"] = table["coefficient"] + 1.96 * table["error"]
    return table


def _statsmodels() -> Any:
    try:
        import statsmodels.api as statsmodels
    except ImportError as error:
        raise ImportError(
            "`lagged_regression` needs statsmodels: pip install -e '.[analysis]'"
        ) from error
    return statsmodels
