"""The greedy Bayesian: always the arm with the highest posterior mean.

Where two arms win with p and 1 - p, a pull of either tells exactly as much about p. No choice can
be worth making for the sake of what it teaches, so the greedy player is Bayes-optimal there.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.beta import Counts, check_family, count, no_counts, posterior
from metarl.envs import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Greedy:
    """Pulls the arm with the highest posterior mean; ties are broken at random.

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

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws what breaks ties. The key is consumed."""
        return jax.random.uniform(key, (num_steps, self.num_actions))

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and returns the arm that now looks best."""
        counts = count(memory, previous_action, timestep)
        wins, losses = posterior(counts, self.reward_structure)
        mean = wins / (wins + losses)  # of small whole numbers: equal arms tie exactly
        best = mean == mean.max()
        return counts, jnp.argmax(jnp.where(best, noise_t, -1.0)).astype(jnp.int32), ()
