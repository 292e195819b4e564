"""The Kalman player: each arm's value is taken for a Gaussian random walk, seen through noise.

The filter is Kalman's (1960, doi 10.1115/1.3662552); as a model of choice among drifting arms: Daw
et al. 2006 (doi 10.1038/nature04766).
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.index_player import best_arm, check_arms
from metarl.checks import check_integer, check_number
from metarl.envs.core import TaskFamily, TimeStep


class Gaussian(NamedTuple):
    """The mean and the variance of each arm's value."""

    mean: Float[Array, " A"]
    variance: Float[Array, " A"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kalman:
    """Pulls the arm with the highest mean plus a multiple of its standard deviation.

    Attributes:
      num_actions: number of arms, `A`.
      step_size: standard deviation of a value's step from trial to trial.
      bonus: the multiple; 0 is greedy.
      noise: standard deviation of a reward around its value: at most 1/2 for wins and losses.
      mean: the mean of every arm's value at the start of an episode.
      spread: standard deviation of the values at the start.
    """

    num_actions: int
    step_size: float = 0.1
    bonus: float = 0.5
    noise: float = 0.45
    mean: float = 0.5
    spread: float = 0.29

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "One arm offers no choice.")
        for name in ("step_size", "bonus", "spread"):
            check_number(name, getattr(self, name), 0, 1e6)
        check_number("noise", self.noise, 1e-6, 1e6)
        check_number("mean", self.mean, -1e6, 1e6)

    @classmethod
    def for_environment(
        cls, env: TaskFamily, step_size: float = 0.1, bonus: float = 0.5
    ) -> "Kalman":
        """Makes the player of `env`.

        Raises:
          ValueError: if `env` is not a family of arms that win or lose, or a constant is refused.
        """
        check_arms(env)
        return cls(num_actions=env.num_actions, step_size=step_size, bonus=bonus)

    @property
    def label(self) -> str:
        """The player's name, with its constants."""
        return f"Kalman (steps {self.step_size:g}, bonus {self.bonus:g})"

    def initial_memory(self, task: Any) -> Gaussian:
        """Every arm alike."""
        del task
        ones = jnp.ones(self.num_actions, jnp.float32)
        return Gaussian(self.mean * ones, self.spread**2 * ones)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the numbers that break ties. The key is consumed."""
        return jax.random.uniform(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: Gaussian,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Gaussian, Int[Array, ""], tuple[()]]:
        """Learns from the outcome of the trial before, lets the values walk, and pulls an arm."""
        del params
        pulled = jax.nn.one_hot(previous_action, self.num_actions, dtype=jnp.float32)
        gain = pulled * memory.variance / (memory.variance + self.noise**2)
        mean = memory.mean + gain * (timestep.reward - memory.mean)
        walked = (1 - gain) * memory.variance + self.step_size**2
        variance = jnp.where(previous_action < 0, memory.variance, walked)
        action = best_arm(mean + self.bonus * jnp.sqrt(variance), noise_t)
        return Gaussian(mean, variance), action, ()
