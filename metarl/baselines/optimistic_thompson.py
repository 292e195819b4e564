"""Optimistic Thompson sampling: a sample can raise an action's score, but never lower it.

May, Korda, Lee & Leslie (2012), Journal of Machine Learning Research 13, 2069-2106.
"""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.belief import BeliefPlayer
from metarl.baselines.index_player import best_arm
from metarl.envs.core import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimisticThompson(BeliefPlayer):
    """Scores each action by a sample from the belief or its expected value, whichever is higher.

    Attributes:
      env: the family, which is the player's prior.
    """

    label: ClassVar[str] = "optimistic Thompson"

    def draw_noise(
        self, key: Key[Array, ""], num_steps: int
    ) -> tuple[Key[Array, " T"], Float[Array, "T A"]]:
        """Splits the key into one for each step, and draws the numbers that break ties."""
        draw_key, tie_key = jax.random.split(key)
        return jax.random.split(draw_key, num_steps), super().draw_noise(tie_key, num_steps)

    def choose(
        self,
        belief: object,
        timestep: TimeStep,
        noise_t: tuple[Key[Array, ""], Float[Array, " A"]],
    ) -> Int[Array, ""]:
        """The best action of one optimistic sample."""
        draw_key, ties = noise_t
        drawn = self.filter.sample_values(draw_key, belief, timestep)
        # Two actions of equal mean tie whenever both samples fall below it.
        return best_arm(jnp.maximum(drawn, self.expected_values(belief, timestep)), ties)
