"""Optimistic Thompson sampling: a draw may speak for an arm, and never against it.

May, Korda, Lee & Leslie (2012), Journal of Machine Learning Research 13, 2069-2106.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.beta import Counts, check_family, count, draw, means, no_counts
from metarl.baselines.scores import best_arm
from metarl.envs import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimisticThompson:
    """Scores each arm by a draw from its posterior or its posterior mean, whichever is higher.

    Attributes:
      num_actions: number of arms, `A`.
      reward_structure: the family its prior is: `"independent"`, or with two arms `"correlated"`,
        `"easy"`, `"medium"` or `"hard"`.

    Raises:
      ValueError: at construction, for more than two arms that are not independent.
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

    def draw_noise(
        self, key: Key[Array, ""], num_steps: int
    ) -> tuple[Key[Array, " T"], Float[Array, "T A"]]:
        """Splits the key into one for each step, and draws what breaks ties."""
        draw_key, tie_key = jax.random.split(key)
        ties = jax.random.uniform(tie_key, (num_steps, self.num_actions), jnp.float32)
        return jax.random.split(draw_key, num_steps), ties

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: tuple[Key[Array, ""], Float[Array, " A"]],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and returns the best arm of one hopeful draw."""
        counts = count(memory, previous_action, timestep)
        draw_key, ties = noise_t
        drawn = draw(draw_key, counts, self.reward_structure)
        # Two arms of equal mean tie whenever both draws fall short of it.
        return counts, best_arm(jnp.maximum(drawn, means(counts, self.reward_structure)), ties), ()
