"""Random walks between two bounds, and Bayes filters of them on a grid."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, Key

GRID = 101  # points from one bound to the other, both included
BOUNDARIES = ("reflect", "clip")


def sample_walks(
    key: Key[Array, ""],
    num_trials: int,
    num_walks: int,
    step_size: float | Float[Array, ""],
    low: float = 0.0,
    high: float = 1.0,
    boundary: str = "reflect",
) -> Float[Array, "T A"]:
    """Draws Gaussian random walks that begin anywhere between two bounds, and stay there.

    Args:
      key: the random key; it is consumed.
      num_trials: length of each walk, `T`.
      num_walks: number of walks, `A`.
      step_size: standard deviation of a step, sigma.
      low: the lower bound.
      high: the upper bound.
      boundary: what happens at a bound: `"reflect"`, or `"clip"`, where a walk stays at the bound
        until it moves back.
    """
    start_key, step_key = jax.random.split(key)
    start = jax.random.uniform(start_key, (1, num_walks), jnp.float32, low, high)
    steps = step_size * jax.random.normal(step_key, (num_trials - 1, num_walks), jnp.float32)
    if boundary == "clip":

        def one(p: Array, step: Array) -> tuple[Array, Array]:
            p = jnp.clip(p + step, low, high)
            return p, p

        return jnp.concatenate([start, jax.lax.scan(one, start[0], steps)[1]])
    # As steps are symmetric, folding the free walk is the same as reflecting every step of it.
    free = jnp.concatenate([start, start + jnp.cumsum(steps, axis=0)])
    away = jnp.mod(free - low, 2 * (high - low))
    return low + jnp.minimum(away, 2 * (high - low) - away)


def grid(low: float = 0.0, high: float = 1.0) -> Float[np.ndarray, " G"]:
    """The points at which a filter keeps the probability of a walk's position."""
    return np.linspace(low, high, GRID, dtype=np.float32)


def start_weights() -> Float[np.ndarray, " G"]:
    """The probability of each point at the beginning; a bound's cell has half the width."""
    weights = np.ones(GRID)
    weights[[0, -1]] = 0.5
    return (weights / weights.sum()).astype(np.float32)


@functools.cache
def kernel(
    step_size: float, low: float = 0.0, high: float = 1.0, boundary: str = "reflect"
) -> Float[np.ndarray, "G G"]:
    """The probability of each point after a step, by the point before it; rows sum to one.

    Steps of less than half the distance between two points are not resolved: such a walk hardly
    moves on the grid.

    Args:
      step_size: standard deviation of a step, sigma.
      low: the lower bound.
      high: the upper bound.
      boundary: see `sample_walks`.
    """
    if step_size == 0:
        return np.eye(GRID, dtype=np.float32)
    points = np.linspace(0.0, 1.0, GRID)
    edges = np.concatenate([[0.0], (points[1:] + points[:-1]) / 2, [1.0]])
    sigma = step_size / (high - low)

    def below(edge: Any, start: Any) -> Any:
        return scipy.special.ndtr((edge - start) / sigma)

    start = points[:, None]
    if boundary == "clip":
        inner = below(edges[None, 1:-1], start)
        cumulative = np.pad(inner, ((0, 0), (1, 1)), constant_values=(0.0, 1.0))
        return np.diff(cumulative, axis=1).astype(np.float32)
    furthest = 2 * math.ceil(4 * sigma + 1)
    images = np.arange(-furthest, furthest + 1, 2)
    mass = sum(
        np.diff(below(image + edges, start), axis=1)
        + np.diff(below(image - edges[::-1], start), axis=1)[:, ::-1]
        for image in images
    )
    return (mass / mass.sum(axis=1, keepdims=True)).astype(np.float32)


def expected_largest(
    weights: Float[Array, "*batch A G"], points: Float[Any, " G"]
) -> Float[Array, "*batch"]:
    """The expectation of the largest of independent numbers, each with its own probabilities."""
    below = jnp.prod(jnp.cumsum(weights, axis=-1), axis=-2)  # P(all <= point)
    return points[-1] - below[..., :-1] @ jnp.diff(points)
