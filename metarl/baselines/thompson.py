"""Thompson sampling: each action is taken with its posterior probability of being the best.

Thompson (1933), Biometrika 25, doi:10.2307/2332286.
"""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.belief import BeliefPlayer
from metarl.envs.core import TimeStep
from metarl.exact.states import chance_first_is_better


@dataclasses.dataclass(frozen=True, kw_only=True)
class Thompson(BeliefPlayer):
    """Draws a task from the belief, and takes the action that is best in it.

    Attributes:
      env: the family, which is the player's prior.
    """

    label: ClassVar[str] = "Thompson"

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Key[Array, " T"]:
        """Splits the key into one for each step. The key is consumed."""
        return jax.random.split(key, num_steps)

    def choose(self, belief: object, timestep: TimeStep, noise_t: Key[Array, ""]) -> Int[Array, ""]:
        """The best action of one sample."""
        return jnp.argmax(self.filter.sample_values(noise_t, belief, timestep)).astype(jnp.int32)

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms: see `metarl.exact.states`."""
        return chance_first_is_better(n1, n2, self.structure)
