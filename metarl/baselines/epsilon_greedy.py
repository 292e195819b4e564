"""Epsilon-greedy: usually the action that looks best, sometimes a random one.

Watkins (1989), Learning from Delayed Rewards, thesis, Cambridge; Sutton & Barto (2018),
Reinforcement Learning, section 2.2.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.greedy import Greedy
from metarl.checks import check_number
from metarl.envs.core import TaskFamily, TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class EpsilonGreedy(Greedy):
    """Takes a random action with probability epsilon, else one with the highest expected value.

    Attributes:
      env: the family, which is the player's prior.
      epsilon: the probability, on every step, of choosing uniformly among all actions.
    """

    epsilon: float

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        check_number("epsilon", self.epsilon, 0, 1)

    @classmethod
    def for_environment(cls, env: TaskFamily, epsilon: float = 0.05) -> "EpsilonGreedy":
        """Makes the player of `env`; it knows `env.prior`, not settings that fix the task."""
        return cls(env=env.prior, epsilon=epsilon)

    @property
    def label(self) -> str:  # type: ignore[override]
        """The player's name, with its constant."""
        return f"epsilon-greedy (epsilon {self.epsilon:g})"

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the greedy player's noise; an entry of -1 forces that action, at random."""
        tie_key, when_key, action_key = jax.random.split(key, 3)
        blind = jax.random.bernoulli(when_key, jnp.float32(self.epsilon), (num_steps, 1))
        action = jax.random.randint(action_key, (num_steps,), 0, self.num_actions, jnp.int32)
        chosen = jax.nn.one_hot(action, self.num_actions, dtype=bool)
        return jnp.where(blind & chosen, -1.0, super().draw_noise(tie_key, num_steps))

    def choose(
        self, belief: object, timestep: TimeStep, noise_t: Float[Array, " A"]
    ) -> Int[Array, ""]:
        """The random or the greedy choice."""
        best = super().choose(belief, timestep, noise_t)
        return jnp.where(noise_t.min() < 0, jnp.argmin(noise_t).astype(jnp.int32), best)

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms: see `metarl.exact.states`."""
        return self.epsilon / 2 + (1 - self.epsilon) * super().first_arm_chance(n1, n2)
