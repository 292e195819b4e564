"""What families have in common in which a trial is one choice, with or without a fixation cue."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from metarl.envs.core import TaskFamily, TimeStep

PENALTY = -1.0  # for an invalid action, with fixation cues


class TrialState(NamedTuple):
    """The state of an episode.

    Attributes:
      inner: the family's own state.
      step: the number of steps so far.
    """

    inner: Any
    step: Int[Array, ""]


class ChoiceTrials(TaskFamily, abstract=True):
    """Trials of one choice; with `fixation`, a step with a cue comes first.

    With `fixation`, the cue requires a further, central action, and the choice one of the others;
    an invalid action costs 1. The papers do not say how a trial continues after one: here, at the
    cue it changes nothing else, and at the choice nothing is chosen on that trial. The observation
    has a first entry that is 1 at the cue.

    A family that inherits from this class defines `sample_task`, `num_choices`, `begin`, `choose`
    and `choice_values`; `show` if something is shown, and `forced_choice` if choices are forced.
    """

    fixation: bool
    num_choices: int
    num_shown: int = 0

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """One for each choice; with fixation, the central action is the last."""
        return self.num_choices + self.fixation

    @property
    def steps_per_trial(self) -> int:  # type: ignore[override]
        """The choice; with fixation, the cue before it."""
        return 2 if self.fixation else 1

    @property
    def observation_size(self) -> int:
        """What the family shows; with fixation, an entry for the cue before it."""
        return self.num_shown + self.fixation

    def begin(self, task: Any) -> Any:
        """The state at the start of an episode."""
        raise NotImplementedError

    def choose(
        self, inner: Any, choice: Int[Array, ""], tape_t: Any
    ) -> tuple[Any, Float[Array, ""]]:
        """Takes a choice, or none for -1; returns the state after the trial, and the reward."""
        raise NotImplementedError

    def choice_values(self, inner: Any) -> Float[Array, " C"]:
        """The expected reward of each choice, given the task."""
        raise NotImplementedError

    def forced_choice(self, inner: Any) -> Int[Array, ""] | None:
        """The choice that the environment makes on this trial, or -1; None if it never does."""
        del inner
        return None

    def show(self, inner: Any) -> Float[Array, " S"]:
        """What is shown at the choice: `num_shown` numbers, by default none."""
        del inner
        return jnp.zeros(0, jnp.float32)

    def reset(self, task: Any) -> tuple[TrialState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = TrialState(self.begin(task), jnp.int32(0))
        return state, self._time_step(jnp.float32(0.0), state)

    def step(
        self, state: TrialState, action: Int[Array, ""], tape_t: Any
    ) -> tuple[TrialState, TimeStep]:
        """Acts at the cue, or chooses; returns the state after it, and the time step."""
        inner, at_cue = state.inner, self._at_cue(state.step)
        central = action == self.num_choices
        after, reward = self.choose(inner, jnp.where(central, -1, action), tape_t)
        reward = jnp.asarray(reward, jnp.float32)
        if self.fixation:
            after = jax.tree.map(lambda new, old: jnp.where(at_cue, old, new), after, inner)
            reward = jnp.where(at_cue, 0.0, reward) + jnp.where(central == at_cue, 0.0, PENALTY)
        state = TrialState(after, state.step + 1)
        return state, self._time_step(reward.astype(jnp.float32), state)

    def action_values(self, state: TrialState) -> Float[Array, " A"]:
        """The expected reward each action can still bring in this trial, given the task."""
        values, forced = self.choice_values(state.inner), self.forced_choice(state.inner)
        best = values.max()
        if forced is not None:
            best = jnp.where(forced < 0, best, values[forced])
        return self.with_cue(values, best, state.step)

    def forced_action(self, state: TrialState) -> Int[Array, ""] | None:
        """The forced choice; -1 at a cue, and on free trials."""
        forced = self.forced_choice(state.inner)
        return None if forced is None else jnp.where(self._at_cue(state.step), -1, forced)

    def available_actions(self, state: TrialState) -> Bool[Array, " A"]:
        """The forced choice, or all that cost nothing."""
        if not self.fixation:
            return super().available_actions(state)
        central = jnp.arange(self.num_actions) == self.num_choices
        return super().available_actions(state) & (central == self._at_cue(state.step))

    def with_cue(
        self, values: Float[Array, " C"], best: Float[Array, ""], step: Int[Array, ""]
    ) -> Float[Array, " A"]:
        """The values of all actions on a step, by those of the choices and of the best one."""
        if not self.fixation:
            return values
        at_choice = jnp.append(values, PENALTY)
        obey = jnp.arange(self.num_actions) == self.num_choices
        at_cue = best + jnp.where(obey, 0.0, PENALTY)
        return jnp.where(self._at_cue(step), at_cue, at_choice).astype(jnp.float32)

    def _at_cue(self, step: Int[Array, ""]) -> Bool[Array, ""]:
        return (step % 2 == 0) & jnp.bool_(self.fixation)

    def _time_step(self, reward: Float[Array, ""], state: TrialState) -> TimeStep:
        shown = self.show(state.inner)
        if self.fixation:
            at_cue = self._at_cue(state.step).astype(jnp.float32)
            shown = jnp.concatenate([at_cue[None], shown * (1 - at_cue)])
        return TimeStep(observation=shown, reward=reward, step=state.step)
