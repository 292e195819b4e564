"""Thompson sampling: each action is taken as often as it is believed to be the best.

Thompson (1933), Biometrika 25, doi:10.2307/2332286.
"""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from metarl.baselines.belief import BeliefPlayer
from metarl.envs.core import TimeStep


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
        """The best action of one draw."""
        return jnp.argmax(self.filter.sample_values(noise_t, belief, timestep)).astype(jnp.int32)
