"""Value iteration over beliefs: the Bayes-optimal policy where a belief is one number, or two."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Outcomes(NamedTuple):
    """What can follow each action, given a belief: `K` outcomes.

    Attributes:
      chance: the probability of each outcome.
      reward: its reward.
      belief: the belief after it, before the next trial.
    """

    chance: Float[Array, "A K"]
    reward: Float[Array, "A K"]
    belief: Float[Array, "A K D"]


def plan(
    outcomes: Callable[[Float[Array, " D"]], Outcomes], num_dims: int, num_trials: int, size: int
) -> Float[Array, "T *G A"]:
    """Computes the expected reward to the end of the episode, by trial, belief and action.

    Q_t(b, a) = sum_k P(k | b, a) (r_k + max_a' Q_{t+1}(b_k, a')), and Q_T = 0, on a grid of beliefs
    (Smallwood & Sondik 1973, doi 10.1287/opre.21.5.1071). Between its points, values are
    interpolated linearly. True values are convex in the belief, so these are slightly too large.

    Args:
      outcomes: what can follow, given a belief: `D` numbers between 0 and 1.
      num_dims: that number of numbers.
      num_trials: number of trials in an episode, `T`.
      size: number of points on each axis of the grid, `G`.

    Returns:
      The values; `look_up` reads them.
    """
    axes = jnp.meshgrid(
        *[jnp.linspace(0.0, 1.0, size, dtype=jnp.float32)] * num_dims, indexing="ij"
    )
    points = jnp.stack(axes, axis=-1).reshape(-1, num_dims)
    follow = jax.vmap(outcomes)(points)

    def backwards(later: Array, _: None) -> tuple[Array, Array]:
        best = interpolate(later, follow.belief)
        values = jnp.sum(follow.chance * (follow.reward + best), axis=-1).astype(jnp.float32)
        shape = (size,) * num_dims
        return values.max(axis=-1).reshape(shape), values.reshape(*shape, -1)

    nothing = jnp.zeros((size,) * num_dims, jnp.float32)
    return jax.lax.scan(backwards, nothing, None, length=num_trials, reverse=True)[1]


def look_up(
    values: Float[Array, "T *G A"], trial: Int[Array, ""], belief: Float[Array, " D"]
) -> Float[Array, " A"]:
    """The value of each action on a trial, given a belief."""
    here = values[jnp.minimum(trial, len(values) - 1)]
    return jax.vmap(interpolate, (-1, None))(here, belief)


def interpolate(values: Float[Array, "*G"], beliefs: Float[Array, "*batch D"]) -> Array:
    """Values between the points of a grid, by linear interpolation."""
    places = jnp.moveaxis(beliefs, -1, 0) * (values.shape[0] - 1)
    return jax.scipy.ndimage.map_coordinates(values, list(places), order=1, mode="nearest")
