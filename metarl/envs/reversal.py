"""Reversal learning: two arms that win with p and 1 - p, and swap without notice.

Many laboratories use some form of this task. Here the probability of a reversal on each trial (the
hazard) is constant.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, Key

from metarl.checks import check_number, check_trials
from metarl.envs.arms import ArmsTask, MirroredArms, mirrored
from metarl.envs.core import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reversal(MirroredArms, family="reversal"):
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
        check_trials(self.num_trials)
        check_number("win_probability", self.win_probability, 0.5, 1)
        check_number("hazard", self.hazard, 0, 1)

    def sample_task(self, key: Key[Array, ""]) -> ArmsTask:
        """Draws the better arm of each trial. The key is consumed."""
        return self._task(sample_reversals(key, self.num_trials, self.hazard))

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

    def describe(self) -> str:
        """The family in words."""
        return f"reversal ({self.win_probability:g}, hazard {self.hazard:g})"

    def describe_task(self, task: ArmsTask) -> str:
        """When the arms swapped, in a sentence."""
        better = (np.asarray(task.probs)[:, 1] > 0.5).astype(np.int32)
        return f"Arm {int(better[0]) + 1} was the better one; {tell_reversals(better)}."

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[ArmsTask, list[str]]:
        """Tasks with one reversal each, from arm 1 to arm 2; later in each further row."""
        del key
        better, labels = one_reversal_each(count, self.num_trials)
        return self._task(jnp.asarray(better)), labels

    def _task(self, better: Int[Array, "*batch"]) -> ArmsTask:
        """The task of two arms, by the better one of each trial, 0 or 1."""
        p = jnp.float32(self.win_probability)
        return mirrored(jnp.where(better == 0, p, 1 - p))

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
