"""What single units respond to: actions, rewards, values, volatility.

Shapes: `M` steps, `U` units.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.stats
from jaxtyping import Float

from metarl.checks import check_number, check_shape


def unit_tuning(
    activity: Float[np.ndarray, "M U"],
    regressors: Mapping[str, Float[np.ndarray, " M"]],
    *,
    alpha: float = 0.01,
) -> pd.DataFrame:
    """Regresses each unit's activity on several quantities at once, all scaled to variance 1.

    The steps are taken to be independent. Memory changes slowly: with many steps of few episodes,
    the p values are too small. Trust `added_r2`, and compare with shuffled episodes.

    Args:
      activity: the activity of each unit on each step.
      regressors: the quantities on the same steps, by name.
      alpha: the level of significance, divided by the number of units (Bonferroni).

    Returns:
      A row for each unit and quantity: `unit` (from 0), `regressor`, `coefficient`, `p` (of a t
      test), `added_r2` (how much of the unit's variance only this quantity explains), `tuned`.

    Raises:
      ValueError: if shapes do not fit.
    """
    activity = check_shape("activity", activity, ("M", "U"))
    check_number("alpha", alpha, 0, 1)
    count, units = activity.shape
    columns = [check_shape(name, values, (count,)) for name, values in regressors.items()]
    if not columns or not all(np.isfinite(x).all() for x in (activity, *columns)):
        raise ValueError("`activity` and one or more `regressors` must be finite numbers.")
    design = np.stack([_scaled(np.asarray(x, np.float64)) for x in columns], axis=1)
    response = _scaled(np.asarray(activity, np.float64))
    coefficients, *_ = np.linalg.lstsq(design, response, rcond=None)
    freedom = count - design.shape[1] - 1
    residual = np.square(response - design @ coefficients).sum(axis=0) / freedom
    if np.linalg.matrix_rank(design) < len(columns):
        raise ValueError(
            f"`regressors` must not follow from each other, got {', '.join(regressors)}: one of "
            "them is constant, or a sum of multiples of others."
        )
    inverse = np.diag(np.linalg.inv(design.T @ design))
    t = coefficients / np.sqrt(np.maximum(np.outer(inverse, residual), 1e-30))
    p = 2 * scipy.stats.t.sf(np.abs(t), freedom)
    added = np.square(coefficients) / inverse[:, None] / count
    table = pd.DataFrame(
        {
            "unit": np.tile(np.arange(units), len(columns)),
            "regressor": np.repeat(list(regressors), units),
            "coefficient": coefficients.ravel(),
            "p": p.ravel(),
            "added_r2": added.ravel(),
        }
    )
    table["tuned"] = table["p"] < alpha / units
    return table


def _scaled(x: np.ndarray) -> np.ndarray:
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
