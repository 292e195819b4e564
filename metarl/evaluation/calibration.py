"""Whether a critic means what it says: its values against the returns that followed.

Shapes: `B` episodes, `T` steps, `K` groups.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float

from metarl.checks import check_integer, check_number


class Calibration(NamedTuple):
    """How a critic's values and the returns go together.

    Attributes:
      slope: by how much the return grows with the value: 1 for a critic that neither exaggerates
        nor plays down (least squares over all steps of all episodes).
      intercept: the return where the value is 0, on that line.
      values: the mean value in each group of steps of similar value, from lowest to highest.
      returns: the mean return in each group.
    """

    slope: float
    intercept: float
    values: Float[np.ndarray, " K"]
    returns: Float[np.ndarray, " K"]


def discounted_returns(rewards: Float[ArrayLike, "B T"], discount: float) -> np.ndarray:
    """The return from each step to the end of its episode: G_t = r_t + discount * G_{t+1}.

    Args:
      rewards: the reward of each step.
      discount: the discount per step, in [0, 1].
    """
    check_number("discount", discount, 0, 1)
    returns = np.array(rewards, np.float64)
    for step in range(returns.shape[1] - 2, -1, -1):
        returns[:, step] += discount * returns[:, step + 1]
    return returns


def calibrate(
    values: Float[ArrayLike, "B T"],
    rewards: Float[ArrayLike, "B T"],
    discount: float,
    *,
    num_groups: int = 20,
) -> Calibration:
    """Compares a critic's values with the returns of the same steps.

    Use episodes the agent was not trained on, and the discount it was trained with at the end.

    Args:
      values: the critic's value on each step: its estimate of the return from that step on.
      rewards: the reward of each step.
      discount: the discount per step.
      num_groups: number of groups, `K`, of equally many steps.

    Returns:
      The line through all steps, and the means of the groups.

    Raises:
      ValueError: if shapes differ, or there are fewer steps than groups.
    """
    flat = np.asarray(values, np.float64)
    returns = discounted_returns(rewards, discount)
    if flat.shape != returns.shape:
        raise ValueError(
            f"`values` must have the shape of `rewards`, {returns.shape}, got {flat.shape}."
        )
    check_integer(
        "num_groups", num_groups, 1, "The steps are divided among them.", maximum=flat.size
    )
    flat, returns = flat.ravel(), returns.ravel()
    slope, intercept = np.polyfit(flat, returns, 1) if np.ptp(flat) > 0 else (np.nan, np.nan)
    groups = np.array_split(np.argsort(flat, kind="stable"), num_groups)
    return Calibration(
        slope=float(slope),
        intercept=float(intercept),
        values=np.array([flat[group].mean() for group in groups]),
        returns=np.array([returns[group].mean() for group in groups]),
    )
