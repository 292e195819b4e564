"""The greedy Bayesian: always the arm with the highest posterior mean.

Where two arms win with p and 1 - p, a pull of either tells exactly as much about p. No choice can
be worth making for the sake of what it teaches, so the greedy player is Bayes-optimal there.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.envs import Bandit, TimeStep


class Counts(NamedTuple):
    """Wins and losses of each arm so far."""

    wins: Float[Array, " A"]
    losses: Float[Array, " A"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Greedy:
    """Pulls the arm with the highest posterior mean; ties are broken at random.

    The prior is uniform: on each arm alone (`"independent"`), or on the first arm's p of a pair p,
    1 - p (`"correlated"`), where a win of one arm counts as a loss of the other.

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
        Bandit(num_arms=self.num_actions, reward_structure=self.reward_structure)
        if self.reward_structure == "correlated" and self.num_actions != 2:
            raise ValueError(
                f"`num_actions` must be 2 for correlated arms, got {self.num_actions}. "
                "The posterior of more arms that sum to one is not a product of Betas."
            )

    def initial_memory(self, task: Any) -> Counts:
        """No wins and no losses yet."""
        del task
        zeros = jnp.zeros(self.num_actions)
        return Counts(wins=zeros, losses=zeros)

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
        """Counts the previous trial's outcome, and returns the arm that now looks best."""
        pulled = jax.nn.one_hot(previous_action, self.num_actions)
        counts = Counts(
            wins=memory.wins + pulled * timestep.reward,
            losses=memory.losses + pulled * (1 - timestep.reward),
        )
        wins, losses = counts
        if self.reward_structure == "correlated":
            # The sum of small whole numbers is exact, so equal arms tie exactly.
            wins, losses = wins + losses[::-1], losses + wins[::-1]
        mean = (wins + 1) / (wins + losses + 2)
        best = mean == mean.max()
        return counts, jnp.argmax(jnp.where(best, noise_t, -1.0)).astype(jnp.int32), ()
