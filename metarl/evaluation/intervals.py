"""Bootstrap intervals of means over tasks."""

from typing import NamedTuple

import numpy as np
import scipy.stats
from jaxtyping import Float

RESAMPLES = 1_000
ENOUGH_EPISODES = 100
MAX_DRAWN = 2**20  # values resampled at a time: 8 MB, and as much for their places


class Interval(NamedTuple):
    """Means, their 95% intervals and their standard errors, one entry a measure."""

    mean: Float[np.ndarray, " M"]
    low: Float[np.ndarray, " M"]
    high: Float[np.ndarray, " M"]
    standard_error: Float[np.ndarray, " M"]


def bootstrap_means(samples: Float[np.ndarray, "M B"], seed: int) -> Interval:
    """Resamples episodes, and with them tasks, and reads the interval off the resampled means.

    The percentile bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13).
    Players that met the same tasks are resampled alike, given the same seed.

    Args:
      samples: a row for each measure, a column for each episode; at least two.
      seed: the seed of the resampling.

    Returns:
      The mean of each measure, and where 95% of its resampled means lie.
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
    """A line for the reader of intervals that so few episodes make too short; else none."""
    if num_episodes >= ENOUGH_EPISODES:
        return []
    return [f"Of fewer than {ENOUGH_EPISODES} episodes, 95% intervals come out too short."]
