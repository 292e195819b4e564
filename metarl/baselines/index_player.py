"""Players that count wins and losses, score every arm, and pull the arm with the highest score."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_integer
from metarl.envs.arm_priors import AnyArray, Counts, count, no_counts
from metarl.envs.bandit import Bandit
from metarl.envs.core import TaskFamily, TimeStep
from metarl.exact.states import chance_of_best, counts_after


@dataclasses.dataclass(frozen=True, kw_only=True)
class IndexPlayer:
    """The base class of these players. Subclasses define `scores`.

    Attributes:
      num_actions: number of arms, `A`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_actions: int

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "One arm offers no choice.")

    @classmethod
    def for_environment(cls, env: TaskFamily) -> "IndexPlayer":
        """Makes the player of `env`.

        Raises:
          ValueError: if `env` is not a family of arms that win or lose.
        """
        check_arms(env)
        return cls(num_actions=env.num_actions)

    def scores(self, counts: Counts) -> Float[AnyArray, " A *grid"]:
        """The score of each arm, given the counts of all arms; equal arms get equal scores.

        It is called with JAX arrays to play, and with NumPy arrays to evaluate all states.
        """
        raise NotImplementedError

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms: see `metarl.exact.states`."""
        return chance_of_best(np.asarray(self.scores(counts_after(n1, n2))))

    def initial_memory(self, task: Any) -> Counts:
        """No wins and no losses yet."""
        del task
        return no_counts(self.num_actions)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the numbers that break ties. The key is consumed."""
        return jax.random.uniform(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and pulls the arm that now scores highest."""
        counts = count(memory, previous_action, timestep.reward)
        return counts, best_arm(jnp.asarray(self.scores(counts)), noise_t), ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class HorizonPlayer(IndexPlayer):
    """An index player whose tables cover `num_trials` trials; longer episodes are refused.

    Attributes:
      num_actions: number of arms, `A`.
      num_trials: number of trials in an episode, `T`.

    Raises:
      ValueError: at construction, if a value is impossible; in play, if an episode is longer.
    """

    num_trials: int

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        check_integer("num_trials", self.num_trials, 1, "An episode has at least one trial.")

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the numbers that break ties. The key is consumed."""
        self.check_length(num_steps)
        return super().draw_noise(key, num_steps)

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """As `IndexPlayer.first_arm_chance`, for states that the tables cover."""
        self.check_length(n1 + n2 + 1)
        return super().first_arm_chance(n1, n2)

    def check_length(self, num_steps: int) -> None:
        """Raises ValueError if an episode is longer than the player's tables."""
        if num_steps > self.num_trials:
            raise ValueError(
                f"`num_trials` must be at least {num_steps} for this episode, "
                f"got {self.num_trials}. Give the player the environment's `num_trials`."
            )


def best_arm(scores: Float[Array, " A"], noise: Float[Array, " A"]) -> Int[Array, ""]:
    """The arm with the highest score; in a tie, the one with the highest noise, in [0, 1)."""
    best = scores == scores.max()
    return jnp.argmax(jnp.where(best, noise, -1.0)).astype(jnp.int32)


def check_arms(env: TaskFamily) -> None:
    """Raises ValueError unless each step of `env` is a choice among arms that win or lose."""
    if env.steps_per_trial != 1 or env.observation_size or env.reward_range != (0.0, 1.0):
        raise ValueError(
            f"The family {env.family} does not consist of arms that each win or lose on their own."
        )


def check_independent(env: TaskFamily, what: str) -> None:
    """Raises ValueError unless `env` is a bandit of independent arms."""
    check_arms(env)
    if not isinstance(env, Bandit):
        raise ValueError(f"The family {env.family} must be `bandit` for {what}.")
    if env.reward_structure != "independent":
        raise ValueError(
            f"`reward_structure` must be 'independent' for {what}, got {env.reward_structure!r}."
            + (" For such pairs, the greedy player is optimal." if env.num_arms == 2 else "")
        )
