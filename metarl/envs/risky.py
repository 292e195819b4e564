"""Risky and safe arms: simulation 6 of Wang et al. 2018 (doi 10.1038/s41593-018-0147-8).

After Stopper et al. 2014 (doi 10.1016/j.neuron.2014.08.033): the safe arm always pays 1; the risky
one pays 4 or nothing, and its chance changes from block to block between one at which it is the
better arm and one at which it is the worse. Only a pull of the risky arm tells which. Episodes
begin with forced trials of both arms. The paper prints the two chances (.5 and .125) and the five
forced trials of each arm. It does not print the length of the blocks: here a change has the same
chance before every trial, which is our setting.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_bool, check_integer, check_number, check_trials
from metarl.envs.arms import weigh
from metarl.envs.core import TimeStep
from metarl.envs.planning import Outcomes, look_up, plan
from metarl.envs.reversal import sample_reversals, tell_reversals
from metarl.envs.trials import ChoiceTrials

_SAFE, _RISKY = 0, 1
_GRID = 501


class RiskyTask(NamedTuple):
    """What is drawn beforehand: there are `N` trials.

    Attributes:
      is_low: 1 on trials on which the risky arm's chance is the low one, else 0.
      forced: the arm that is forced on each trial: 0 safe, 1 risky, -1 none.
    """

    is_low: Int[Array, " N"]
    forced: Int[Array, " N"]


class RiskyState(NamedTuple):
    """The task, and the number of trials so far."""

    task: RiskyTask
    trial: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Risky(ChoiceTrials, family="risky"):
    """A safe arm that pays 1, and a risky arm that pays 4 with a chance that changes.

    Attributes:
      num_trials: number of trials in an episode, forced ones included.
      num_forced: number of forced trials of each arm, in random order at the start of an episode.
      prize: what the risky arm pays, if it pays.
      high_probability: its chance to pay in blocks in which it is the better arm.
      low_probability: the same in the other blocks.
      hazard: the probability of a change before a trial, from the second one on.
      fixation: whether trials begin with a cue that requires a central action; others cost 1.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 130
    num_forced: int = 5
    prize: float = 4.0
    high_probability: float = 0.5
    low_probability: float = 0.125
    hazard: float = 0.025
    fixation: bool = False

    num_choices = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_forced", self.num_forced, 0, maximum=10**6)
        why = "Some trials of an episode must be free."
        check_trials(self.num_trials, 2 * self.num_forced + 1, why)
        check_number("prize", self.prize, 0, 1e6)
        for name in ("high_probability", "hazard"):
            check_number(name, getattr(self, name), 0, 1)
        check_number("low_probability", self.low_probability, 0, self.high_probability)
        check_bool("fixation", self.fixation)

    @property
    def num_forced_trials(self) -> int:  # type: ignore[override]
        """The trials at the start, on which the environment chooses."""
        return 2 * self.num_forced

    @property
    def reward_range(self) -> tuple[float, float]:  # type: ignore[override]
        """From nothing, or the cost of an invalid action, to the prize."""
        return -1.0 if self.fixation else 0.0, float(max(self.prize, 1))

    def sample_task(self, key: Key[Array, ""]) -> RiskyTask:
        """Draws the changes, and the order of the forced trials. The key is consumed."""
        change_key, order_key = jax.random.split(key)
        arms = jnp.repeat(jnp.array([_SAFE, _RISKY], jnp.int32), self.num_forced)
        free = jnp.full(self.num_trials - self.num_forced_trials, -1, jnp.int32)
        return RiskyTask(
            is_low=sample_reversals(change_key, self.num_trials, self.hazard),
            forced=jnp.concatenate([jax.random.permutation(order_key, arms), free]),
        )

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, " T"]:
        """Draws the tape: the risky arm pays if a step's entry is below its chance.

        The key is consumed.
        """
        return jax.random.uniform(key, (self.num_steps,), jnp.float32)

    def begin(self, task: RiskyTask) -> RiskyState:
        """The state at the start of an episode."""
        return RiskyState(task, jnp.int32(0))

    def choose(
        self, inner: RiskyState, choice: Int[Array, ""], tape_t: Float[Array, ""]
    ) -> tuple[RiskyState, Float[Array, ""]]:
        """Pulls an arm, or none."""
        prize = jnp.where(tape_t < self._chance(inner), self.prize, 0.0)
        reward = jnp.where(choice == _RISKY, prize, jnp.where(choice == _SAFE, 1.0, 0.0))
        return inner._replace(trial=inner.trial + 1), reward

    def choice_values(self, inner: RiskyState) -> Float[Array, " 2"]:
        """1, and the risky arm's average pay on this trial."""
        return jnp.stack([jnp.float32(1), self.prize * self._chance(inner)])

    def forced_choice(self, inner: RiskyState) -> Int[Array, ""]:
        """The forced arm; -1 on free trials."""
        return jnp.asarray(inner.task.forced)[jnp.minimum(inner.trial, self.num_trials - 1)]

    def initial_belief(self) -> Float[Array, ""]:
        """The probability that the risky arm's chance is the high one: 1/2."""
        return jnp.float32(0.5)

    def update_belief(
        self,
        belief: Float[Array, ""],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, ""]:
        """Applies Bayes' rule to the risky arm's outcome and, after each trial, the hazard."""
        seen = self._after(belief, next_timestep.reward)
        at_cue = self._at_cue(timestep.step)
        drifted = self._drift(jnp.where(action == _RISKY, seen, belief))
        return jnp.where(at_cue, belief, drifted)

    def belief_values(
        self, belief: Float[Array, ""], timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """The expected reward of each action and of the best one, under the belief."""
        high, low = self._pays
        values = jnp.stack([jnp.float32(1), belief * high + (1 - belief) * low])
        best = belief * jnp.maximum(high, 1) + (1 - belief) * jnp.maximum(low, 1)
        return self.with_cue(values, best, timestep.step), best

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, ""], timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws the risky arm's chance. The key is consumed."""
        high, low = self._pays
        pays = jnp.where(jax.random.bernoulli(key, belief), high, low)
        values = jnp.stack([jnp.float32(1), pays])
        return self.with_cue(values, values.max(), timestep.step)

    def planned_values(self, belief: Float[Array, ""], timestep: TimeStep) -> Float[Array, " A"]:
        """The expected reward from this step to the last, for each action, if all are free."""
        trial = timestep.step // self.steps_per_trial
        values = look_up(jnp.asarray(_plan(self)), trial, belief[None])
        return self.with_cue(values, values.max(), timestep.step)

    def outcomes(self, belief: Float[Array, " 1"]) -> Outcomes:
        """What can follow: the safe arm pays 1, the risky one pays or does not."""
        high = belief[0]
        pays = high * self.high_probability + (1 - high) * self.low_probability
        after = [self._drift(self._after(high, reward)) for reward in (self.prize, 0.0)]
        same = self._drift(high)
        return Outcomes(
            chance=jnp.stack([jnp.array([1.0, 0.0], jnp.float32), jnp.stack([pays, 1 - pays])]),
            reward=jnp.array([[1.0, 0.0], [self.prize, 0.0]], jnp.float32),
            belief=jnp.stack([jnp.stack([same, same]), jnp.stack(after)])[..., None],
        )

    @property
    def action_names(self) -> tuple[str, ...]:
        """The arms; with fixation, the centre as well."""
        return ("safe", "risky", "centre")[: self.num_actions]

    def describe(self) -> str:
        """The family in words."""
        return f"risky and safe arms{' with fixation' if self.fixation else ''}"

    def describe_task(self, task: RiskyTask) -> str:
        """When the risky arm's chance changed, in a sentence."""
        better = "worse" if task.is_low[0] else "better"
        changes = tell_reversals(task.is_low).replace("reversal", "change")
        return f"The risky arm was the {better} one at first; {changes}."

    def describe_step(self, timestep: TimeStep) -> str:
        """What a person is shown: the cue, if there is one."""
        if not self.fixation:
            return ""
        return "A cross: choose the centre." if timestep.observation[0] else "Choose an arm."

    def task_columns(self, task: RiskyTask, trial: int) -> dict[str, float]:
        """The risky arm's chance to pay on a trial, as `p_risky`."""
        chances = (self.high_probability, self.low_probability)
        return {"p_risky": float(chances[int(task.is_low[trial])])}

    @property
    def _pays(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The risky arm's average pay at its high and at its low chance."""
        chances = jnp.array([self.high_probability, self.low_probability], jnp.float32)
        high, low = self.prize * chances
        return high, low

    def _chance(self, inner: RiskyState) -> Float[Array, ""]:
        low = inner.task.is_low[inner.trial] == 1
        return jnp.where(low, self.low_probability, self.high_probability).astype(jnp.float32)

    def _after(self, belief: Float[Array, ""], reward: Any) -> Float[Array, ""]:
        chances = jnp.array([self.high_probability, self.low_probability], jnp.float32)
        return weigh(jnp.stack([belief, 1 - belief]), chances, jnp.asarray(reward, jnp.float32))[0]

    def _drift(self, belief: Float[Array, ""]) -> Float[Array, ""]:
        return belief * (1 - self.hazard) + (1 - belief) * self.hazard


@functools.lru_cache(maxsize=4)
def _plan(env: Risky) -> Float[np.ndarray, "N G 2"]:
    with jax.ensure_compile_time_eval():
        return np.asarray(plan(env.outcomes, 1, env.num_trials, _GRID))
