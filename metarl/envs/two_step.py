"""The two-step task of Wang et al. 2018 (doi 10.1038/s41593-018-0147-8), simulation 4.

A first choice leads to one of two second states: usually to its own (a common transition), else to
the other's (an uncommon one). One second state pays with p and the other with 1 - p; they swap from
time to time. A player that knows the transitions credits the first choice that commonly leads to
the rewarded state, not the choice that was made.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from metarl.checks import check_bool, check_number, check_trials
from metarl.envs.core import TaskFamily, TimeStep
from metarl.envs.reversal import (
    filter_reversals,
    one_reversal_each,
    sample_reversals,
    tell_reversals,
)

_FIRST, _SECOND, _LOST, _FIXATION = 0, 1, 3, 4  # the two second states are 1 and 2


class TwoStepTask(NamedTuple):
    """Which second state is the better one on each trial: 0 or 1. There are `N` trials."""

    better: Int[Array, " N"]


class TwoStepState(NamedTuple):
    """The state of an episode.

    Attributes:
      task: the task.
      step: the number of steps so far.
      place: where the player is: 0 the first choice, 1 and 2 the second states, 3 nowhere (the
        first choice was invalid; nothing is shown), 4 the fixation cue.
    """

    task: TwoStepTask
    step: Int[Array, ""]
    place: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TwoStep(TaskFamily, family="two_step"):
    """Two-step task. Each trial has a first choice, and a second state whose reward is collected.

    The observation is one-hot: the first choice, the two second states and, with `fixation`, the
    cue. With `fixation`, a trial begins with a cue that requires the central action; the first
    choice and the second state require left or right; any other action costs 1. The paper does not
    say how a trial continues after one: here, a wrong action at the cue changes nothing else, an
    invalid first choice leads to no second state, and an invalid second action collects nothing.

    Attributes:
      num_trials: number of trials in an episode.
      common_probability: the probability of the common transition.
      win_probability: p, the probability that the better second state pays 1.
      hazard: the probability that the second states swap before a trial, from the second trial on.
      fixation: whether trials begin with a fixation cue: three steps and three actions instead of
        two and two.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 100
    common_probability: float = 0.8
    win_probability: float = 0.9
    hazard: float = 0.025
    fixation: bool = False

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        check_number("common_probability", self.common_probability, 0.5, 1)
        check_number("win_probability", self.win_probability, 0.5, 1)
        check_number("hazard", self.hazard, 0, 1)
        check_bool("fixation", self.fixation)

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """Left and right; with fixation, the centre as well."""
        return 3 if self.fixation else 2

    @property
    def steps_per_trial(self) -> int:  # type: ignore[override]
        """First choice and second state; with fixation, the cue as well."""
        return 3 if self.fixation else 2

    @property
    def observation_size(self) -> int:
        """One entry for the first choice, one for each second state, one for the cue."""
        return 4 if self.fixation else 3

    @property
    def reward_range(self) -> tuple[float, float]:  # type: ignore[override]
        """(-1, 1) with fixation, where an invalid action costs 1; (0, 1) without."""
        return (-1.0, 1.0) if self.fixation else (0.0, 1.0)

    @property
    def greedy_is_optimal(self) -> bool:
        """True: both second states are equally informative about which one is better."""
        return True

    def sample_task(self, key: Key[Array, ""]) -> TwoStepTask:
        """Draws the better second state of each trial. The key is consumed."""
        return TwoStepTask(sample_reversals(key, self.num_trials, self.hazard))

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, "T 2"]:
        """Draws the tape. The key is consumed.

        A transition is common if the first entry of its step is below `common_probability`; second
        state `s` pays if entry `s` of its step is below its probability of paying.
        """
        return jax.random.uniform(key, (self.num_steps, 2), jnp.float32)

    def reset(self, task: TwoStepTask) -> tuple[TwoStepState, TimeStep]:
        """Begins an episode in `task`."""
        state = TwoStepState(task=task, step=jnp.int32(0), place=jnp.int32(self._beginning))
        return state, self._time_step(jnp.float32(0.0), state)

    def step(
        self, state: TwoStepState, action: Int[Array, ""], tape_t: Float[Array, " 2"]
    ) -> tuple[TwoStepState, TimeStep]:
        """Acts at the cue, at the first choice or in the second state."""
        place = state.place
        valid = self.available_actions(state)[action]
        common = tape_t[0] < self.common_probability
        chosen = jnp.where(common, action, 1 - action)
        after_choice = jnp.where(valid, _SECOND + chosen, _LOST)
        next_place = jnp.where(
            place == _FIXATION, _FIRST, jnp.where(place == _FIRST, after_choice, self._beginning)
        )
        is_second = (place == 1) | (place == 2)
        pays = tape_t < self._chances(self._better(state))
        won = is_second & jnp.where(place == 2, pays[1], pays[0])
        reward = jnp.where(valid, won.astype(jnp.float32), jnp.float32(-1.0))
        state = state._replace(step=state.step + 1, place=next_place.astype(jnp.int32))
        return state, self._time_step(reward, state)

    def action_values(self, state: TwoStepState) -> Float[Array, " A"]:
        """The expected reward each action can still bring in this trial, given the better state."""
        return self._values(self._better(state), state.place)

    def available_actions(self, state: TwoStepState) -> Bool[Array, " A"]:
        """The centre at the cue, left and right elsewhere; any action where nothing is shown."""
        if not self.fixation:
            return jnp.ones(2, bool)
        central = jnp.array([False, False, True])
        free = state.place == _LOST
        return free | jnp.where(state.place == _FIXATION, central, ~central)

    def initial_belief(self) -> Float[Array, ""]:
        """The probability that the first of the second states is the better one: 1/2."""
        return jnp.float32(0.5)

    def update_belief(
        self,
        belief: Float[Array, ""],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, ""]:
        """Applies Bayes' rule to a second state's outcome and, after each trial, the hazard."""
        del action
        in_first, in_second = timestep.observation[1] > 0, timestep.observation[2] > 0
        reward = next_timestep.reward
        collected = (in_first | in_second) & (reward >= 0)
        learnt = filter_reversals(belief, in_first == (reward > 0), self.win_probability, 0.0)
        posterior = jnp.where(collected, learnt, belief)
        swapped = posterior * (1 - self.hazard) + (1 - posterior) * self.hazard
        last = timestep.step % self.steps_per_trial == self.steps_per_trial - 1
        return jnp.where(last, swapped, posterior)

    def belief_values(
        self, belief: Float[Array, ""], timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """The expected reward each action, and the best one, can still bring in this trial."""
        place = self._place(timestep)
        first, second = (self._values(jnp.int32(better), place) for better in (0, 1))
        best = belief * first.max() + (1 - belief) * second.max()
        return belief * first + (1 - belief) * second, best

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, ""], timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws which second state is the better one. The key is consumed."""
        better = jax.random.bernoulli(key, 1 - belief).astype(jnp.int32)
        return self._values(better, self._place(timestep))

    @property
    def action_names(self) -> tuple[str, ...]:
        """Left and right; with fixation, the centre as well."""
        return ("left", "right", "centre")[: self.num_actions]

    def describe(self) -> str:
        """The family in words."""
        return "two-step task with fixation" if self.fixation else "two-step task"

    def describe_task(self, task: TwoStepTask) -> str:
        """When the second states swapped, in a sentence."""
        names = ("A", "B")
        first = names[int(task.better[0])]
        return f"State {first} was the better one; {tell_reversals(task.better)}."

    def describe_step(self, timestep: TimeStep) -> str:
        """What a person is shown: the cue, the first choice, or the second state."""
        return (
            "Stage 1: choose left or right.",
            "Stage 2: you are in state A. Choose left or right to collect.",
            "Stage 2: you are in state B. Choose left or right to collect.",
            "No second stage. Choose anything to continue.",
            "A cross: choose the centre.",
        )[int(self._place(timestep))]

    def task_columns(self, task: TwoStepTask, trial: int) -> dict[str, float]:
        """Each second state's probability of paying on a trial, as `p1` and `p2`."""
        chances = (self.win_probability, round(1 - self.win_probability, 6))
        first, second = chances if task.better[trial] == 0 else chances[::-1]
        return {"p1": first, "p2": second}

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[Any, list[str]]:
        """Tasks with one reversal each, from state A to state B; later in each further row."""
        del key
        better, labels = one_reversal_each(count, self.num_trials)
        return TwoStepTask(better), labels  # type: ignore[arg-type]

    @property
    def _beginning(self) -> int:
        return _FIXATION if self.fixation else _FIRST

    def _better(self, state: TwoStepState) -> Int[Array, ""]:
        return state.task.better[state.step // self.steps_per_trial]

    def _chances(self, better: Int[Array, ""]) -> Float[Array, " 2"]:
        p = jnp.float32(self.win_probability)
        return jnp.where(better == 0, jnp.stack([p, 1 - p]), jnp.stack([1 - p, p]))

    def _values(self, better: Int[Array, ""], place: Int[Array, ""]) -> Float[Array, " A"]:
        pays, common = self._chances(better), jnp.float32(self.common_probability)
        choice = common * pays + (1 - common) * pays[::-1]
        second = jnp.where(place == 2, pays[1], pays[0])
        value = jnp.where(place == _FIRST, choice, second)
        if not self.fixation:
            return value
        penalty = jnp.float32(-1.0)
        at_cue = choice.max() + jnp.stack([penalty, penalty, 0.0])
        elsewhere = jnp.append(value, penalty)
        lost = jnp.zeros(3, jnp.float32)
        values = jnp.where(place == _FIXATION, at_cue, elsewhere)
        return jnp.where(place == _LOST, lost, values)

    def _place(self, timestep: TimeStep) -> Int[Array, ""]:
        """The place that a time step shows; see `TwoStepState`."""
        shown = timestep.observation
        seen = jnp.argmax(shown)
        return jnp.where(shown.max() == 0, _LOST, jnp.where(seen == 3, _FIXATION, seen))

    def _time_step(self, reward: Float[Array, ""], state: TwoStepState) -> TimeStep:
        entry = jnp.where(
            state.place == _FIXATION, 3, jnp.where(state.place == _LOST, -1, state.place)
        )
        shown = jax.nn.one_hot(entry, self.observation_size, dtype=jnp.float32)
        return TimeStep(observation=shown, reward=reward, step=state.step)
