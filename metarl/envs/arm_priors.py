"""The laws win probabilities are drawn from, and what wins and losses tell of them.

The prior is the task family's. Independent arms: uniform on each arm alone. Two arms that win with
p and 1 - p: uniform on p (`"correlated"`) or one of two values (`"easy"`, `"medium"`, `"hard"`);
a win of one arm then counts as a loss of the other.

Arms are the first axis of every array. Behind it may stand a grid of states, in NumPy or in JAX:
a player's rule then serves to play one episode and to go through all states at once.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

AnyArray = Array | np.ndarray
# Of two arms that win with p and 1 - p, the p of the better one.
PAIRS = {"easy": 0.9, "medium": 0.75, "hard": 0.6}
REWARD_STRUCTURES = ("independent", "correlated", *PAIRS)
_GRID = 64  # points on which the posterior of a win probability is held


class Counts(NamedTuple):
    """Wins and losses of each arm so far."""

    wins: Float[AnyArray, " A *grid"]
    losses: Float[AnyArray, " A *grid"]


def no_counts(num_actions: int) -> Counts:
    """No wins and no losses yet."""
    zeros = jnp.zeros(num_actions, jnp.float32)
    return Counts(wins=zeros, losses=zeros)


def count(counts: Counts, arm: Int[Array, ""], reward: Float[Array, ""]) -> Counts:
    """Adds the outcome of a trial; before the first trial (arm -1) there is none."""
    pulled = jax.nn.one_hot(arm, counts.wins.shape[0], dtype=counts.wins.dtype)
    return Counts(wins=counts.wins + pulled * reward, losses=counts.losses + pulled * (1 - reward))


def posterior(
    counts: Counts, reward_structure: str
) -> tuple[Float[AnyArray, " A *grid"], Float[AnyArray, " A *grid"]]:
    """The parameters of each arm's Beta posterior, for independent arms or a correlated pair.

    Of a correlated pair, the second arm's Beta is the first's mirrored, and not a belief apart.
    """
    wins, losses = counts
    if reward_structure == "correlated":
        wins, losses = wins + losses[::-1], losses + wins[::-1]
    return wins + 1, losses + 1


def log_odds(counts: Counts, reward_structure: str) -> Float[AnyArray, " 2 *grid"]:
    """The log odds that each arm of an easy, medium or hard pair is the better one."""
    better = PAIRS[reward_structure]
    evidence = counts.wins - counts.losses
    return (evidence - evidence[::-1]) * math.log(better / (1 - better))


def means(counts: Counts, reward_structure: str) -> Float[AnyArray, " A *grid"]:
    """Each arm's chance to win the next trial, given what was seen.

    Equal arms come out exactly equal: as Beta means they are ratios of small whole numbers, and
    those of a discrete pair lie mirrored around 1/2.
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
    """The expected win probability of the better, or best, arm, given what was seen.

    Of independent arms and correlated pairs it is summed over a grid of 64 win probabilities.
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
    else:  # the mean of the largest: 1 minus the integral of the chance that all are below
        all_below = jnp.prod(jnp.cumsum(density, axis=-1) - density / 2, axis=0)
        best = 1 - all_below.mean()
    # The grid's error must not make the best arm worse than the one with the highest mean.
    return jnp.maximum(best, jnp.asarray(means(counts, reward_structure)).max())


def namespace(array: AnyArray) -> Any:
    """The library that `array` belongs to: `numpy` or `jax.numpy`."""
    return np if isinstance(array, np.ndarray) else jnp
