"""Workers: each plays its own episodes with a copy of the parameters, and sends gradients.

The parameters and gradients of a worker live in memory it shares with the manager; the pipe says
whose turn it is, in a few numbers per update, and carries no pickles.
"""

from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import jax
import numpy as np

from metarl.config import TrainConfig
from metarl.jax_settings import make_key
from metarl.processes.child import Child, answer
from metarl.processes.fork_server import process_context
from metarl.processes.memory import on_host
from metarl.training.a3c.pool import Pool
from metarl.training.learner import Learner, Metrics


class Gradient(NamedTuple):
    """What a worker sends for one update.

    Attributes:
      flat: the gradient of the loss, one flat float32 vector.
      version: the number of updates applied to the parameters it was computed with.
      batch: the index of the worker's batch of episodes it came from.
      steps: environment steps it was computed from.
      episodes: episodes finished with it.
      metrics: see `Metrics`.
    """

    flat: np.ndarray
    version: int
    batch: int
    steps: int
    episodes: int
    metrics: Metrics


class Worker:
    """Plays batches of episodes, one unroll after the other.

    Its random stream depends on the seed, its index and the number of batches it has begun, and
    on nothing else: no two workers share one, and a resumed run continues with new episodes.

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
        """Compiles what `play` runs, before there are parameters to run it with."""
        nothing = np.zeros(self._learner.num_params, np.float32)
        self._learner.first_gradient(nothing, self._key, 0, np.float32(0))

    def play(self, flat_params: np.ndarray, version: int, done: float) -> Gradient:
        """Plays one unroll with the given parameters; begins new episodes if the last ended.

        Args:
          flat_params: the parameters, one flat float32 vector.
          version: the number of updates behind them.
          done: the fraction that these are of all updates.

        Returns:
          The gradient, and where it comes from.
        """
        if self._next_unroll == len(self._lengths):
            self._batch += 1
            self._next_unroll = 0
        length = self._lengths[self._next_unroll]
        if self._next_unroll == 0:
            gradient, metrics, self._episodes = self._learner.first_gradient(
                flat_params, self._key, self._batch, np.float32(done)
            )
        else:
            start = sum(self._lengths[: self._next_unroll])
            gradient, metrics, self._episodes = self._learner.gradient(
                flat_params, self._episodes, np.float32(done), length, start
            )
        self._next_unroll += 1
        ended = self._next_unroll == len(self._lengths)
        num_episodes = self._learner.episodes_per_update
        return Gradient(
            flat=on_host(gradient),
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

    def send(self, index: int, flat_params: np.ndarray, version: int, done: float) -> None:
        """Sends the worker fresh parameters."""
        self._next = (flat_params, version, done)

    def receive(self) -> tuple[int, Gradient]:
        """Lets the worker play; returns its index, zero, and its gradient."""
        return 0, self._worker.play(*self._next)


class ProcessWorkers(Pool):
    """Worker processes, each with shared memory for its parameters and its gradients.

    A worker has `gradients_in_flight` slots of that memory: while one gradient is on its way to
    become an update, the worker computes the next from another slot, and nobody waits.
    One that takes the place of a lost worker continues with new episodes.
    """

    kind = "worker"

    def __init__(self, config: TrainConfig, num_params: int, first_batches: list[int]) -> None:
        self._batches = list(first_batches)
        slots, workers = range(config.gradients_in_flight), range(config.num_workers)
        context = process_context()

        # Anonymous shared memory: it has no name, so nothing can be left behind.
        def shared() -> list[list[Any]]:
            return [[context.RawArray("f", num_params) for _ in slots] for _ in workers]

        self._parameters, self._gradients = shared(), shared()
        self._free = [list(slots) for _ in workers]
        self._sent: list[list[_Sent]] = [[] for _ in workers]
        super().__init__(config, config.num_workers)

    def idle(self) -> list[int]:
        """A worker for each gradient that can be asked for at once."""
        return list(range(self.config.num_workers)) * self.config.gradients_in_flight

    def send(self, index: int, flat_params: np.ndarray, version: int, done: float) -> None:
        """Asks worker `index` for a gradient with fresh parameters, see `Worker.play`."""
        sent = _Sent(self._free[index].pop(), version)
        np.frombuffer(self._parameters[index][sent.slot], np.float32)[:] = flat_params
        self._sent[index].append(sent)
        self.ask(index, np.array([*sent, done], np.float64).tobytes())

    def receive(self) -> tuple[int, Gradient]:
        """Waits for the next worker that has finished; returns its index and its gradient.

        The gradient is a view of shared memory, good until the worker is sent parameters again.

        Raises:
          ChildFailedError: if a worker raised an exception.
          ChildLostError: if a worker was lost, and too many had been before.
        """
        while (answered := self.answer(timeout=1.0)) is None:
            pass
        index, message = answered
        numbers = np.frombuffer(message, np.float64)
        batch, steps, episodes = map(int, numbers[:3])
        self._batches[index] = batch + 1
        slot, version = self._sent[index].pop(0)
        self._free[index].append(slot)
        metrics = Metrics(*numbers[3:].tolist())
        flat = np.frombuffer(self._gradients[index][slot], np.float32)
        return index, Gradient(flat, version, batch, steps, episodes, metrics)

    def start(self, index: int, *, again: bool = False) -> Child:
        """Starts worker `index`; the batch that a lost worker was playing is not played again."""
        self._batches[index] += int(again)
        return Child(
            f"{self.kind} {index}",
            worker_main,
            self.config,
            index,
            self._batches[index],
            self._parameters[index],
            self._gradients[index],
        )


class _Sent(NamedTuple):
    """What a worker was sent: where its parameters lie, and their version."""

    slot: int
    version: int


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
      connection: the pipe to the manager; a request is a slot, the version of its parameters
        and the fraction that these are of all updates.
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
        slot, version, done = np.frombuffer(connection.recv_bytes(), np.float64).tolist()
        flat_params = np.frombuffer(parameters[int(slot)], np.float32).copy()
        gradient = worker.play(flat_params, int(version), done)
        np.frombuffer(gradients[int(slot)], np.float32)[:] = gradient.flat
        numbers = [gradient.batch, gradient.steps, gradient.episodes, *gradient.metrics]
        answer(connection, np.array(numbers, np.float64).tobytes())
