"""Gittins indices of a Bernoulli arm with a uniform prior, for a discount or for so many trials.

Imagine a charge for every pull. The index of an arm is the highest charge at which pulling on, with
leave to stop at any time, is still worth it (Gittins 1979, J. R. Stat. Soc. B 41; Weber 1992, Ann.
Appl. Probab. 2). One backward pass over all states takes a whole grid of charges at once; where the
gain from pulling reaches zero is then read off between two charges of the grid.
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
      num_trials: number of trials in an episode, `T`. 100 take a second, 200 ten; kept in memory.

    Returns:
      The indices, ordered by t, then n, then wins: trial t begins at t (t + 1) (t + 2) / 6, and n
      pulls within it at n (n + 1) / 2.
    """
    charges = _charges()
    gains = [np.zeros((n + 1, charges.size)) for n in range(num_trials + 1)]
    tables: list[np.ndarray] = []
    for trial in reversed(range(num_trials)):
        rows = []
        for n in range(trial + 1):  # gains[n + 1] still holds the trial after
            gain = _gain_from_pulling(n, gains[n + 1], charges, 1.0)
            rows.append(_zero(charges, gain))
            gains[n] = np.maximum(gain, 0)
        tables.append(np.concatenate(rows))
    return np.concatenate(tables[::-1]).astype(np.float32)


@functools.cache
def discounted_indices(discount: float, num_trials: int) -> Float[np.ndarray, " states"]:
    """Computes the index of every state of an arm pulled fewer than T times, for an endless future.

    Args:
      discount: discount of future rewards, per trial; in [0, 1).
      num_trials: `T`.

    Returns:
      The indices, ordered by pulls n, then wins: n pulls begin at n (n + 1) / 2.
    """
    charges = _charges()
    # Beyond the horizon an arm is held for known. Its index there is above its mean by a few
    # hundredths at most, and that is discounted to a ten-thousandth.
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
    # From 0 to 1, and two charges more at either end, for the lines that `_zero` draws.
    return np.arange(-2, NUM_CHARGES + 3) / NUM_CHARGES


def _gain_from_pulling(
    n: int, next_gains: np.ndarray, charges: np.ndarray, discount: float
) -> np.ndarray:
    """What a pull and the best that can follow it bring, less charges: `[wins, charges]`.

    gain(w, l) = p - charge + discount (p max(gain(w + 1, l), 0) + (1 - p) max(gain(w, l + 1), 0)),
    with p = (w + 1) / (w + l + 2) and w + l = n.
    """
    p = (np.arange(n + 1) + 1)[:, None] / (n + 2)
    return p - charges + discount * (next_gains[:-1] + p * (next_gains[1:] - next_gains[:-1]))


def _zero(charges: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """The charge at which each row of gains, falling and convex in the charge, is zero.

    Between two charges, the gain lies above the lines through the two points on either side. Where
    it bends once, it is the higher of the two.
    """
    last = (gain > 0).sum(axis=1) - 1
    row = np.arange(len(gain))
    zeros = []
    for left in (last - 1, last + 1):
        fall = gain[row, left] - gain[row, left + 1]
        step = charges[left + 1] - charges[left]
        zeros.append(charges[left] + step * gain[row, left] / fall)
    return np.maximum(*zeros)
