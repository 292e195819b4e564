"""The colour bandit: two coloured arms that change sides; one colour pays.

It looks simple, and recurrent agents are known to fail on it: RecurrentPPO had not learnt it after
10^8 steps (sb3-contrib, issue 211). What is remembered must be a colour, not an action.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key

from metarl.checks import check_trials
from metarl.envs.core import TaskFamily, TimeStep
from metarl.envs.reversal import one_reversal_each


class ColoursTask(NamedTuple):
    """An episode's two colours, the paying one first; and on which trials that one is right."""

    colours: Float[Array, "2 3"]
    paying_is_right: Bool[Array, " T"]


class ColoursState(NamedTuple):
    """The task, and the number of trials so far."""

    task: ColoursTask
    trial: Int[Array, ""]


class ColoursBelief(NamedTuple):
    """What is known of the paying colour.

    Attributes:
      known: whether there was a choice before.
      colour: the paying colour; zeros before the first choice.
    """

    known: Bool[Array, ""]
    colour: Float[Array, " 3"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Colours(TaskFamily, family="colours"):
    """Two random colours, left and right in an order drawn anew on each trial; one always pays 1.

    An observation is the left colour and the right colour, red, green and blue from 0 to 1.

    Attributes:
      num_trials: number of trials in an episode, `T`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 100

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """Two sides."""
        return 2

    @property
    def observation_size(self) -> int:
        """Two colours of three numbers."""
        return 6

    @property
    def greedy_is_optimal(self) -> bool:
        """True: the first choice, whatever it is, tells all."""
        return True

    def sample_task(self, key: Key[Array, ""]) -> ColoursTask:
        """Draws two colours, and the sides they are on. The key is consumed."""
        colour_key, side_key = jax.random.split(key)
        return ColoursTask(
            colours=jax.random.uniform(colour_key, (2, 3), jnp.float32),
            paying_is_right=jax.random.bernoulli(side_key, shape=(self.num_trials,)),
        )

    def reset(self, task: ColoursTask) -> tuple[ColoursState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = ColoursState(task=task, trial=jnp.int32(0))
        return state, _time_step(jnp.float32(0.0), state)

    def step(
        self, state: ColoursState, action: Int[Array, ""], tape_t: Float[Array, ""]
    ) -> tuple[ColoursState, TimeStep]:
        """Chooses a side, 0 for left; returns the state after it, and the time step."""
        del tape_t
        reward = jnp.take(self.action_values(state), action)
        state = state._replace(trial=state.trial + 1)
        return state, _time_step(reward, state)

    def action_values(self, state: ColoursState) -> Float[Array, " 2"]:
        """1 for the side that the paying colour is on, 0 for the other."""
        right = state.task.paying_is_right[state.trial].astype(jnp.float32)
        return jnp.stack([1 - right, right])

    def initial_belief(self) -> ColoursBelief:
        """Nothing is known."""
        return ColoursBelief(known=jnp.bool_(False), colour=jnp.zeros(3, jnp.float32))

    def update_belief(
        self,
        belief: ColoursBelief,
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> ColoursBelief:
        """The paying colour is the chosen one after a reward, and the other one after none."""
        del belief
        paid_right = (action == 1) == (next_timestep.reward > 0)
        left, right = jnp.split(timestep.observation, 2)
        return ColoursBelief(known=jnp.bool_(True), colour=jnp.where(paid_right, right, left))

    def belief_values(
        self, belief: ColoursBelief, timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """Each side's reward under the belief, and the better side's, which is 1."""
        right = jnp.where(belief.known, self._is_right(belief, timestep), 0.5)
        return jnp.stack([1 - right, right]), jnp.float32(1.0)

    def sample_values(
        self, key: Key[Array, ""], belief: ColoursBelief, timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws which colour pays. The key is consumed."""
        values, _ = self.belief_values(belief, timestep)
        right = jax.random.bernoulli(key, values[1]).astype(jnp.float32)
        return jnp.stack([1 - right, right])

    @property
    def action_names(self) -> tuple[str, ...]:
        """The sides."""
        return "left", "right"

    def describe(self) -> str:
        """The family in words."""
        return "colour bandit"

    def describe_task(self, task: ColoursTask) -> str:
        """The colour that paid, in a sentence."""
        return f"{_name(task.colours[0])} paid, {_name(task.colours[1])} did not."

    def describe_step(self, timestep: TimeStep) -> str:
        """The two colours, as on the web: #ff8000."""
        left, right = jnp.split(timestep.observation, 2)
        return f"left {_name(left)}, right {_name(right)}"

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[Any, list[str]]:
        """Tasks of random colours; the paying one moves from left to right, later in each row."""
        at_right, labels = one_reversal_each(count, self.num_trials)
        colours = jax.random.uniform(key, (count, 2, 3), jnp.float32)
        labels = [label.replace("reversal", "moves right") for label in labels]
        return ColoursTask(colours, jnp.asarray(at_right == 1)), labels

    def _is_right(self, belief: ColoursBelief, timestep: TimeStep) -> Float[Array, ""]:
        left, right = jnp.split(timestep.observation, 2)
        distances = [jnp.abs(side - belief.colour).sum() for side in (left, right)]
        return (distances[1] < distances[0]).astype(jnp.float32)


def _name(colour: Float[ArrayLike, " 3"]) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in np.asarray(colour))


def _time_step(reward: Float[Array, ""], state: ColoursState) -> TimeStep:
    task = state.task
    here = task.paying_is_right[jnp.minimum(state.trial, len(task.paying_is_right) - 1)]
    order = jnp.where(here, task.colours[::-1], task.colours)
    return TimeStep(observation=order.reshape(-1), reward=reward, step=state.trial)
