"""Regression of choices on earlier choices and rewards.

Lau & Glimcher 2005 (doi 10.1901/jeab.2005.110-04): a logistic regression, which shows how far back
choices depend on what was chosen, on what was paid, and on which choice was paid.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from metarl.checks import check_integer, check_shape

TERMS = ("choice", "reward", "choice x reward")


def lagged_regression(
    choices: Int[np.ndarray, "B N"],
    rewards: Float[np.ndarray, "B N"],
    lags: int = 5,
    counted: Bool[np.ndarray, "B N"] | None = None,
) -> pd.DataFrame:
    """Fits the probability of the first of two choices by logistic regression.

    The regressors of each lag k are the choice k trials before (+1 for the first, -1 for the
    second), its reward (+1/2 if it paid, else -1/2) and their product. A positive coefficient makes
    the first choice more likely. `choice x reward` is what a learner shows: it repeats what paid.

    Args:
      choices: the choice on each trial, 0 or 1.
      rewards: the reward of each trial; above zero counts as paid.
      lags: number of trials back.
      counted: the trials whose choices count, such as `trials.counted`; None for all.

    Returns:
      A row for each lag and term, and one for the intercept (lag 0): `lag`, `term`, `coefficient`,
      `error` (standard error), `low` and `high` (95% interval).

    Raises:
      ValueError: if shapes do not fit, an episode has no more trials than lags, or the choices
        can be told from the regressors without a mistake: then no finite coefficients fit best.
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
    if counted is not None:
        known &= check_shape("counted", counted, choices.shape)[:, lags:].astype(bool).ravel()
    left, right = target[known] > 0, design[known]
    if len(left) == 0 or np.linalg.matrix_rank(right) < right.shape[1] or len({*left}) < 2:
        raise ValueError(
            "`choices` and `rewards` must vary: both choices must be made, and be paid and not be "
            f"paid, got {len(left)} usable trials that do not tell the regressors apart."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = statsmodels.Logit(left, right).fit(disp=0, method="newton", maxiter=50)
    if not fit.mle_retvals["converged"] or not np.isfinite(fit.bse).all():
        raise ValueError(
            f"`choices` must not follow from the last {lags} trials without a mistake: the "
            "coefficients would grow for ever. Use fewer lags or more episodes."
        )
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
