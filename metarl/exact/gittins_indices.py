"""Gittins indices of a Bernoulli arm with a uniform prior: discounted, or for a finite horizon.

Suppose that every pull costs a fixed charge. An arm's index is the highest charge at which it still
pays to pull it, with the option to stop at any time (Gittins 1979, J. R. Stat. Soc. B 41; Weber
1992, Ann. Appl. Probab. 2). One backward pass over all states handles a whole grid of charges; the
charge at which the gain from pulling is zero is then interpolated.
"""

import functools
import math

import numpy as np
from jaxtyping import Float

NUM_CHARGES = 1000


@functools.cache
def finite_horizon_indices(num_trials: int) -> Float[np.ndarray, " states"]:
    """Computes the index of every state of an arm on every trial of an undiscounted episode.

    On trial t, T - t pulls remain and the arm has been pulled n <= t times.

    Args:
      num_trials: number of trials in an episode, `T`. 100 take a second, 200 ten. Kept in memory.

    Returns:
      The indices, ordered by t, then n, then wins: trial t begins at t (t + 1) (t + 2) / 6, and n
      pulls within it at n (n + 1) / 2.
    """
    charges = _charges()
    gains = [np.zeros((n + 1, charges.size)) for n in range(num_trials + 1)]
    tables: list[np.ndarray] = []
    for trial in reversed(range(num_trials)):
        rows = []
        for n in range(trial + 1):  # gains[n + 1] still holds the next trial's
            gain = _gain_from_pulling(n, gains[n + 1], charges, 1.0)
            rows.append(_zero(charges, gain))
            gains[n] = np.maximum(gain, 0)
        tables.append(np.concatenate(rows))
    return np.concatenate(tables[::-1]).astype(np.float32)


@functools.cache
def discounted_indices(discount: float, num_trials: int) -> Float[np.ndarray, " states"]:
    """Computes the infinite-horizon discounted index of every state with fewer than T pulls.

    Args:
      discount: discount of future rewards, per trial; in [0, 1).
      num_trials: `T`.

    Returns:
      The indices, ordered by pulls n, then wins: n pulls begin at n (n + 1) / 2.
    """
    charges = _charges()
    # Beyond this horizon an arm's p is taken to equal its mean. The true index is at most a few
    # hundredths above the mean there, and the discount shrinks that to a ten-thousandth of it.
    beyond = math.ceil(math.log(1e-4) / math.log(discount)) if discount > 0 else 1
    horizon = num_trials + beyond
    means = (np.arange(horizon + 1) + 1) / (horizon + 2)
    gain = np.maximum(means[:, None] - charges, 0) / (1 - discount)
    rows = []
    for n in reversed(range(horizon)):
        gain = _gain_from_pulling(n, gain, charges, discount)
        if n < num_trials:
            rows.append(_zero(charges, gain))
        gain = np.maximum(gain, 0)
    return np.concatenate(rows[::-1]).astype(np.float32)


def _charges() -> np.ndarray:
    # From 0 to 1, plus two more charges at either end, which `_zero` needs to extrapolate.
    return np.arange(-2, NUM_CHARGES + 3) / NUM_CHARGES


def _gain_from_pulling(
    n: int, next_gains: np.ndarray, charges: np.ndarray, discount: float
) -> np.ndarray:
    """The expected reward of a pull and optimal play after it, minus charges: `[wins, charges]`.

    gain(w, l) = p - charge + discount (p max(gain(w + 1, l), 0) + (1 - p) max(gain(w, l + 1), 0)),
    with p = (w + 1) / (w + l + 2) and w + l = n.
    """
    p = (np.arange(n + 1) + 1)[:, None] / (n + 2)
    return p - charges + discount * (next_gains[:-1] + p * (next_gains[1:] - next_gains[:-1]))


def _zero(charges: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """The charge at which each row of gains is zero; gains are decreasing and convex in the charge.

    Between two charges, the gain lies above both lines: the one through the two points on the left
    and the one through those on the right. If it bends only once, it is the higher of the two.
    """
    last = (gain > 0).sum(axis=1) - 1
    row = np.arange(len(gain))
    zeros = []
    for left in (last - 1, last + 1):
        fall = gain[row, left] - gain[row, left + 1]
        step = charges[left + 1] - charges[left]
        zeros.append(charges[left] + step * gain[row, left] / fall)
    return np.maximum(*zeros)
