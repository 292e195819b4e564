"""Bootstrap confidence intervals of means over tasks."""

from typing import NamedTuple

import numpy as np
import scipy  # its submodules are imported when they are first used
from jaxtyping import Float

RESAMPLES = 1_000
ENOUGH_EPISODES = 100
MAX_DRAWN = 2**20  # values resampled at a time: 8 MB, and as much for their indices


class Interval(NamedTuple):
    """Means, their 95% intervals and their standard errors, one entry per measure."""

    mean: Float[np.ndarray, " M"]
    low: Float[np.ndarray, " M"]
    high: Float[np.ndarray, " M"]
    standard_error: Float[np.ndarray, " M"]


def bootstrap_means(samples: Float[np.ndarray, "M B"], seed: int) -> Interval:
    """Computes 95% intervals by resampling episodes, and with them tasks.

    The percentile bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13).
    With the same seed, players that played the same tasks are resampled in the same way.

    Args:
      samples: one row per measure, one column per episode; at least two episodes.
      seed: the random seed of the resampling.

    Returns:
      The mean of each measure, and the interval that holds 95% of its resampled means.
    """
    found = scipy.stats.bootstrap(
        (samples,),
        np.mean,
        axis=-1,
        n_resamples=RESAMPLES,
        batch=max(1, MAX_DRAWN // samples.size),
        method="percentile",
        random_state=np.random.default_rng(seed),
    )
    interval = found.confidence_interval
    return Interval(samples.mean(axis=-1), interval.low, interval.high, found.standard_error)


def notes_on(num_episodes: int) -> list[str]:
    """A note for tables whose intervals are too short because of few episodes; else none."""
    if num_episodes >= ENOUGH_EPISODES:
        return []
    return [f"With fewer than {ENOUGH_EPISODES} episodes, 95% intervals are too short."]
