"""Thompson sampling: each arm is pulled as often as it is believed to be the best.

Thompson (1933), Biometrika 25, doi:10.2307/2332286.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from metarl.baselines.beta import Counts, check_family, count, no_counts, posterior
from metarl.envs import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Thompson:
    """Draws win probabilities from their posterior, and pulls the arm that is best under them.

    Attributes:
      num_actions: number of arms, `A`.
      reward_structure: `"independent"`, or `"correlated"` with two arms.

    Raises:
      ValueError: at construction, for more than two correlated arms.
    """

    num_actions: int
    reward_structure: str

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_family(self.num_actions, self.reward_structure)

    def initial_memory(self, task: Any) -> Counts:
        """No wins and no losses yet."""
        del task
        return no_counts(self.num_actions)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Key[Array, " T"]:
        """Splits the key into one for each step. The key is consumed."""
        return jax.random.split(key, num_steps)

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Key[Array, ""],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and returns the best arm of one draw."""
        counts = count(memory, previous_action, timestep)
        wins, losses = posterior(counts, self.reward_structure)
        draw = jax.random.beta(noise_t, wins, losses)
        if self.reward_structure == "correlated":
            draw = jnp.stack([draw[0], 1 - draw[0]])
        return counts, jnp.argmax(draw).astype(jnp.int32), ()
