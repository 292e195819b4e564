"""Evaluators: each plays with frozen copies of the parameters."""

import itertools
import logging
import os
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from metarl.a3c.curves import EvaluatorRow
from metarl.a3c.patience import Patience
from metarl.checkpoint import Progress
from metarl.config import TrainConfig
from metarl.evaluation import episode_regret, evaluate, trial_reward
from metarl.fork_server import process_context
from metarl.learner import Learner
from metarl.process import (
    Child,
    ChildLostError,
    answer,
    close_all,
    ready,
)

logger = logging.getLogger("metarl")

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
            keep_trace=False,
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
    """Evaluators in this process, which waits for them: what `num_workers=0` means."""

    def __init__(self, config: TrainConfig) -> None:
        self._evaluators = [Evaluator(config, index) for index in range(config.num_evaluators)]

    def offer(self, flat_params: np.ndarray, progress: Progress) -> list[Found]:
        """Evaluates a copy; returns the index and the row of each evaluator."""
        numbers = (progress.steps, progress.episodes, progress.seconds)
        return [(i, one.run(flat_params, *numbers)) for i, one in enumerate(self._evaluators)]

    finish = offer


class ProcessEvaluators:
    """Evaluator processes. One that is busy when a copy is offered takes a later one.

    One that is lost, or gives no answer for `worker_timeout_seconds`, is replaced, up to
    `max_worker_restarts` times in all.
    """

    def __init__(self, config: TrainConfig, num_params: int) -> None:
        self._config = config
        self._restarts = 0
        self._patience = Patience(config.worker_timeout_seconds)
        # Shared memory, as the workers have: a full pipe to one that hangs would hang the manager.
        context = process_context()
        self._parameters = [context.RawArray("f", num_params) for _ in range(config.num_evaluators)]
        self._pending: dict[int, bytes] = {}
        self._children: list[Child] = []
        try:
            for index in range(config.num_evaluators):
                self._children.append(self._start(index))
        except BaseException:
            self.close()
            raise

    def offer(self, flat_params: np.ndarray, progress: Progress) -> list[Found]:
        """Gives a copy to each evaluator that is free; returns the rows finished meanwhile."""
        numbers = np.array([progress.steps, progress.episodes, progress.seconds], np.float64)
        self._replace_overdue()
        rows: list[Found] = []
        for index, child in enumerate(self._children):
            if index in self._pending and child.has_answered():
                rows += self._collect(index)
            if index not in self._pending:
                self._pending[index] = numbers.tobytes()
                np.frombuffer(self._parameters[index], np.float32)[:] = flat_params
                self._patience.asked(index)
                child.send(self._pending[index])
        return rows

    def finish(self, flat_params: np.ndarray, progress: Progress) -> list[Found]:
        """Waits until every evaluator has done with this copy, too; returns all their rows."""
        rows = self._wait()
        rows += self.offer(flat_params, progress)
        return rows + self._wait()

    def close(self) -> None:
        """Ends all evaluator processes."""
        close_all(self._children)
        self._children = []

    def _start(self, index: int) -> Child:
        return Child(
            f"evaluator {index}",
            evaluator_main,
            self._config,
            index,
            self._parameters[index],
        )

    def _wait(self) -> list[Found]:
        rows: list[Found] = []
        while self._pending:
            self._replace_overdue()
            busy = [self._children[index] for index in self._pending]
            for child in ready(busy, timeout=1.0):
                rows += self._collect(self._children.index(child))
        return rows

    def _collect(self, index: int) -> list[Found]:
        """The row an evaluator has finished; none if it was lost, and its copy given to another."""
        try:
            numbers = np.frombuffer(self._children[index].receive(), np.float64).tolist()
        except ChildLostError as error:
            self._replace(index, error)
            return []
        del self._pending[index]
        self._patience.answered(index, owes_more=False)
        return [(index, EvaluatorRow(int(numbers[0]), int(numbers[1]), *numbers[2:]))]

    def _replace_overdue(self) -> None:
        for index in self._patience.overdue():
            child = self._children[index]
            if not child.has_answered():
                self._replace(index, child.give_up(self._config.worker_timeout_seconds))

    def _replace(self, index: int, error: ChildLostError) -> None:
        if self._restarts == self._config.max_worker_restarts or not error.can_be_replaced:
            raise error
        logger.warning("evaluator %d was lost and is replaced: %s", index, error)
        self._restarts += 1
        close_all([self._children[index]])
        self._children[index] = self._start(index)
        self._patience.replaced(index, owes_more=True)
        self._children[index].send(self._pending[index])


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
        # trained for long, or the learning curve would begin where learning ends.
        if evaluations == 1 and hasattr(os, "nice"):
            os.nice(10)
        step, episodes, seconds = np.frombuffer(connection.recv_bytes(), np.float64).tolist()
        flat_params = np.frombuffer(parameters, np.float32)
        row = evaluator.run(flat_params, int(step), int(episodes), seconds)
        answer(connection, np.array(row, np.float64).tobytes())
