"""The exact expected regret of the Bayes-optimal player, where arithmetic gives it.

Two arms that win with p and 1 - p, p uniform on [0, 1]: see `metarl.baselines.greedy` for why the
greedy player is optimal there.
"""

import numpy as np
from jaxtyping import Float


def correlated_pair_regret(num_trials: int) -> Float[np.ndarray, " T"]:
    """The smallest expected regret of each trial that any player can reach on correlated pairs.

    After t trials, k of them spoke for the first arm (it won, or the second lost). As p is uniform,
    every k from 0 to t is equally likely, and the posterior is Beta(k + 1, t - k + 1). The best
    choice wins with probability max(k + 1, t - k + 1) / (t + 2); who knows p, with E max(p, 1 - p)
    = 3/4.

    Args:
      num_trials: number of trials in an episode, `T`.

    Returns:
      The expected regret of trials 0 to T - 1. Their sum for T = 100 is 1.22136.
    """
    regret = np.empty(num_trials)
    for t in range(num_trials):
        k = np.arange(t + 1)
        regret[t] = 0.75 - np.mean(np.maximum(k + 1, t - k + 1)) / (t + 2)
    return regret
