"""The players that an agent is compared with, played in a thread while the agent trains."""

import math
import threading
from collections.abc import Callable
from typing import NamedTuple

from metarl.envs import TaskFamily
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import yardsticks
from metarl.evaluation.results import Estimate, EvalResult, episode_regret, trial_reward
from metarl.exact.optimum import optimum

COLLAPSED = (
    "The policy has collapsed: it does no better than chance and hardly varies (entropy %.3f "
    "nats). It will not recover: train again with another `random_seed`, a smaller "
    "`learning_rate` or a larger `entropy_cost`"
)


class Scale(NamedTuple):
    """Two levels of regret per episode, or of reward per trial, to judge an agent by.

    Attributes:
      random: that of random choices.
      best: that of the best player that knows no more than the agent does, or the best possible
        where that is known and better.
    """

    random: float
    best: float

    def share(self, value: float) -> float:
        """How far `value` is on the way from random, 0, to the best, 1."""
        return (self.random - value) / (self.random - self.best)


def has_collapsed(entropy: float, reached: float, num_actions: int) -> bool:
    """Whether a policy has given up exploring without having learnt anything.

    Args:
      entropy: the policy's mean entropy, in nats.
      reached: how far its regret or reward is on the way from random, 0, to the best, 1.
      num_actions: number of actions, `A`.
    """
    return reached < 0.1 and entropy < 0.02 * math.log(num_actions)


class Yardsticks:
    """The results of a few players in a family.

    They are played when `results` is first called, or in a thread that `start` begins.

    Args:
      env: the family.
      num_episodes: number of episodes that each plays.
      seed: the random seed of tasks, tapes and choices.
      num_workers: threads of each evaluation; 0 for one per core.
      then: called in the thread once all have played.
    """

    def __init__(
        self,
        env: TaskFamily,
        *,
        num_episodes: int,
        seed: int,
        num_workers: int = 0,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        self._env, self._num_episodes, self._seed = env, num_episodes, seed
        self._num_workers, self._then = num_workers, then
        self._results: dict[str, EvalResult] = {}
        self._scale: Scale | None = None
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def start(self) -> None:
        """Begins to play in a thread, unless it has begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._play, name="yardsticks")
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread once the current player has finished."""
        self._stopped = True
        if self._thread is not None:
            self._thread.join()

    def results(self) -> dict[str, EvalResult]:
        """The result of each player, by its label."""
        self.start()
        self._thread.join()  # type: ignore[union-attr]
        if self._error is not None:
            raise self._error
        return self._results

    def scale(self) -> Scale | None:
        """The scale to judge an agent by; None until every player has played."""
        return self._scale

    def _play(self) -> None:
        try:
            for label, player, params in yardsticks(self._env):
                if self._stopped:
                    return
                self._results[label] = evaluate(
                    player,
                    params,
                    self._env,
                    num_episodes=self._num_episodes,
                    seed=self._seed,
                    num_workers=self._num_workers,
                    keep="steps",
                )
            self._scale = make_scale(self._env, self._results)
            self._then()
        except Exception as error:
            self._error = error


def estimate(result: EvalResult, env: TaskFamily) -> Estimate:
    """Regret per episode; reward per trial in a family without regret."""
    return episode_regret(result) if env.has_regret else trial_reward(result)


def make_scale(env: TaskFamily, results: dict[str, EvalResult]) -> Scale | None:
    """The scale that players' results give.

    None if the best is not three standard errors from random choices: a share of nothing is noise.
    """
    levels = {
        label: estimate(result, env).mean for label, result in results.items() if label != "oracle"
    }
    exact = optimum(env)
    known = [*levels.values(), *([] if exact is None else [float(exact.sum())])]
    best = (min if env.has_regret else max)(known)
    error = estimate(results["random"], env).standard_error
    return Scale(levels["random"], best) if abs(levels["random"] - best) > 3 * error else None
