"""Workers: each plays its own episodes with a copy of the parameters, and gives gradients.

The parameters and gradients of a worker live in memory it shares with the manager; the pipe says
whose turn it is, in a few numbers per update, and carries no pickles.
"""

import logging
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import jax
import numpy as np

from metarl.a3c.patience import Patience
from metarl.config import TrainConfig
from metarl.fork_server import process_context
from metarl.jax_settings import make_key
from metarl.learner import Learner, Metrics
from metarl.memory import on_host
from metarl.process import (
    Child,
    ChildLostError,
    answer,
    close_all,
    ready,
)

logger = logging.getLogger("metarl")


class Contribution(NamedTuple):
    """What a worker gives for one update.

    Attributes:
      gradient: the gradient of the loss, flat, in float32.
      version: the number of updates behind the parameters it was computed with.
      batch: the index of the worker's batch of episodes it came from.
      steps: environment steps behind it.
      episodes: episodes finished with it.
      metrics: see `Metrics`.
    """

    gradient: np.ndarray
    version: int
    batch: int
    steps: int
    episodes: int
    metrics: Metrics


class Worker:
    """Plays batches of episodes, one unroll after the other.

    Its random stream depends on the seed, its index and the number of batches it has begun, and
    on nothing else: no two workers share one, and a resumed run goes on with fresh episodes.

    Args:
      learner: the update rule.
      index: which worker it is, counted from zero.
      first_batch: how many batches of episodes were begun before.
    """

    def __init__(self, learner: Learner, index: int, first_batch: int) -> None:
        self._learner = learner
        self._key = jax.random.fold_in(make_key(learner.config.random_seed), 1 + index)
        self._batch = first_batch - 1
        self._lengths = learner.unroll_lengths()
        self._next_unroll = len(self._lengths)

    def compile(self) -> None:
        """Compiles what `contribute` runs, before there are parameters to run it with."""
        nothing = np.zeros(self._learner.num_params, np.float32)
        self._learner.first_gradient(nothing, self._key, 0, 0)

    def contribute(self, flat_params: np.ndarray, version: int) -> Contribution:
        """Plays one unroll with the given parameters; begins new episodes if the last ended.

        Args:
          flat_params: the parameters, one flat float32 vector.
          version: the number of updates behind them.

        Returns:
          The gradient, and where it comes from.
        """
        if self._next_unroll == len(self._lengths):
            self._batch += 1
            self._next_unroll = 0
        length = self._lengths[self._next_unroll]
        if self._next_unroll == 0:
            gradient, metrics, self._episodes = self._learner.first_gradient(
                flat_params, self._key, self._batch, version
            )
        else:
            start = sum(self._lengths[: self._next_unroll])
            gradient, metrics, self._episodes = self._learner.gradient(
                flat_params, self._episodes, version, length, start
            )
        self._next_unroll += 1
        ended = self._next_unroll == len(self._lengths)
        num_episodes = self._learner.config.episodes_per_update
        return Contribution(
            gradient=on_host(gradient),
            version=version,
            batch=self._batch,
            steps=num_episodes * length,
            episodes=num_episodes if ended else 0,
            metrics=on_host(metrics),
        )


class InlineWorkers:
    """One worker in this process: what `num_workers=0` means. Deterministic."""

    def __init__(self, learner: Learner, first_batch: int) -> None:
        self._worker = Worker(learner, 0, first_batch)

    def idle(self) -> list[int]:
        """The workers that wait for parameters, when training begins."""
        return [0]

    def hand_out(self, index: int, flat_params: np.ndarray, version: int) -> None:
        """Gives the worker fresh parameters."""
        self._next = (flat_params, version)

    def collect(self) -> tuple[int, Contribution]:
        """Lets the worker play; returns its index, zero, and what it gives."""
        return 0, self._worker.contribute(*self._next)


class _Request(NamedTuple):
    """One gradient asked of a worker: where its parameters lie, and their version."""

    slot: int
    version: int


class ProcessWorkers:
    """Worker processes, each with shared memory for its parameters and its gradients.

    A worker has `gradients_in_flight` slots of that memory: while one gradient is on its way to
    become an update, the worker computes the next from another slot, and nobody waits.
    A worker that is lost, or gives no answer for `worker_timeout_seconds`, is replaced by another
    that goes on with fresh episodes, up to `max_worker_restarts` times in all; one that raises an
    exception ends training.
    """

    def __init__(self, config: TrainConfig, num_params: int, first_batches: list[int]) -> None:
        self._config = config
        self._restarts = 0
        self._patience = Patience(config.worker_timeout_seconds)
        self._ready: list[int] = []
        self._children: list[Child] = []
        self._batches = list(first_batches)
        context = process_context()

        # Anonymous shared memory: it has no name that could stay behind.
        def shared() -> list[list[Any]]:
            slots = range(config.gradients_in_flight)
            workers = range(config.num_workers)
            return [[context.RawArray("f", num_params) for _ in slots] for _ in workers]

        self._parameters, self._gradients = shared(), shared()
        self._free = [list(range(config.gradients_in_flight)) for _ in range(config.num_workers)]
        self._requests: list[list[_Request]] = [[] for _ in range(config.num_workers)]
        try:
            for index in range(config.num_workers):
                self._children.append(self._start(index))
        except BaseException:
            self.close()
            raise

    def idle(self) -> list[int]:
        """A worker for each gradient that can be asked for at once."""
        return list(range(self._config.num_workers)) * self._config.gradients_in_flight

    def hand_out(self, index: int, flat_params: np.ndarray, version: int) -> None:
        """Asks worker `index` for a gradient with fresh parameters."""
        request = _Request(self._free[index].pop(), version)
        np.frombuffer(self._parameters[index][request.slot], np.float32)[:] = flat_params
        self._requests[index].append(request)
        self._patience.asked(index)
        self._send(index, request)

    def collect(self) -> tuple[int, Contribution]:
        """Waits for the next worker that has finished; returns its index and what it gives.

        The gradient is a view of shared memory, good until the worker is handed parameters again.

        Raises:
          ChildFailedError: if a worker raised an exception.
          ChildLostError: if a worker was lost, and too many had been before.
        """
        while True:
            for index in self._patience.overdue():
                child = self._children[index]
                if not child.has_answered():
                    self._replace(index, child.give_up(self._config.worker_timeout_seconds))
            if not self._ready:  # served in turn: else the first would always come first
                self._ready = [self._children.index(c) for c in ready(self._children, timeout=1.0)]
                continue
            index = self._ready.pop()
            try:
                numbers = np.frombuffer(self._children[index].receive(), np.float64)
            except ChildLostError as error:
                self._replace(index, error)
                continue
            batch, steps, episodes = map(int, numbers[:3])
            self._batches[index] = batch + 1
            slot, version = self._requests[index].pop(0)
            self._free[index].append(slot)
            self._patience.answered(index, owes_more=bool(self._requests[index]))
            metrics = Metrics(*numbers[3:].tolist())
            gradient = np.frombuffer(self._gradients[index][slot], np.float32)
            return index, Contribution(gradient, version, batch, steps, episodes, metrics)

    def close(self) -> None:
        """Ends all worker processes."""
        close_all(self._children)
        self._children = []

    def _start(self, index: int) -> Child:
        return Child(
            f"worker {index}",
            worker_main,
            self._config,
            index,
            self._batches[index],
            self._parameters[index],
            self._gradients[index],
        )

    def _replace(self, index: int, error: ChildLostError) -> None:
        lost = self._children[index]
        if not error.can_be_replaced:
            raise error
        if self._restarts == self._config.max_worker_restarts:
            raise ChildLostError(
                f"{error} {self._restarts} lost workers had been replaced before "
                "(`max_worker_restarts`). Is there enough memory for `num_workers`?"
            ) from error
        logger.warning("%s was lost and is replaced: %s", lost.name, error)
        close_all([lost])
        self._restarts += 1
        self._batches[index] += 1  # the batch that was lost is not played again
        self._children[index] = self._start(index)
        self._patience.replaced(index, owes_more=bool(self._requests[index]))
        for request in self._requests[index]:
            self._send(index, request)

    def _send(self, index: int, request: _Request) -> None:
        self._children[index].send(np.array(request, np.int64).tobytes())


def worker_main(
    connection: Connection,
    config: TrainConfig,
    index: int,
    first_batch: int,
    parameters: list[Any],
    gradients: list[Any],
) -> None:
    """Runs a worker: on each request, plays one unroll and leaves its gradient in shared memory.

    Args:
      connection: the pipe to the manager; a request is a slot and the version of its parameters.
      config: the training run.
      index: which worker it is.
      first_batch: how many batches of episodes it (or one before it) has begun.
      parameters: shared memory the manager writes parameters to, by slot.
      gradients: shared memory this worker writes gradients to, by slot.
    """
    worker = Worker(Learner(config.environment, config.agent), index, first_batch)
    if index == 0:  # the others begin when they can find its program in the cache
        worker.compile()
    while True:
        slot, version = np.frombuffer(connection.recv_bytes(), np.int64).tolist()
        flat_params = np.frombuffer(parameters[slot], np.float32).copy()
        given = worker.contribute(flat_params, version)
        np.frombuffer(gradients[slot], np.float32)[:] = given.gradient
        numbers = [given.batch, given.steps, given.episodes, *given.metrics]
        answer(connection, np.array(numbers, np.float64).tobytes())
