"""Baited arms: simulation 1 of Wang et al. 2018 (doi 10.1038/s41593-018-0147-8).

After Tsutsui et al. 2016 (doi 10.1038/ncomms12554): a bait, once placed, stays until it is taken.
An arm that was left alone for n trials pays with 1 - (1 - P0)^(n + 1). A player that has learnt how
this works spreads its choices according to what the arms pay: it matches. The definition and the
ranges of P0 are those of public replications; the paper prints that training leaves out the ranges
that are tested.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_bool, check_number, check_trials
from metarl.envs.arms import weigh
from metarl.envs.core import TimeStep
from metarl.envs.trials import ChoiceTrials, TrialState

TRAINED = ((0.0, 0.1), (0.2, 0.3), (0.4, 0.5))  # as shares of a total of .5
HELD_OUT = ((0.1, 0.2), (0.3, 0.4))
_CELLS = 30  # points of the filter


class BaitedTask(NamedTuple):
    """P0 of the left arm and of the right one: the chance of a bait on each trial."""

    rates: Float[Array, " 2"]


class BaitedState(NamedTuple):
    """The task, and for each arm the number of trials since it was chosen."""

    task: BaitedTask
    waited: Int[Array, " 2"]


class BaitedBelief(NamedTuple):
    """The probability of each possible P0 of the left arm, and the trials since each was chosen."""

    weights: Float[Array, " K"]
    waited: Int[Array, " 2"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Baited(ChoiceTrials, family="baited"):
    """Two arms that are baited: each pays the more often, the longer it was left alone.

    As a choice changes later trials, regret is not defined. The optimal policy is not known: the
    ideal observer's belief has too many numbers for value iteration. `planned_values` averages the
    values of players who are told P0 over the belief (Littman et al. 1995, "QMDP"). They are upper
    bounds, and the player that is greedy on them is no better than the one that is greedy on the
    belief: the better of the two is the best player we know. (They do not count on trials without a
    choice, which only invalid actions cause.)

    Attributes:
      num_trials: number of trials in an episode.
      total_rate: the sum of both arms' P0.
      held_out: whether P0 is drawn from the ranges that training leaves out: shares .2 to .4 and .6
        to .8 of the total, in place of 0 to .2, .4 to .6 and .8 to 1.
      fixation: whether trials begin with a cue that requires a central action; others cost 1.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 100
    total_rate: float = 0.5
    held_out: bool = False
    fixation: bool = False

    has_regret = False
    plan_label = "told P0, averaged"
    num_choices = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials, maximum=1_000)
        check_number("total_rate", self.total_rate, 0, 1)
        check_bool("held_out", self.held_out)
        check_bool("fixation", self.fixation)

    @property
    def reward_range(self) -> tuple[float, float]:  # type: ignore[override]
        """(-1, 1) with fixation, where an invalid action costs 1; (0, 1) without."""
        return (-1.0, 1.0) if self.fixation else (0.0, 1.0)

    def sample_task(self, key: Key[Array, ""]) -> BaitedTask:
        """Draws P0 of the left arm from its ranges, all equally wide. The key is consumed."""
        range_key, place_key = jax.random.split(key)
        low, high = jax.random.choice(range_key, jnp.array(self._ranges, jnp.float32))
        left = 2 * self.total_rate * jax.random.uniform(place_key, (), jnp.float32, low, high)
        return BaitedTask(jnp.stack([left, self.total_rate - left]))

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, "T 2"]:
        """Draws the tape: arm `a` pays on a step if entry [step, a] is below its chance.

        The key is consumed.
        """
        return jax.random.uniform(key, (self.num_steps, 2), jnp.float32)

    def begin(self, task: BaitedTask) -> BaitedState:
        """The state at the start of an episode: as if both arms had just been chosen."""
        return BaitedState(task, jnp.zeros(2, jnp.int32))

    def choose(
        self, inner: BaitedState, choice: Int[Array, ""], tape_t: Float[Array, " 2"]
    ) -> tuple[BaitedState, Float[Array, ""]]:
        """Takes what is at an arm, if there is anything."""
        pays = tape_t < _chances(inner.task.rates, inner.waited)
        reward = jnp.where(choice >= 0, pays[choice], False).astype(jnp.float32)
        return inner._replace(waited=_wait(inner.waited, choice)), reward

    def choice_values(self, inner: BaitedState) -> Float[Array, " 2"]:
        """Each arm's chance to pay on this trial."""
        return _chances(inner.task.rates, inner.waited)

    def action_values(self, state: TrialState) -> Float[Array, " A"]:
        """Zeros: what a choice is worth depends on later ones."""
        del state
        return jnp.zeros(self.num_actions, jnp.float32)

    def initial_belief(self) -> BaitedBelief:
        """All values of P0 in the ranges are equally likely."""
        return BaitedBelief(jnp.full(_CELLS, 1 / _CELLS, jnp.float32), jnp.zeros(2, jnp.int32))

    def update_belief(
        self,
        belief: BaitedBelief,
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> BaitedBelief:
        """Applies Bayes' rule to the outcome, and counts the trial."""
        chosen = jnp.where(action == self.num_choices, -1, action)
        chances = _chances(jnp.asarray(_rates(self)), belief.waited)
        seen = weigh(belief.weights, chances[:, jnp.maximum(chosen, 0)], next_timestep.reward)
        after = BaitedBelief(
            jnp.where(chosen < 0, belief.weights, seen), _wait(belief.waited, chosen)
        )
        at_cue = self._at_cue(timestep.step)
        return jax.tree.map(lambda old, new: jnp.where(at_cue, old, new), belief, after)

    def belief_values(
        self, belief: BaitedBelief, timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """Each arm's chance to pay on this trial, and the better arm's, under the belief."""
        chances = _chances(jnp.asarray(_rates(self)), belief.waited)
        best = jnp.sum(belief.weights * chances.max(axis=1))
        return self.with_cue(belief.weights @ chances, best, timestep.step), best

    def sample_values(
        self, key: Key[Array, ""], belief: BaitedBelief, timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws P0; each arm's chance to pay on this trial. The key is consumed."""
        rates = jax.random.choice(key, jnp.asarray(_rates(self)), p=belief.weights)
        values = _chances(rates, belief.waited)
        return self.with_cue(values, values.max(), timestep.step)

    def planned_values(self, belief: BaitedBelief, timestep: TimeStep) -> Float[Array, " A"]:
        """The expected reward to the end of the episode of players who are told P0, on average."""
        trial = jnp.minimum(timestep.step // self.steps_per_trial, self.num_trials - 1)
        last, waited = jnp.argmin(belief.waited), belief.waited.max()
        values = belief.weights @ jnp.asarray(_told(self))[trial, :, last, waited]
        return self.with_cue(values, values.max(), timestep.step)

    @property
    def action_names(self) -> tuple[str, ...]:
        """Left and right; with fixation, the centre as well."""
        return ("left", "right", "centre")[: self.num_actions]

    def describe(self) -> str:
        """The family in words."""
        return f"baited arms{' (held-out rates)' if self.held_out else ''}"

    def describe_task(self, task: BaitedTask) -> str:
        """Each arm's P0, in a sentence."""
        left, right = (float(rate) for rate in task.rates)
        return f"A bait came with {left:.2f} per trial on the left, {right:.2f} on the right."

    def describe_step(self, timestep: TimeStep) -> str:
        """What a person is shown: the cue, if there is one."""
        if not self.fixation:
            return ""
        return "A cross: choose the centre." if timestep.observation[0] else "Choose an arm."

    def task_columns(self, task: BaitedTask, trial: int) -> dict[str, float]:
        """P0 of the left arm and of the right one, as `p1` and `p2`."""
        del trial
        return {"p1": round(float(task.rates[0]), 6), "p2": round(float(task.rates[1]), 6)}

    @property
    def _ranges(self) -> tuple[tuple[float, float], ...]:
        return HELD_OUT if self.held_out else TRAINED


def _chances(rates: Float[Array, "*K 2"], waited: Int[Array, " 2"]) -> Float[Array, "*K 2"]:
    chances_since = jnp.broadcast_to(waited + 1, rates.shape).astype(jnp.float32)
    return 1 - (1 - rates) ** chances_since


def _wait(waited: Int[Array, " 2"], choice: Int[Array, ""]) -> Int[Array, " 2"]:
    return jnp.where(jnp.arange(2, dtype=jnp.int32) == choice, 0, waited + 1).astype(jnp.int32)


@functools.cache
def _rates(env: Baited) -> Float[np.ndarray, "K 2"]:
    """P0 of both arms at the filter's points, all equally likely."""
    each = _CELLS // len(env._ranges)
    middles = (np.arange(each) + 0.5) / each
    left = np.concatenate([low + (high - low) * middles for low, high in env._ranges])
    left = 2 * env.total_rate * left
    return np.stack([left, env.total_rate - left], axis=1).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _told(env: Baited) -> Float[np.ndarray, "N K 2 W 2"]:
    """The values of a player who is told P0.

    By trial, P0, the arm that was chosen last, the trials since the other one was, and the choice:
    by dynamic programming.
    """
    n, rates = env.num_trials, _rates(env)
    waits = np.arange(n + 2)
    longer = np.minimum(waits + 1, n + 1)
    values = np.zeros((n, len(rates), 2, n + 2, 2), np.float32)
    later = np.zeros((len(rates), 2, n + 2))
    for trial in reversed(range(n)):
        for last in (0, 1):
            other = 1 - last
            again = rates[:, [last]] + later[:, last, longer]
            switch = 1 - (1 - rates[:, [other]]) ** (waits + 1) + later[:, [other], 1]
            values[trial, :, last, :, last] = again
            values[trial, :, last, :, other] = switch
        later = values[trial].max(axis=-1)
    return values
