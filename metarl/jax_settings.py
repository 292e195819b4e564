"""What is not left to the settings of JAX that a user may have on."""

from typing import Any

import jax
from jaxtyping import Array, Key


def make_key(seed: int) -> Key[Array, ""]:
    """The key of a seed, for JAX's own generator (Threefry).

    `JAX_DEFAULT_PRNG_IMPL` does not change it. Of the other generators, some draw other numbers for
    an episode when other episodes are played beside it; then players would not share their luck.
    """
    return jax.random.key(seed, impl="threefry2x32")


def with_standard_promotion(optimizer: Any) -> Any:
    """An optimiser of Optax's that works under `JAX_NUMPY_DTYPE_PROMOTION=strict`, too."""

    def update(gradient: Any, state: Any, params: Any = None) -> Any:
        with jax.numpy_dtype_promotion("standard"):
            return optimizer.update(gradient, state, params)

    return optimizer._replace(update=update)
