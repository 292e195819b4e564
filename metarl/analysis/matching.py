"""Matching: whether choices are spread as rewards are.

The generalised matching law (Baum 1974, doi 10.1901/jeab.1974.22-231) says that the logarithm of
the ratio of choices is a straight line in that of the ratio of incomes. Its slope is 1 for a player
that matches, below 1 for one that undermatches.
"""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped

from metarl.checks import check_shape


def matching_slope(
    choices: Int[np.ndarray, "B N"],
    rewards: Float[np.ndarray, "B N"],
    groups: Shaped[np.ndarray, " B"] | None = None,
) -> pd.DataFrame:
    """Fits log(choices of arm 1 / of arm 2) = slope * log(income of arm 1 / of arm 2) + bias.

    Args:
      choices: the arm chosen on each trial, 0 or 1; others are left out.
      rewards: the reward of each trial.
      groups: a label for each episode, such as its task, a number or a text: the counts of its
        episodes are added up before their ratios are taken. None takes each episode for itself.
        With few rewards in a group, the ratio of incomes is noisy, and the slope comes out too
        small.

    Returns:
      One row: `slope`, `bias`, their standard errors `slope_error` and `bias_error`, and `count`,
      the number of groups. Groups in which an arm was never chosen, or never paid, are left out.

    Raises:
      ValueError: if shapes do not fit, or fewer than three groups are left.
    """
    choices = check_shape("choices", choices, ("B", "N"))
    rewards = check_shape("rewards", rewards, choices.shape)
    labels = np.arange(len(choices)) if groups is None else np.asarray(groups)
    _, index = np.unique(labels, return_inverse=True)
    index = check_shape("groups", index.reshape(labels.shape), (len(choices),))

    def added(values: np.ndarray) -> np.ndarray:
        return np.bincount(index, values.sum(axis=1))

    chosen = [added((choices == arm).astype(float)) for arm in (0, 1)]
    income = [added(np.where(choices == arm, rewards, 0.0)) for arm in (0, 1)]
    there = np.all([x > 0 for x in (*chosen, *income)], axis=0)
    if there.sum() < 3:
        raise ValueError(
            f"`choices` must hold at least three groups in which both arms were chosen and paid, "
            f"got {there.sum()}."
        )
    x = np.log(income[0][there] / income[1][there])
    y = np.log(chosen[0][there] / chosen[1][there])
    (slope, bias), errors = _line(x, y)
    row = {"slope": slope, "bias": bias, "slope_error": errors[0], "bias_error": errors[1]}
    return pd.DataFrame([{**row, "count": int(there.sum())}])


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares: slope and intercept, and their standard errors."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    freedom = max(1, len(x) - 2)
    variance = np.square(y - design @ found).sum() / freedom
    return found, np.sqrt(variance * np.diag(np.linalg.pinv(design.T @ design)))
