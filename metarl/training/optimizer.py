"""The optimiser: Adam on clipped gradients, and what may differ between experiments."""

from typing import NamedTuple

import optax
from jaxtyping import ArrayLike, Float

from metarl.config import AgentConfig
from metarl.jax_settings import with_standard_promotion


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

    @classmethod
    def of(cls, config: AgentConfig) -> "Settings":
        """The settings of one experiment."""
        return cls(*(getattr(config, name) for name in cls._fields))


def make_optimizer(settings: Settings, total_updates: int) -> optax.GradientTransformation:
    """Builds the optimiser: gradients are clipped, then Adam; the rate follows a cosine.

    Args:
      settings: learning rates, decays and the largest gradient norm.
      total_updates: real updates in training; the last of them is made at `learning_rate_end`.
    """
    schedule = optax.cosine_decay_schedule(
        settings.learning_rate,
        decay_steps=max(1.0, total_updates - 1.0),
        alpha=settings.learning_rate_end / settings.learning_rate,
    )
    chain = optax.chain(
        optax.clip_by_global_norm(settings.max_gradient_norm),
        optax.adam(schedule, b1=settings.adam_b1, b2=settings.adam_b2),
    )
    return with_standard_promotion(chain)
