"""Harlow's task with vectors: Wang et al. 2016, experiment 6, and Wang et al. 2018, simulation 5.

Two unfamiliar objects are shown, on sides drawn anew each trial. One of them is always rewarded.
Nothing is known of them on the first trial; from the second on, a player that has learnt to learn
makes no mistake (Harlow 1949, doi 10.1037/h0062474). The papers show pictures in a three-
dimensional room. Here an object is a vector of numbers, drawn from a cube: the rules are the same,
the seeing is not.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key

from metarl.checks import check_bool, check_integer, check_number, check_trials
from metarl.envs.core import TaskFamily, TimeStep

_CORNER = 3  # objects whose first three entries are above 1/2 are held out


class HarlowTask(NamedTuple):
    """An episode's two objects, the rewarded one first; and on which trials that one is right."""

    objects: Float[Array, "2 S"]
    rewarded_is_right: Bool[Array, " N"]


class HarlowState(NamedTuple):
    """The task, and the number of steps so far."""

    task: HarlowTask
    step: Int[Array, ""]


class HarlowBelief(NamedTuple):
    """Whether there was a choice before, and the rewarded object; zeros before the first choice."""

    known: Bool[Array, ""]
    rewarded: Float[Array, " S"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Harlow(TaskFamily, family="harlow"):
    """Two objects, left and right in an order drawn anew each trial; one is always rewarded.

    A trial has two steps: fixation, on which nothing is shown but a cue and no action matters, and
    the choice. The observation is the cue, the left object and the right one; at fixation, both
    objects are zeros.

    Attributes:
      num_trials: number of trials with the same two objects: an episode.
      object_size: number of entries of an object, each between 0 and 1; at least 3.
      held_out: whether objects are drawn from the corner of the cube that training leaves out, in
        which the first three entries are above 1/2; otherwise from the rest.
      reward: what the rewarded object pays.
      penalty: what the other one pays.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 6
    object_size: int = 8
    held_out: bool = False
    reward: float = 1.0
    penalty: float = -1.0

    steps_per_trial = 2
    num_actions = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        check_integer("object_size", self.object_size, _CORNER, maximum=10_000)
        check_bool("held_out", self.held_out)
        check_number("reward", self.reward, -1e6, 1e6)
        check_number("penalty", self.penalty, -1e6, self.reward)

    @property
    def observation_size(self) -> int:
        """The cue, and two objects."""
        return 1 + 2 * self.object_size

    @property
    def reward_range(self) -> tuple[float, float]:  # type: ignore[override]
        """The penalty and the reward; 0 at fixation lies within."""
        return min(self.penalty, 0.0), max(self.reward, 0.0)

    @property
    def greedy_is_optimal(self) -> bool:
        """True: the first choice, whatever it is, tells all."""
        return True

    def sample_task(self, key: Key[Array, ""]) -> HarlowTask:
        """Draws two objects, and the sides they are on. The key is consumed."""
        object_key, side_key = jax.random.split(key)
        return HarlowTask(
            objects=jax.vmap(self._draw_object)(jax.random.split(object_key)),
            rewarded_is_right=jax.random.bernoulli(side_key, shape=(self.num_trials,)),
        )

    def reset(self, task: HarlowTask) -> tuple[HarlowState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = HarlowState(task=task, step=jnp.int32(0))
        return state, self._time_step(jnp.float32(0.0), state)

    def step(
        self, state: HarlowState, action: Int[Array, ""], tape_t: Float[Array, ""]
    ) -> tuple[HarlowState, TimeStep]:
        """Looks at the cue, or chooses a side; returns the state after it, and the time step."""
        del tape_t
        pays = self.action_values(state)[action]
        reward = jnp.where(self._at_cue(state.step), 0.0, pays)
        state = state._replace(step=state.step + 1)
        return state, self._time_step(reward, state)

    def action_values(self, state: HarlowState) -> Float[Array, " 2"]:
        """What each side pays; at fixation, what the rewarded object will pay."""
        right = state.task.rewarded_is_right[state.step // 2].astype(jnp.float32)
        return self._values(right, jnp.float32(self.reward), state.step)

    def initial_belief(self) -> HarlowBelief:
        """Nothing is known."""
        return HarlowBelief(jnp.bool_(False), jnp.zeros(self.object_size, jnp.float32))

    def update_belief(
        self,
        belief: HarlowBelief,
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> HarlowBelief:
        """The rewarded object is the chosen one after the reward, else the other one."""
        left, right = jnp.split(timestep.observation[1:], 2)
        paid_right = (action == 1) == (next_timestep.reward == self.reward)
        seen = HarlowBelief(jnp.bool_(True), jnp.where(paid_right, right, left))
        at_cue = self._at_cue(timestep.step)
        return jax.tree.map(lambda old, new: jnp.where(at_cue, old, new), belief, seen)

    def belief_values(
        self, belief: HarlowBelief, timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """What each side, and the better one, can still bring in this trial, under the belief."""
        left, right = jnp.split(timestep.observation[1:], 2)
        away = [jnp.abs(side - belief.rewarded).sum() for side in (left, right)]
        is_right = jnp.where(belief.known, (away[1] < away[0]).astype(jnp.float32), 0.5)
        best = jnp.float32(self.reward)
        return self._values(is_right, best, timestep.step), best

    def sample_values(
        self, key: Key[Array, ""], belief: HarlowBelief, timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws which object is rewarded. The key is consumed."""
        values, best = self.belief_values(belief, timestep)
        right = jax.random.bernoulli(key).astype(jnp.float32)
        drawn = self._values(right, best, timestep.step)
        return jnp.where(belief.known, values, drawn)

    @property
    def action_names(self) -> tuple[str, ...]:
        """The sides."""
        return "left", "right"

    def describe(self) -> str:
        """The family in words."""
        return f"Harlow's task{' (held-out objects)' if self.held_out else ''}"

    def describe_task(self, task: HarlowTask) -> str:
        """The rewarded object, in a sentence."""
        return f"{_name(task.objects[0])} was rewarded, {_name(task.objects[1])} was not."

    def describe_step(self, timestep: TimeStep) -> str:
        """The cue, or the two objects."""
        if timestep.observation[0]:
            return "A cross: choose either side to continue."
        left, right = jnp.split(timestep.observation[1:], 2)
        return f"left {_name(left)}, right {_name(right)}"

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[Any, list[str]]:
        """Drawn tasks, labelled by the side of the rewarded object on each trial."""
        tasks = jax.vmap(self.sample_task)(jax.random.split(key, count))
        sides = [["LR"[int(right)] for right in row] for row in tasks.rewarded_is_right]
        return tasks, ["".join(row[:12]) for row in sides]

    def _draw_object(self, key: Key[Array, ""]) -> Float[Array, " S"]:
        """Draws an object within the corner, or outside of it. The key is consumed."""
        place_key, octant_key = jax.random.split(key)
        inside = 0 if self.held_out else 1
        octant = jax.random.randint(octant_key, (), inside, 1 if self.held_out else 2**_CORNER)
        places = jnp.arange(_CORNER, dtype=octant.dtype)
        low = (octant >> places) % 2  # 1: below 1/2; octant 0 is the corner
        drawn = jax.random.uniform(place_key, (self.object_size,), jnp.float32)
        return drawn.at[:_CORNER].set((drawn[:_CORNER] + (1 - low).astype(jnp.float32)) / 2)

    def _values(
        self, right: Float[Array, ""], best: Float[Array, ""], step: Int[Array, ""]
    ) -> Float[Array, " 2"]:
        chance = jnp.stack([1 - right, right])
        pays = chance * self.reward + (1 - chance) * self.penalty
        return jnp.where(self._at_cue(step), best, pays).astype(jnp.float32)

    def _at_cue(self, step: Int[Array, ""]) -> Bool[Array, ""]:
        return step % 2 == 0

    def _time_step(self, reward: Float[Array, ""], state: HarlowState) -> TimeStep:
        task = state.task
        trial = jnp.minimum(state.step // 2, len(task.rewarded_is_right) - 1)
        order = jnp.where(task.rewarded_is_right[trial], task.objects[::-1], task.objects)
        at_cue = self._at_cue(state.step).astype(jnp.float32)
        shown = jnp.concatenate([at_cue[None], (1 - at_cue) * order.reshape(-1)])
        return TimeStep(observation=shown, reward=reward.astype(jnp.float32), step=state.step)


def _name(item: Float[ArrayLike, " S"]) -> str:
    """An object as a string of digits, one for each entry, from 0 to 9."""
    return "".join(str(min(9, int(10 * float(entry)))) for entry in np.asarray(item))
