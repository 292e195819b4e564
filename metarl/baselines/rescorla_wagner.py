"""The delta rule with softmax choice: the most common model of animals' choices.

Rescorla & Wagner (1972), "A theory of Pavlovian conditioning", in Classical Conditioning II. As a
model of choice: Daw (2011), "Trial-by-trial data analysis using computational models".
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.index_player import check_arms
from metarl.checks import check_integer, check_number
from metarl.envs.core import TaskFamily, TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class RescorlaWagner:
    """Learns Q <- Q + alpha (r - Q) for the pulled arm; P(arm a) is proportional to exp(beta Q_a).

    Attributes:
      num_actions: number of arms, `A`.
      learning_rate: `alpha`, the size of the step towards the reward; in [0, 1].
      inverse_temperature: `beta`; 0 chooses uniformly, large values almost always the highest Q.
      initial_value: the value of every arm at the start of an episode.
    """

    num_actions: int
    learning_rate: float
    inverse_temperature: float
    initial_value: float = 0.5

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "One arm offers no choice.")
        check_number("learning_rate", self.learning_rate, 0, 1)
        check_number("inverse_temperature", self.inverse_temperature, 0, 1e6)
        check_number("initial_value", self.initial_value, -1e6, 1e6)

    @classmethod
    def for_environment(
        cls, env: TaskFamily, alpha: float = 0.3, beta: float = 5.0
    ) -> "RescorlaWagner":
        """Makes the player of `env`, with a learning rate `alpha` and inverse temperature `beta`.

        Raises:
          ValueError: if `env` is not a family of arms that win or lose, or a constant is refused.
        """
        check_arms(env)
        return cls(num_actions=env.num_actions, learning_rate=alpha, inverse_temperature=beta)

    @property
    def label(self) -> str:
        """The player's name, with its constants."""
        return f"delta rule (alpha {self.learning_rate:g}, beta {self.inverse_temperature:g})"

    def initial_memory(self, task: Any) -> Float[Array, " A"]:
        """The value of each arm at the start of an episode."""
        del task
        return jnp.full(self.num_actions, self.initial_value, jnp.float32)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws Gumbel noise: the argmax of logits plus noise is a sample from their softmax."""
        return jax.random.gumbel(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: Float[Array, " A"],
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Float[Array, " A"], Int[Array, ""], tuple[()]]:
        """Learns from the outcome of the trial before, and draws an arm."""
        # All zeros for -1, which is no arm.
        pulled = jax.nn.one_hot(previous_action, self.num_actions, dtype=jnp.float32)
        values = memory + self.learning_rate * pulled * (timestep.reward - memory)
        # Relative to the best: next to large numbers, the noise would lose its digits.
        logits = self.inverse_temperature * (values - values.max())
        action = jnp.argmax(logits + noise_t)
        return values, action.astype(jnp.int32), ()
