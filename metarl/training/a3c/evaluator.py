"""Evaluators evaluate frozen copies of the parameters during and after training."""

import itertools
import math
import os
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from metarl.config import TrainConfig
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret, trial_reward
from metarl.processes.child import Child, answer
from metarl.processes.fork_server import process_context
from metarl.storage.checkpoint import Progress
from metarl.storage.curves import EvaluatorRow
from metarl.training.a3c.pool import Pool
from metarl.training.learner import Learner

Found = tuple[int, EvaluatorRow]  # the index of an evaluator, and its row


class Evaluator:
    """Evaluates copies of the parameters, always on the same tasks of its own.

    Args:
      config: the training run.
      index: which evaluator it is, counted from zero.
    """

    def __init__(self, config: TrainConfig, index: int) -> None:
        self._config = config
        # Seeds of tasks that differ between evaluators, runs and the final evaluation.
        self._seed = int(
            np.random.SeedSequence((config.agent.random_seed, index)).generate_state(1)[0]
        )
        self._learner = Learner(config.environment, config.agent)

    def run(
        self, flat_params: np.ndarray, step: int, episodes: int, wall_seconds: float
    ) -> EvaluatorRow:
        """Evaluates one copy."""
        result = evaluate(
            self._learner.agent,
            self._learner.unravel(flat_params),
            self._config.environment,
            num_episodes=self._config.num_eval_episodes,
            seed=self._seed,
            keep="totals",
        )
        regret = episode_regret(result)
        return EvaluatorRow(
            step=step,
            episodes=episodes,
            wall_seconds=wall_seconds,
            mean_reward=trial_reward(result).mean,
            expected_regret=regret.mean,
            regret_standard_error=regret.standard_error,
        )


class InlineEvaluators:
    """Evaluators in this process, used with `num_workers=0`; training waits for them."""

    def __init__(self, config: TrainConfig) -> None:
        self._evaluators = [Evaluator(config, index) for index in range(config.num_evaluators)]

    def submit(self, flat_params: np.ndarray, progress: Progress) -> list[Found]:
        """Evaluates a copy; returns the index and the row of each evaluator."""
        numbers = (progress.steps, progress.episodes, progress.seconds)
        return [(i, one.run(flat_params, *numbers)) for i, one in enumerate(self._evaluators)]

    drain = submit


class ProcessEvaluators(Pool):
    """Evaluator processes. A busy evaluator skips the copy."""

    kind = "evaluator"

    def __init__(self, config: TrainConfig, num_params: int) -> None:
        # Shared memory, as the workers have: a full pipe to one that hangs would hang the manager.
        context = process_context()
        self._parameters = [context.RawArray("f", num_params) for _ in range(config.num_evaluators)]
        super().__init__(config, config.num_evaluators)

    def submit(self, flat_params: np.ndarray, progress: Progress) -> list[Found]:
        """Gives a copy to each evaluator that is free; returns the rows finished meanwhile."""
        numbers = np.array([progress.steps, progress.episodes, progress.seconds]).tobytes()
        rows: list[Found] = []
        while (found := self._next(timeout=0)) is not None:
            rows.append(found)
        for index in range(self.config.num_evaluators):
            if not self.owes(index):
                self.hand_over(index, flat_params, numbers)
        return rows

    def hand_over(self, index: int, flat_params: np.ndarray, numbers: bytes) -> None:
        """Sends a copy of the parameters to evaluator `index`."""
        np.frombuffer(self._parameters[index], np.float32)[:] = flat_params
        self.ask(index, numbers)

    def drain(self, flat_params: np.ndarray, progress: Progress) -> list[Found]:
        """Waits until every evaluator has done with this copy, too; returns all their rows."""
        return [*self._wait(), *self.submit(flat_params, progress), *self._wait()]

    def start(self, index: int, *, again: bool = False) -> Child:
        """Starts evaluator `index`."""
        del again
        name = f"{self.kind} {index}"
        return Child(name, evaluator_main, self.config, index, self._parameters[index])

    def _wait(self) -> list[Found]:
        rows: list[Found] = []
        while any(self.owes(index) for index in range(self.config.num_evaluators)):
            found = self._next(timeout=1.0)
            rows += [] if found is None else [found]
        return rows

    def _next(self, timeout: float) -> Found | None:
        answered = self.answer(timeout)
        if answered is None:
            return None
        step, episodes, *others = np.frombuffer(answered[1], np.float64).tolist()
        return answered[0], EvaluatorRow(int(step), int(episodes), *others)


def evaluator_main(
    connection: Connection, config: TrainConfig, index: int, parameters: Any
) -> None:
    """Runs an evaluator: on each request, evaluates one copy and answers with its row.

    Args:
      connection: the pipe to the manager; a request is step, episodes and wall seconds in float64.
      config: the training run.
      index: which evaluator it is.
      parameters: shared memory the manager has written the copy to.
    """
    evaluator = Evaluator(config, index)
    for evaluations in itertools.count():
        # On a busy machine the workers go first; but this process has to compile before they have
        # trained for long, otherwise the curve would start too late.
        if evaluations == 1 and hasattr(os, "nice"):
            os.nice(10)
        step, episodes, seconds = np.frombuffer(connection.recv_bytes(), np.float64).tolist()
        flat_params = np.frombuffer(parameters, np.float32)
        row = evaluator.run(flat_params, int(step), int(episodes), seconds)
        answer(connection, np.array(row, np.float64).tobytes())


def final_scores(config: TrainConfig, learner: Learner, flat_params: np.ndarray) -> dict[str, Any]:
    """Evaluates the trained agent, frozen, on tasks that no evaluator saw.

    Args:
      config: the training run.
      learner: its update rule.
      flat_params: the trained parameters, one flat vector.

    Returns:
      What a checkpoint keeps as its `scores`.
    """
    seed = int(np.random.SeedSequence((config.agent.random_seed, 2**32)).generate_state(1)[0])
    result = evaluate(
        learner.agent,
        learner.unravel(flat_params),
        config.environment,
        num_episodes=config.num_final_eval_episodes,
        seed=seed,
        keep="totals",
    )
    regret, reward = episode_regret(result), trial_reward(result)
    return {
        "expected_regret": _number(regret.mean),
        "expected_regret_standard_error": _number(regret.standard_error),
        "mean_reward": reward.mean,
        "num_episodes": config.num_final_eval_episodes,
        "seed": seed,
        "advantage_rewards": config.agent.advantage_rewards,
    }


def _number(value: float) -> float | None:
    """The value; None for NaN, which JSON does not have."""
    return None if math.isnan(value) else value
