"""The optimiser: Adam or RMSProp on clipped gradients, and its per-experiment settings."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Float

from metarl.config import AgentConfig
from metarl.jax_settings import with_standard_promotion

if TYPE_CHECKING:  # a seventh of a second to import, which the manager's update does without
    import optax


_TINY = 1e-8  # keeps the optimisers from dividing by zero


class Settings(NamedTuple):
    """The numbers of an `AgentConfig` that may differ between experiments of one program."""

    learning_rate: Float[ArrayLike, ""]
    learning_rate_end: Float[ArrayLike, ""]
    adam_b1: Float[ArrayLike, ""]
    adam_b2: Float[ArrayLike, ""]
    max_gradient_norm: Float[ArrayLike, ""]
    discount: Float[ArrayLike, ""]
    discount_end: Float[ArrayLike, ""]
    gae_lambda: Float[ArrayLike, ""]
    gae_lambda_end: Float[ArrayLike, ""]
    value_cost: Float[ArrayLike, ""]
    entropy_cost: Float[ArrayLike, ""]
    entropy_cost_end: Float[ArrayLike, ""]
    schedule_end: Float[ArrayLike, ""]

    @classmethod
    def of(cls, config: AgentConfig) -> "Settings":
        """The settings of one experiment."""
        return cls(*(getattr(config, name) for name in cls._fields))


def scheduled(settings: Any, name: str, done: Any) -> Any:
    """A setting on its way to its `_end` value.

    The learning rate takes all of training, along a cosine. The others change linearly, and take
    the fraction `schedule_end` of it.

    Args:
      settings: `Settings`, or an `AgentConfig`.
      name: the setting.
      done: the fraction of all updates that came before, 0 at the first and 1 at the last: a
        Python number, or an array.
    """
    start, end = getattr(settings, name), getattr(settings, f"{name}_end")
    if name == "learning_rate":
        cosine = math.cos if isinstance(done, int | float) else jnp.cos
        return start + (end - start) * (1 - cosine(math.pi * done)) / 2
    return start + (end - start) * jnp.minimum(done / settings.schedule_end, 1)


def make_optimizer(settings: Settings, name: str = "adam") -> "optax.GradientTransformation":
    """Builds the optimiser of a name: gradients are clipped by their global norm before it.

    The learning rate is not in it: multiply what it returns by the `scheduled` one, and subtract
    that.
    """
    import optax

    chain = optax.chain(
        optax.clip_by_global_norm(settings.max_gradient_norm),
        optax.scale_by_adam(b1=settings.adam_b1, b2=settings.adam_b2)
        if name == "adam"
        else optax.scale_by_rms(decay=settings.adam_b2, eps=_TINY),
    )
    return with_standard_promotion(chain)


class AdamState(NamedTuple):
    """The optimiser's state on the host; RMSProp leaves the mean at zero.

    Attributes:
      updates: the number of updates made.
      mean: the mean of past gradients, each update weighing less by `adam_b1`.
      mean_square: the mean of their squares, by `adam_b2`.
    """

    updates: np.ndarray
    mean: np.ndarray
    mean_square: np.ndarray

    @classmethod
    def zero(cls, num_params: int) -> "AdamState":
        """The state before the first update."""
        nothing = np.zeros(num_params, np.float32)
        return cls(np.zeros((), np.int32), nothing, nothing)


def update_on_host(
    config: AgentConfig,
    flat_params: np.ndarray,
    state: AdamState,
    gradient: np.ndarray,
    done: float,
) -> tuple[np.ndarray, AdamState]:
    """Makes an update as `make_optimizer` does (Kingma & Ba 2015, algorithm 1), with NumPy.

    For vectors of ten thousand entries it takes a fifth of the time that calling a compiled program
    does, and the manager makes thousands of updates per second. The tests hold it to Optax.

    Args:
      config: the optimiser, its rates and decays, and the largest norm of a gradient.
      flat_params: the parameters; left as they are, like `state` and `gradient`.
      state: the optimiser's state.
      gradient: the gradient.
      done: the fraction of all updates that came before.

    Returns:
      The parameters and the state after the update.
    """
    b1, b2 = config.adam_b1, config.adam_b2
    norm = math.sqrt(np.dot(gradient, gradient))
    if norm > config.max_gradient_norm:
        gradient = gradient * np.float32(config.max_gradient_norm / norm)
    updates = int(state.updates) + 1
    square = np.float32(b2) * state.mean_square + np.float32(1 - b2) * np.square(gradient)
    rate = scheduled(config, "learning_rate", done)
    if config.optimizer == "rmsprop":
        step = gradient * np.float32(rate) / np.sqrt(square + np.float32(_TINY))
        return flat_params - step, AdamState(np.asarray(updates, np.int32), state.mean, square)
    mean = np.float32(b1) * state.mean + np.float32(1 - b1) * gradient
    step = np.sqrt(square * np.float32(1 / (1 - b2**updates)))
    step += np.float32(_TINY)
    np.divide(mean, step, out=step)
    step *= np.float32(rate / (1 - b1**updates))
    return flat_params - step, AdamState(np.asarray(updates, np.int32), mean, square)
