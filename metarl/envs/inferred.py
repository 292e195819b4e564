"""Inferred value: simulation 3 of Wang et al. 2018 (doi 10.1038/s41593-018-0147-8).

After Bromberg-Martin et al. 2010 (doi 10.1152/jn.00158.2010): on each trial one of two targets is
shown, and has to be chosen. One of them pays, until they swap without notice. A player that knows
this infers, after an unexpected outcome at one target, that the other one's value has changed, too.
The paper prints neither how often targets swap nor what they pay; the defaults here are ours.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_bool, check_number, check_trials
from metarl.envs.core import TimeStep
from metarl.envs.reversal import (
    filter_reversals,
    one_reversal_each,
    sample_reversals,
    tell_reversals,
)
from metarl.envs.trials import ChoiceTrials


class InferredTask(NamedTuple):
    """The target that pays, and the one that is shown, on each of `N` trials: 0 left, 1 right."""

    pays: Int[Array, " N"]
    shown: Int[Array, " N"]


class InferredState(NamedTuple):
    """The task, and the number of trials so far."""

    task: InferredTask
    trial: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inferred(ChoiceTrials, family="inferred"):
    """One of two targets is shown, and forced; one of them pays 1, the other 0, and they swap.

    The observation has an entry for each target. All choices of a target are forced: there is no
    regret, and nothing to learn but values. With `fixation`, the policy has the cue to learn.

    Attributes:
      num_trials: number of trials in an episode.
      hazard: the probability that the targets swap before a trial, from the second one on.
      fixation: whether trials begin with a cue that requires a central action; others cost 1. It
        gives the critic a step before the target is shown.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 100
    hazard: float = 0.05
    fixation: bool = True

    num_choices = num_shown = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        check_number("hazard", self.hazard, 0, 1)
        check_bool("fixation", self.fixation)

    @property
    def reward_range(self) -> tuple[float, float]:  # type: ignore[override]
        """(-1, 1) with fixation, where an invalid action costs 1; (0, 1) without."""
        return (-1.0, 1.0) if self.fixation else (0.0, 1.0)

    @property
    def greedy_is_optimal(self) -> bool:
        """True: what is seen does not depend on any choice."""
        return True

    def sample_task(self, key: Key[Array, ""]) -> InferredTask:
        """Draws which target pays, and which one is shown. The key is consumed."""
        pays_key, shown_key = jax.random.split(key)
        shown = jax.random.bernoulli(shown_key, shape=(self.num_trials,)).astype(jnp.int32)
        return InferredTask(sample_reversals(pays_key, self.num_trials, self.hazard), shown)

    def begin(self, task: InferredTask) -> InferredState:
        """The state at the start of an episode."""
        return InferredState(task, jnp.int32(0))

    def choose(
        self, inner: InferredState, choice: Int[Array, ""], tape_t: Float[Array, ""]
    ) -> tuple[InferredState, Float[Array, ""]]:
        """Chooses a target."""
        del tape_t
        pays = inner.task.pays[inner.trial]
        return inner._replace(trial=inner.trial + 1), (choice == pays).astype(jnp.float32)

    def choice_values(self, inner: InferredState) -> Float[Array, " 2"]:
        """What the shown target pays: the other one cannot be chosen."""
        task, trial = inner
        pays = (task.shown[trial] == task.pays[trial]).astype(jnp.float32)
        return jnp.stack([pays, pays])

    def show(self, inner: InferredState) -> Float[Array, " 2"]:
        """An entry for each target: 1 for the one that is shown."""
        return jax.nn.one_hot(self.forced_choice(inner), 2, dtype=jnp.float32)

    def forced_choice(self, inner: InferredState) -> Int[Array, ""]:
        """The target that is shown."""
        return jnp.asarray(inner.task.shown)[jnp.minimum(inner.trial, self.num_trials - 1)]

    def initial_belief(self) -> Float[Array, ""]:
        """The probability that the left target pays: 1/2."""
        return jnp.float32(0.5)

    def update_belief(
        self,
        belief: Float[Array, ""],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, ""]:
        """Applies Bayes' rule to the outcome and, after each trial, the hazard."""
        speaks_for_left = (action == 0) == (next_timestep.reward > 0)
        learnt = filter_reversals(belief, speaks_for_left, 1.0, self.hazard)
        return jnp.where(self._at_cue(timestep.step), belief, learnt)

    def belief_values(
        self, belief: Float[Array, ""], timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """What the shown target pays on average, under the belief."""
        left_shown = timestep.observation[-2]
        pays = jnp.where(left_shown > 0, belief, 1 - belief)
        pays = jnp.where(self._at_cue(timestep.step), 0.5, pays)
        return self.with_cue(jnp.stack([pays, pays]), pays, timestep.step), pays

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, ""], timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws which target pays. The key is consumed."""
        left = jax.random.bernoulli(key, belief).astype(jnp.float32)
        return self.belief_values(left, timestep)[0]

    @property
    def action_names(self) -> tuple[str, ...]:
        """Left and right; with fixation, the centre as well."""
        return ("left", "right", "centre")[: self.num_actions]

    def describe(self) -> str:
        """The family in words."""
        return "inferred value"

    def describe_task(self, task: InferredTask) -> str:
        """When the targets swapped, in a sentence."""
        side = ("left", "right")[int(task.pays[0])]
        return f"The {side} target paid at first; {tell_reversals(task.pays)}."

    def describe_step(self, timestep: TimeStep) -> str:
        """What a person is shown: the cue, or the target."""
        if self.fixation and timestep.observation[0]:
            return "A cross: choose the centre."
        return f"Choose {'left' if timestep.observation[-2] else 'right'}."

    def task_columns(self, task: InferredTask, trial: int) -> dict[str, float]:
        """What each target pays on a trial, as `p1` and `p2`."""
        right = float(task.pays[trial])
        return {"p1": 1 - right, "p2": right}

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[InferredTask, list[str]]:
        """Tasks in which the paying target moves once, from left to right; targets are drawn."""
        pays, labels = one_reversal_each(count, self.num_trials)
        shown = jax.random.bernoulli(key, shape=pays.shape).astype(jnp.int32)
        return InferredTask(jnp.asarray(pays), shown), labels
