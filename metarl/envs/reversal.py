"""Reversal learning: two arms that win with p and 1 - p, and swap without notice.

Many laboratories use some form of this task. Here the probability of a reversal on each trial (the
hazard) is constant.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, Key

from metarl.checks import check_integer, check_number
from metarl.envs.core import TaskFamily, TimeStep


class ReversalTask(NamedTuple):
    """Which of the two arms is the better one on each trial: 0 or 1."""

    better: Int[Array, " T"]


class ReversalState(NamedTuple):
    """The task, and the number of trials so far."""

    task: ReversalTask
    trial: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reversal(TaskFamily, family="reversal"):
    """Two arms: one wins with p, the other with 1 - p; they swap from time to time.

    Attributes:
      num_trials: number of trials in an episode, `T`.
      win_probability: p, the better arm's win probability.
      hazard: the probability that the arms swap before a trial, from the second trial on.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 100
    win_probability: float = 0.9
    hazard: float = 0.025

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer(
            "num_trials", self.num_trials, 1, "An episode has at least one trial.", maximum=10**7
        )
        check_number("win_probability", self.win_probability, 0.5, 1)
        check_number("hazard", self.hazard, 0, 1)

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """Two arms."""
        return 2

    @property
    def greedy_is_optimal(self) -> bool:
        """True: both arms are equally informative about which one is better."""
        return True

    def sample_task(self, key: Key[Array, ""]) -> ReversalTask:
        """Draws the better arm of each trial. The key is consumed."""
        return ReversalTask(sample_reversals(key, self.num_trials, self.hazard))

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, "T 2"]:
        """Draws the tape: arm `a` pays on trial `t` if entry [t, a] is below its win probability.

        The key is consumed.
        """
        return jax.random.uniform(key, (self.num_trials, 2), jnp.float32)

    def reset(self, task: ReversalTask) -> tuple[ReversalState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = ReversalState(task=task, trial=jnp.int32(0))
        return state, _time_step(jnp.float32(0.0), state)

    def step(
        self, state: ReversalState, action: Int[Array, ""], tape_t: Float[Array, " 2"]
    ) -> tuple[ReversalState, TimeStep]:
        """Pulls one arm; returns the state after it, and the time step with its reward, 1 or 0."""
        wins = (tape_t < self.action_values(state)).astype(jnp.float32)
        reward = jnp.sum(wins * jax.nn.one_hot(action, 2, dtype=jnp.float32))
        state = state._replace(trial=state.trial + 1)
        return state, _time_step(reward, state)

    def action_values(self, state: ReversalState) -> Float[Array, " 2"]:
        """Each arm's win probability on this trial."""
        return self._values(state.task.better[state.trial] == 0)

    def initial_belief(self) -> Float[Array, ""]:
        """The probability that the first arm is the better one: 1/2."""
        return jnp.float32(0.5)

    def update_belief(
        self,
        belief: Float[Array, ""],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, ""]:
        """Applies Bayes' rule to the outcome, then the hazard before the next trial."""
        del timestep
        speaks_for_first = (action == 0) == (next_timestep.reward > 0)
        return filter_reversals(belief, speaks_for_first, self.win_probability, self.hazard)

    def belief_values(
        self, belief: Float[Array, ""], timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """Each arm's win probability under the belief, and the better arm's, which is p."""
        del timestep
        first, second = self._values(jnp.bool_(True)), self._values(jnp.bool_(False))
        return belief * first + (1 - belief) * second, first.max()

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, ""], timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws which arm is the better one. The key is consumed."""
        del timestep
        return self._values(jax.random.bernoulli(key, belief))

    @property
    def action_names(self) -> tuple[str, ...]:
        """The arms, counted from one."""
        return "arm 1", "arm 2"

    def describe(self) -> str:
        """The family in words."""
        return f"reversal ({self.win_probability:g}, hazard {self.hazard:g})"

    def describe_task(self, task: ReversalTask) -> str:
        """When the arms swapped, in a sentence."""
        return f"Arm {int(task.better[0]) + 1} was the better one; {tell_reversals(task.better)}."

    def task_columns(self, task: ReversalTask, trial: int) -> dict[str, float]:
        """Each arm's win probability on a trial, as `p1` and `p2`."""
        first, second = self._values(jnp.bool_(task.better[trial] == 0)).tolist()
        return {"p1": round(first, 6), "p2": round(second, 6)}

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[Any, list[str]]:
        """Tasks with one reversal each, from arm 1 to arm 2; later in each further row."""
        del key
        better, labels = one_reversal_each(count, self.num_trials)
        return ReversalTask(better), labels  # type: ignore[arg-type]

    def _values(self, first_is_better: Array) -> Float[Array, " 2"]:
        p = jnp.float32(self.win_probability)
        return jnp.where(first_is_better, jnp.stack([p, 1 - p]), jnp.stack([1 - p, p]))


def sample_reversals(key: Key[Array, ""], num_trials: int, hazard: float) -> Int[Array, " T"]:
    """Draws which of two options is better on each trial: first a fair coin, then the reversals.

    The key is consumed.
    """
    chances = jnp.full(num_trials, hazard, jnp.float32).at[0].set(0.5)
    return jnp.cumsum(jax.random.bernoulli(key, chances), dtype=jnp.int32) % 2


def filter_reversals(
    belief: Float[Array, ""], speaks_for_first: Array, win_probability: float, hazard: float
) -> Float[Array, ""]:
    """The probability that the first of two options is the better one on the next trial.

    Args:
      belief: that probability on this trial, before its outcome.
      speaks_for_first: whether the outcome is evidence for the first option: a win of it, or a
        loss of the other.
      win_probability: p, the probability that an outcome is evidence for the better option.
      hazard: the probability of a reversal before the next trial.
    """
    p = jnp.where(speaks_for_first, win_probability, 1 - win_probability).astype(jnp.float32)
    first, second = belief * p, (1 - belief) * (1 - p)
    posterior = first / jnp.maximum(first + second, 1e-30)
    return posterior * (1 - hazard) + (1 - posterior) * hazard


def one_reversal_each(count: int, num_trials: int) -> tuple[Int[np.ndarray, "B T"], list[str]]:
    """Tasks that reverse once, from the first option to the second, and a label for each.

    The first task reverses before its first trial, the last one never.
    """
    at = np.linspace(0, num_trials, count).round().astype(np.int32)
    better = (np.arange(num_trials) >= at[:, None]).astype(np.int32)
    return better, [f"reversal at {trial + 1}" if trial < num_trials else "none" for trial in at]


def tell_reversals(better: Int[ArrayLike, " T"]) -> str:
    """The trials before which a reversal took place, in words."""
    at = (np.flatnonzero(np.diff(np.asarray(better))) + 2).tolist()
    if not at:
        return "there was no reversal"
    return f"reversal{'s' if len(at) > 1 else ''} before trial {', '.join(map(str, at))}"


def _time_step(reward: Float[Array, ""], state: ReversalState) -> TimeStep:
    return TimeStep(observation=jnp.zeros((0,), jnp.float32), reward=reward, step=state.trial)
