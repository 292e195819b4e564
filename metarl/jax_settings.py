"""Keeps results independent of the user's global JAX settings."""

from typing import Any

import jax
from jaxtyping import Array, Key


def make_key(seed: int) -> Key[Array, ""]:
    """The random key of a seed, always for JAX's default generator (Threefry).

    `JAX_DEFAULT_PRNG_IMPL` does not change it. With some other generators, an episode's random
    numbers depend on the other episodes in its batch; then players would not share a tape.
    """
    return jax.random.key(seed, impl="threefry2x32")


def with_standard_promotion(optimizer: Any) -> Any:
    """Makes an Optax optimiser work under `JAX_NUMPY_DTYPE_PROMOTION=strict`, too."""

    def update(gradient: Any, state: Any, params: Any = None) -> Any:
        with jax.numpy_dtype_promotion("standard"):
            return optimizer.update(gradient, state, params)

    return optimizer._replace(update=update)
