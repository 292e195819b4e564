"""Drifting arms: each arm's win probability does a random walk of its own.

A player learns about an arm only by pulling it, and what it has learnt grows old: exploring never
ends. Ideal observer: a Bayes filter for each arm, on a grid. The optimal policy is not known.
"""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_choice, check_integer, check_number, check_trials
from metarl.envs.arms import ArmsTask, ChangingArms, weigh
from metarl.envs.core import TimeStep
from metarl.envs.walks import (
    BOUNDARIES,
    expected_largest,
    grid,
    kernel,
    sample_walks,
    start_weights,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drifting(ChangingArms, family="drifting"):
    """Arms whose win probabilities walk between 0 and 1, each by itself.

    Attributes:
      num_arms: number of arms, `A`.
      num_trials: number of trials in an episode, `T`.
      step_size: standard deviation of a walk's steps.
      boundary: what a walk does at 0 and 1: `"reflect"`, or `"clip"`: it stays there until a step
        leads back.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_arms: int = 2
    num_trials: int = 100
    step_size: float = 0.1
    boundary: str = "reflect"

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_arms", self.num_arms, 2, "One arm offers no choice.", maximum=10_000)
        check_trials(self.num_trials)
        check_number("step_size", self.step_size, 0, 1)
        check_choice("boundary", self.boundary, BOUNDARIES)

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """One for each arm."""
        return self.num_arms

    def sample_task(self, key: Key[Array, ""]) -> ArmsTask:
        """Draws the walks. The key is consumed."""
        return ArmsTask(
            sample_walks(
                key, self.num_trials, self.num_arms, self.step_size, boundary=self.boundary
            )
        )

    def initial_belief(self) -> Float[Array, "A G"]:
        """The probability of each arm's win probability, on a grid."""
        return jnp.tile(start_weights(), (self.num_arms, 1))

    def update_belief(
        self,
        belief: Float[Array, "A G"],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, "A G"]:
        """Applies Bayes' rule to the pulled arm, then each walk's step."""
        del timestep
        seen = weigh(belief[action], grid(), next_timestep.reward)
        return belief.at[action].set(seen) @ kernel(self.step_size, boundary=self.boundary)

    def belief_values(
        self, belief: Float[Array, "A G"], timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """Each arm's expected win probability, and the best arm's."""
        del timestep
        return belief @ grid(), expected_largest(belief, grid())

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, "A G"], timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws each arm's win probability from the belief. The key is consumed."""
        del timestep
        cells = jax.random.categorical(key, jnp.log(jnp.maximum(belief, 1e-30)))
        return jnp.take(grid(), cells)

    def describe(self) -> str:
        """The family in words."""
        return f"{self.num_arms} drifting arms (steps {self.step_size:g})"
