"""The two-step task for people: Daw et al. 2011 (doi 10.1016/j.neuron.2011.02.027).

A first choice leads to one of two second states, usually to its own. Each second state offers two
choices of its own; their four chances to pay do slow random walks. The optimal policy is not known.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_number, check_trials
from metarl.envs.arms import weigh
from metarl.envs.core import TaskFamily, TimeStep
from metarl.envs.walks import expected_largest, grid, kernel, sample_walks, start_weights

_FIRST = 0  # the two second states are 1 and 2


class DawTask(NamedTuple):
    """The chance to pay of each choice in each second state, on each of `N` trials."""

    probs: Float[Array, "N 2 2"]


class DawState(NamedTuple):
    """The state of an episode.

    Attributes:
      task: the task.
      step: the number of steps so far.
      place: where the player is: 0 the first choice, 1 and 2 the second states.
    """

    task: DawTask
    step: Int[Array, ""]
    place: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Daw(TaskFamily, family="daw"):
    """Two-step task with walking chances: a first choice, then one of two in a second state.

    The observation is one-hot: the first choice and the two second states.

    Attributes:
      num_trials: number of trials in an episode.
      common_probability: the probability of the common transition.
      step_size: standard deviation of the steps of each chance, from trial to trial.
      low: the lowest chance; walks begin anywhere, and are reflected at both ends.
      high: the highest chance.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 201
    common_probability: float = 0.7
    step_size: float = 0.025
    low: float = 0.25
    high: float = 0.75

    steps_per_trial = 2
    num_actions = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        check_number("common_probability", self.common_probability, 0.5, 1)
        check_number("step_size", self.step_size, 0, 1)
        check_number("low", self.low, 0, 1)
        check_number("high", self.high, self.low, 1, above_low=True)

    @property
    def observation_size(self) -> int:
        """One entry for the first choice, one for each second state."""
        return 3

    def sample_task(self, key: Key[Array, ""]) -> DawTask:
        """Draws the four walks. The key is consumed."""
        walks = sample_walks(key, self.num_trials, 4, self.step_size, self.low, self.high)
        return DawTask(walks.reshape(-1, 2, 2))

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, "T 4"]:
        """Draws the tape. The key is consumed.

        A transition is common if the first entry of its step is below `common_probability`; choice
        `a` in second state `s` pays if entry 2 s + a is below its chance.
        """
        return jax.random.uniform(key, (self.num_steps, 4), jnp.float32)

    def reset(self, task: DawTask) -> tuple[DawState, TimeStep]:
        """Begins an episode in `task`."""
        state = DawState(task=task, step=jnp.int32(0), place=jnp.int32(_FIRST))
        return state, _time_step(jnp.float32(0.0), state)

    def step(
        self, state: DawState, action: Int[Array, ""], tape_t: Float[Array, " 4"]
    ) -> tuple[DawState, TimeStep]:
        """Makes the first choice, or the one in the second state."""
        place, second = state.place, jnp.maximum(state.place - 1, 0)
        common = tape_t[0] < self.common_probability
        reached = 1 + jnp.where(common, action, 1 - action)
        wins = tape_t.reshape(2, 2) < state.task.probs[state.step // 2]
        reward = (place != _FIRST) & wins[second, action]
        next_place = jnp.where(place == _FIRST, reached, _FIRST).astype(jnp.int32)
        state = state._replace(step=state.step + 1, place=next_place)
        return state, _time_step(reward.astype(jnp.float32), state)

    def action_values(self, state: DawState) -> Float[Array, " 2"]:
        """The expected reward each action can still bring in this trial, given the chances."""
        probs = state.task.probs[state.step // 2]
        return self._values(probs, probs.max(axis=1), state.place)

    def initial_belief(self) -> Float[Array, "2 2 G"]:
        """The probability of each chance, on a grid from `low` to `high`."""
        return jnp.tile(start_weights(), (2, 2, 1))

    def update_belief(
        self,
        belief: Float[Array, "2 2 G"],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, "2 2 G"]:
        """Applies Bayes' rule to the choice in a second state, then each walk's step."""
        second = jnp.maximum(jnp.argmax(timestep.observation) - 1, 0)
        seen = weigh(belief[second, action], self._grid, next_timestep.reward)
        moved = belief.at[second, action].set(seen) @ kernel(self.step_size, self.low, self.high)
        return jnp.where(timestep.observation[_FIRST] > 0, belief, moved)

    def belief_values(
        self, belief: Float[Array, "2 2 G"], timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """The expected reward each action, and the best one, can still bring in this trial.

        What a first choice brings is the mean over what the chances may be, each second state then
        being played by one who knows them.
        """
        place = jnp.argmax(timestep.observation)
        best = expected_largest(belief, self._grid)
        values = self._values(belief @ self._grid, best, place)
        # The better first choice, given the chances: from the probabilities of each state's best.
        below = jnp.cumsum(belief, axis=-1).prod(axis=1)
        of_best = jnp.diff(below, axis=-1, prepend=0.0)
        spread = expected_largest(of_best, self._grid)
        at_first = self.common_probability * spread + (1 - self.common_probability) * (
            best.sum() - spread
        )
        at_second = best[jnp.maximum(place - 1, 0)]
        return values, jnp.where(place == _FIRST, at_first, at_second)

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, "2 2 G"], timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws the four chances from the belief. The key is consumed."""
        cells = jax.random.categorical(key, jnp.log(jnp.maximum(belief, 1e-30)))
        probs = jnp.take(self._grid, cells)
        return self._values(probs, probs.max(axis=1), jnp.argmax(timestep.observation))

    @property
    def action_names(self) -> tuple[str, ...]:
        """Left and right."""
        return "left", "right"

    def describe(self) -> str:
        """The family in words."""
        return "two-step task of Daw et al."

    def describe_task(self, task: DawTask) -> str:
        """How well each second state's better choice paid, in a sentence."""
        a, b = np.asarray(task.probs).max(axis=2).mean(axis=0)
        return f"The better choice paid with {a:.2f} on average in state A, {b:.2f} in state B."

    def describe_step(self, timestep: TimeStep) -> str:
        """What a person is shown: the first choice, or the second state."""
        return (
            "Stage 1: choose left or right.",
            "Stage 2: you are in state A. Choose left or right.",
            "Stage 2: you are in state B. Choose left or right.",
        )[int(jnp.argmax(timestep.observation))]

    def task_columns(self, task: DawTask, trial: int) -> dict[str, float]:
        """Each choice's chance on a trial: `p1` and `p2` in state A, `p3` and `p4` in state B."""
        probs = np.asarray(task.probs[trial], np.float64).reshape(-1)
        return {f"p{i + 1}": round(float(p), 6) for i, p in enumerate(probs)}

    @property
    def _grid(self) -> Float[np.ndarray, " G"]:
        return grid(self.low, self.high)

    def _values(
        self, probs: Float[Array, "2 2"], best: Float[Array, " 2"], place: Int[Array, ""]
    ) -> Float[Array, " 2"]:
        common = jnp.float32(self.common_probability)
        first = common * best + (1 - common) * best[::-1]
        return jnp.where(place == _FIRST, first, probs[jnp.maximum(place - 1, 0)])


def _time_step(reward: Float[Array, ""], state: DawState) -> TimeStep:
    shown = jax.nn.one_hot(state.place, 3, dtype=jnp.float32)
    return TimeStep(observation=shown, reward=reward, step=state.step)
