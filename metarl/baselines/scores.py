"""Players that give every arm a score and pull the arm with the highest; ties go by lot."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.beta import AnyArray, Counts, count, no_counts
from metarl.baselines.two_arms import chance_of_best, counts_after
from metarl.envs import TimeStep
from metarl.validation import check_integer


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScorePlayer:
    """What such players share. Each of them is its `scores`, and no more.

    Attributes:
      num_actions: number of arms, `A`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_actions: int

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "One arm offers no choice.")

    def scores(self, counts: Counts) -> Float[AnyArray, " A *grid"]:
        """The score of each arm, given the wins and losses of all; equal arms get equal scores.

        It is called with JAX arrays to play, and with NumPy arrays to go through all states.
        """
        raise NotImplementedError

    def initial_memory(self, task: Any) -> Counts:
        """No wins and no losses yet."""
        del task
        return no_counts(self.num_actions)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws what breaks ties. The key is consumed."""
        return jax.random.uniform(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and returns the arm that now scores highest."""
        counts = count(memory, previous_action, timestep)
        return counts, best_arm(jnp.asarray(self.scores(counts)), noise_t), ()

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms in each state: 0, 1; in a tie 1/2."""
        return chance_of_best(np.asarray(self.scores(counts_after(n1, n2))))


@dataclasses.dataclass(frozen=True, kw_only=True)
class HorizonPlayer(ScorePlayer):
    """A score player with tables for so many trials, which must not be asked to play more.

    Attributes:
      num_actions: number of arms, `A`.
      num_trials: number of trials in an episode, `T`.

    Raises:
      ValueError: at construction, if a value is impossible; later, if an episode is longer.
    """

    num_trials: int

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        check_integer("num_trials", self.num_trials, 1, "An episode is a chain of trials.")

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws what breaks ties. The key is consumed."""
        self._check_length(num_steps)
        return super().draw_noise(key, num_steps)

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms in each state: 0, 1; in a tie 1/2."""
        self._check_length(n1 + n2 + 1)
        return super().first_arm_chance(n1, n2)

    def _check_length(self, num_steps: int) -> None:
        if num_steps > self.num_trials:
            raise ValueError(
                f"`num_trials` must be at least {num_steps} for this episode, "
                f"got {self.num_trials}. Give the player the environment's number."
            )


def best_arm(scores: Float[Array, " A"], noise: Float[Array, " A"]) -> Int[Array, ""]:
    """The arm with the highest score; of equals the one with the highest noise, in [0, 1)."""
    best = scores == scores.max()
    return jnp.argmax(jnp.where(best, noise, -1.0)).astype(jnp.int32)
