"""The results of an evaluation, and their summaries.

Shapes: `B` episodes, `T` steps.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Array, ArrayLike, Float

from metarl.envs import TaskFamily
from metarl.rollout import Trajectory

if TYPE_CHECKING:  # slow to import
    from pandas import DataFrame

_FEWEST = 10  # with fewer episodes, the normal approximation is useless


class EvalResult(NamedTuple):
    """The steps of an evaluation; figures, tables and files are made from it.

    Attributes:
      seed: the random seed of tasks, tapes and choices.
      trajectory: every step of every episode, with leading axes `B` and `T`; its `action_values`
        are NaN in a family without regret.
      regret: expected regret of each step, `[B, T]`; NaN in a family without regret.
      num_trials: number of trials in each episode.
      env: the family that was played.
      num_forced_trials: number of trials on which the environment chose.
    """

    seed: int
    trajectory: Trajectory
    regret: Float[Array, "B T"]
    num_trials: int
    env: TaskFamily
    num_forced_trials: int = 0

    def to_dataframe(self, **names: Any) -> "DataFrame":
        """A tidy table, one row per step; see `metarl.behaviour.to_dataframe` for the arguments."""
        export = importlib.import_module("metarl.behaviour.export")  # it builds on this module
        table: DataFrame = export.to_dataframe(self.env, self, **names)
        return table

    @property
    def curve(self) -> "Curve":
        """Cumulative expected regret up to each step, averaged over episodes."""
        return mean_curve(np.cumsum(self.regret, axis=1))


class Totals(NamedTuple):
    """The totals of an evaluation: a few numbers per episode, and a mean curve.

    Attributes:
      seed: the random seed of tasks, tapes and choices.
      rewards: sampled reward of each episode, summed over the steps of the trials that count.
      regret: expected regret of each episode, summed over its steps; NaN in a family without
        regret.
      suboptimal: number of suboptimal choices in each episode.
      curve: cumulative expected regret up to each step, averaged over episodes; in a family
        without regret, cumulative reward.
      num_trials: number of trials that count in each episode: those on which the player chose.
    """

    seed: int
    rewards: Float[np.ndarray, " B"]
    regret: Float[np.ndarray, " B"]
    suboptimal: Float[np.ndarray, " B"]
    curve: "Curve"
    num_trials: int


class Curve(NamedTuple):
    """The mean over episodes at each step, and its standard error."""

    mean: Float[np.ndarray, " T"]
    standard_error: Float[np.ndarray, " T"]


class Estimate(NamedTuple):
    """The mean over episodes, and its standard error."""

    mean: float
    standard_error: float


def episode_regret(result: EvalResult | Totals) -> Estimate:
    """Expected regret per episode: summed over its steps, then averaged over episodes."""
    if isinstance(result, Totals):
        return _estimate(result.regret)
    return _estimate(np.asarray(result.regret).sum(axis=1, dtype=np.float64))


def trial_reward(result: EvalResult | Totals) -> Estimate:
    """Sampled reward per trial, averaged over episodes; forced trials are left out."""
    if isinstance(result, Totals):
        return _estimate(result.rewards / result.num_trials)
    rewards, forced = np.asarray(result.trajectory.rewards, np.float64), result.num_forced_trials
    if forced:
        shape = (len(rewards), result.num_trials, -1)
        forced_trial = np.asarray(result.trajectory.forced).reshape(shape).any(axis=2)
        rewards = np.where(forced_trial, 0.0, rewards.reshape(shape).sum(axis=2))
    return _estimate(rewards.sum(axis=1) / (result.num_trials - forced))


def mean_curve(curves: Float[ArrayLike, "B T"]) -> Curve:
    """The mean of curves at each step; its error is NaN for fewer than ten curves, too few."""
    values = np.asarray(curves, np.float64)
    spread = (
        values.std(axis=0, ddof=1) if len(values) >= _FEWEST else np.full(values[0].shape, np.nan)
    )
    return Curve(values.mean(axis=0), spread / np.sqrt(len(values)))


class MeanCurve:
    """The running mean of curves that arrive in blocks, and its standard error.

    Blocks are combined as in Chan, Golub & LeVeque (1983, American Statistician 37).
    """

    def __init__(self, num_steps: int) -> None:
        self._count = 0
        self._mean, self._squares = np.zeros((2, num_steps))  # sums of squared deviations

    def add(self, curves: Float[np.ndarray, "b T"]) -> None:
        """Adds a block of episodes."""
        before, count = self._count, len(curves)
        self._count += count
        away = curves.mean(axis=0, dtype=np.float64) - self._mean
        self._squares += count * curves.var(axis=0, dtype=np.float64)
        self._squares += away**2 * before * count / self._count
        self._mean += away * count / self._count

    def result(self) -> Curve:
        """The mean so far; its error is NaN after only one episode."""
        freedom = self._count - 1 or np.nan
        return Curve(self._mean, np.sqrt(self._squares / freedom / self._count))


def _estimate(episodes: np.ndarray) -> Estimate:
    spread = episodes.std(ddof=1) if len(episodes) > 1 else np.nan
    return Estimate(float(episodes.mean()), float(spread / np.sqrt(len(episodes))))
