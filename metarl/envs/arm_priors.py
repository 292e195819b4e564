"""The prior distributions of the arms' win probabilities, and their posteriors.

The prior is the task family's. Independent arms: uniform, independently for each arm. Two arms that
win with p and 1 - p: p is uniform (`"correlated"`) or has one of two values (`"easy"`, `"medium"`,
`"hard"`); a win of one arm then counts as a loss of the other.

Arms are the first axis of every array. A grid of states may follow, in NumPy or in JAX: the same
rule then plays one episode and evaluates all states at once.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

AnyArray = Array | np.ndarray
# The better arm's p, for two arms that win with p and 1 - p.
PAIRS = {"easy": 0.9, "medium": 0.75, "hard": 0.6}
REWARD_STRUCTURES = ("independent", "correlated", *PAIRS)
_GRID = 64  # grid points for the posterior of a win probability


class Counts(NamedTuple):
    """Wins and losses of each arm so far."""

    wins: Float[AnyArray, " A *grid"]
    losses: Float[AnyArray, " A *grid"]


def no_counts(num_actions: int) -> Counts:
    """No wins and no losses yet."""
    zeros = jnp.zeros(num_actions, jnp.float32)
    return Counts(wins=zeros, losses=zeros)


def count(counts: Counts, arm: Int[Array, ""], reward: Float[Array, ""]) -> Counts:
    """Adds the outcome of a trial; arm -1 (before the first trial) adds nothing."""
    pulled = jax.nn.one_hot(arm, counts.wins.shape[0], dtype=counts.wins.dtype)
    return Counts(wins=counts.wins + pulled * reward, losses=counts.losses + pulled * (1 - reward))


def posterior(
    counts: Counts, reward_structure: str
) -> tuple[Float[AnyArray, " A *grid"], Float[AnyArray, " A *grid"]]:
    """The parameters of each arm's Beta posterior, for independent arms or a correlated pair.

    In a correlated pair, the second arm's Beta mirrors the first's; they are one belief, not two.
    """
    wins, losses = counts
    if reward_structure == "correlated":
        wins, losses = wins + losses[::-1], losses + wins[::-1]
    return wins + 1, losses + 1


def log_odds(counts: Counts, reward_structure: str) -> Float[AnyArray, " 2 *grid"]:
    """The log odds, given counts, that each arm of an easy, medium or hard pair is the better."""
    better = PAIRS[reward_structure]
    evidence = counts.wins - counts.losses
    return (evidence - evidence[::-1]) * math.log(better / (1 - better))


def means(counts: Counts, reward_structure: str) -> Float[AnyArray, " A *grid"]:
    """Each arm's probability of winning the next trial, given the counts.

    Equal arms get exactly equal means: Beta means are ratios of small whole numbers, and those of a
    discrete pair are symmetric around 1/2.
    """
    if reward_structure in PAIRS:
        xp = namespace(counts.wins)
        half_gap = PAIRS[reward_structure] - 0.5
        return 0.5 + half_gap * xp.tanh(log_odds(counts, reward_structure) / 2)
    wins, losses = posterior(counts, reward_structure)
    return wins / (wins + losses)


def draw(key: Key[Array, ""], counts: Counts, reward_structure: str) -> Float[Array, " A"]:
    """Draws win probabilities from the posterior. The key is consumed."""
    if reward_structure in PAIRS:
        better = PAIRS[reward_structure]
        first = jax.random.bernoulli(key, jax.nn.sigmoid(log_odds(counts, reward_structure)[0]))
        pair = jnp.asarray([better, 1 - better], jnp.float32)
        return jnp.where(first, pair, pair[::-1])
    a, b = posterior(counts, reward_structure)
    if reward_structure == "correlated":
        drawn = jax.random.beta(key, a[0], b[0], dtype=jnp.float32)
        return jnp.stack([drawn, 1 - drawn])
    return jax.random.beta(key, a, b, dtype=jnp.float32)


def expected_best(counts: Counts, reward_structure: str) -> Float[Array, ""]:
    """The expected win probability of the best arm, given the counts.

    For independent arms and correlated pairs, it is a sum over a grid of 64 win probabilities.
    """
    if reward_structure in PAIRS:
        return jnp.float32(PAIRS[reward_structure])
    p = (jnp.arange(_GRID, dtype=jnp.float32) + 0.5) / _GRID
    a, b = posterior(counts, reward_structure)
    if reward_structure == "correlated":
        a, b = a[:1], b[:1]
    log_density = jnp.multiply.outer(a - 1, jnp.log(p)) + jnp.multiply.outer(b - 1, jnp.log1p(-p))
    density = jax.nn.softmax(log_density)
    if reward_structure == "correlated":
        best = density[0] @ jnp.maximum(p, 1 - p)
    else:  # the mean of the largest: 1 minus the integral of the probability that all are below
        all_below = jnp.prod(jnp.cumsum(density, axis=-1) - density / 2, axis=0)
        best = 1 - all_below.mean()
    # The grid's error must not make the best arm worse than the one with the highest mean.
    return jnp.maximum(best, jnp.asarray(means(counts, reward_structure)).max())


def namespace(array: AnyArray) -> Any:
    """The library that `array` belongs to: `numpy` or `jax.numpy`."""
    return np if isinstance(array, np.ndarray) else jnp
