"""Epsilon-greedy: mostly the arm that looks best, now and then any arm.

Watkins (1989), Learning from Delayed Rewards, thesis, Cambridge; Sutton & Barto (2018),
Reinforcement Learning, section 2.2.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.beta import Counts
from metarl.baselines.greedy import Greedy
from metarl.envs import TimeStep
from metarl.validation import check_number


@dataclasses.dataclass(frozen=True, kw_only=True)
class EpsilonGreedy(Greedy):
    """Pulls any arm with probability epsilon, else one with the highest posterior mean.

    Attributes:
      num_actions: number of arms, `A`.
      reward_structure: the family its prior is, as for `Greedy`.
      epsilon: the probability of choosing blindly, on every trial, among all arms.
    """

    epsilon: float

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        check_number("epsilon", self.epsilon, 0, 1)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the greedy player's noise; -1 marks the arm of a blind choice."""
        tie_key, when_key, arm_key = jax.random.split(key, 3)
        blind = jax.random.bernoulli(when_key, jnp.float32(self.epsilon), (num_steps, 1))
        arm = jax.random.randint(arm_key, (num_steps,), 0, self.num_actions, jnp.int32)
        chosen = jax.nn.one_hot(arm, self.num_actions, dtype=bool)
        return jnp.where(blind & chosen, -1.0, super().draw_noise(tie_key, num_steps))

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and returns the blind or the greedy choice."""
        counts, best, trace = super().act(params, memory, previous_action, timestep, noise_t)
        blind = noise_t.min() < 0
        return counts, jnp.where(blind, jnp.argmin(noise_t).astype(jnp.int32), best), trace

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms in each state."""
        return self.epsilon / 2 + (1 - self.epsilon) * super().first_arm_chance(n1, n2)
