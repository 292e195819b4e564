"""Workers and evaluators as Ray actors, on one machine or many: `--config.cluster=ray`.

The manager, the workers and the counting of lost ones are those of a run on one machine
(`manager.py`, `worker.py`, `pool.py`). Only the transport differs: parameters and gradients travel
in messages, as machines share no memory. A lost actor is restarted by Ray.
"""

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from metarl.config import TrainConfig
from metarl.processes.child import ChildFailedError, ChildLostError
from metarl.training.a3c.evaluator import Evaluator, ProcessEvaluators
from metarl.training.a3c.pool import Pool
from metarl.training.a3c.worker import Gradient, ProcessWorkers, Worker
from metarl.training.learner import Learner, Metrics

logger = logging.getLogger("metarl")

# One core per actor: XLA would otherwise start a thread for each core of the machine.
ENVIRONMENT = {"env_vars": {"PJRT_NPROC": "1", "JAX_PLATFORMS": "cpu"}}


@contextlib.contextmanager
def connected(address: str | None, num_workers: int) -> Iterator[None]:
    """Joins a Ray cluster, or starts Ray on this machine, and leaves it on the way out.

    Ray that runs in this process already is used as it is, and left alone.

    Raises:
      ValueError: if Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise ValueError(
            "`cluster` must be None, got 'ray': Ray is not installed. Install it with "
            "pip install -e '.[ray]'."
        ) from error
    if ray.is_initialized():
        yield
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        # As with processes, there may be more workers than processors.
        options |= {"include_dashboard": False, "num_cpus": max(num_workers, os.cpu_count() or 1)}
    try:
        ray.init(address=address, **options)
    except (ConnectionError, ValueError) as error:
        raise ValueError(
            f"`ray_address` must be that of a running cluster, got {address!r}: {error}"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


class RayChild:
    """An actor, with the interface of `metarl.processes.child.Child`.

    Args:
      name: its name in errors and logs.
      kind: the class of the actor; it answers requests with its method `answer`.
      args: the arguments of its class.
      num_cpus: number of processors that Ray reserves for it.
    """

    def __init__(self, name: str, kind: type, *args: Any, num_cpus: int) -> None:
        import ray

        self.name = name
        self._ray = ray
        options = {"max_restarts": -1, "max_task_retries": -1, "num_cpus": num_cpus}
        self._actor = ray.remote(kind).options(runtime_env=ENVIRONMENT, **options).remote(*args)
        self._pending: list[Any] = []
        self.restarts = 0

    @property
    def next_answer(self) -> Any:
        """The reference of the answer that is due next; None if there is none."""
        return self._pending[0] if self._pending else None

    def send(self, request: bytes) -> None:
        """Sends a request. If the actor is gone, `receive` raises the error, not this."""
        self._pending.append(self._actor.answer.remote(request))

    def receive(self) -> bytes:
        """Waits for the answer to a request.

        Raises:
          ChildFailedError: if the actor raised an exception.
          ChildLostError: if the actor is gone and Ray cannot restart it.
        """
        try:
            restarted, message = self._ray.get(self._pending.pop(0))
        except self._ray.exceptions.RayTaskError as error:
            raise ChildFailedError(f"{self.name} failed:\n{error}") from None
        except self._ray.exceptions.RayError as error:
            reason = f"{self.name} was lost: {type(error).__name__}."
            raise ChildLostError(reason, can_be_replaced=False) from None
        self.restarts += restarted
        return bytes(message)

    def has_answered(self) -> bool:
        """Whether `receive` would return at once."""
        return bool(self._pending) and bool(self._ray.wait(self._pending[:1], timeout=0)[0])

    def give_up(self, seconds: float) -> ChildLostError:
        """Ends an actor that hangs, which Ray then restarts; returns the error to report."""
        self._ray.kill(self._actor, no_restart=False)
        return ChildLostError(f"{self.name} gave no answer for {seconds:g} seconds.")

    def close(self) -> None:
        """Ends the actor for good."""
        self._pending.clear()
        self._ray.kill(self._actor, no_restart=True)


class RayPool(Pool):
    """A pool of actors. One that was lost stays the same object: Ray restarts what is behind it."""

    def wait(self, timeout: float) -> list[Any]:
        """The actors that have answered; waits for one if there is none."""
        import ray

        due = {child.next_answer: child for child in self._children if child.next_answer}
        if not due:
            return []
        answered, _ = ray.wait(list(due), num_returns=1, timeout=timeout)
        return [due[reference] for reference in answered]

    def end(self, children: Sequence[Any]) -> None:
        """Ends actors for good."""
        for child in children:
            child.close()

    def answer(self, timeout: float) -> tuple[int, bytes] | None:
        """Waits for an answer, as in any pool; counts the actors that Ray has restarted."""
        found = super().answer(timeout)
        restarts = sum(child.restarts for child in self._children)
        if restarts > self._restarts:
            self._restarts = restarts
            logger.warning("a %s was lost and is replaced: Ray has restarted it", self.kind)
        if restarts > self.config.max_worker_restarts:
            raise ChildLostError(
                f"{restarts} {self.kind}s were lost, more than `max_worker_restarts`. Are the "
                "cluster's machines up, and is there enough memory?"
            )
        return found

    def _replace(self, index: int, error: ChildLostError) -> None:
        """Ray restarts the actor, and sends it again what it has not answered."""
        if not error.can_be_replaced:
            raise error
        logger.warning("%s", error)
        self._watchdog.replaced(index, owes_more=bool(self._open[index]))


class RayWorkers(RayPool, ProcessWorkers):
    """Workers as actors."""

    def __init__(self, config: TrainConfig, first_batches: list[int]) -> None:
        self._batches = list(first_batches)
        self._versions: list[list[int]] = [[] for _ in range(config.num_workers)]
        Pool.__init__(self, config, config.num_workers)

    def send(self, index: int, flat_params: np.ndarray, version: int, done: float) -> None:
        """Asks worker `index` for a gradient with fresh parameters, see `Worker.play`."""
        # What it would begin with, were it restarted: nothing that is being played already.
        batch = self._batches[index] + len(self._versions[index])
        self._versions[index].append(version)
        head = np.array([batch, version, done], np.float64)
        self.ask(index, head.tobytes() + flat_params.astype(np.float32).tobytes())

    def receive(self) -> tuple[int, Gradient]:
        """Waits for the next worker that has finished; returns its index and its gradient.

        Raises:
          ChildFailedError: if a worker raised an exception.
          ChildLostError: if a worker was lost, and too many had been before.
        """
        while (answered := self.answer(timeout=1.0)) is None:
            pass
        index, message = answered
        count = 3 + len(Metrics._fields)
        numbers = np.frombuffer(message, np.float64, count)
        flat = np.frombuffer(message, np.float32, offset=8 * count)
        batch, steps, episodes = map(int, numbers[:3])
        self._batches[index] = batch + 1
        version = self._versions[index].pop(0)
        metrics = Metrics(*numbers[3:].tolist())
        return index, Gradient(flat, version, batch, steps, episodes, metrics)

    def start(self, index: int, *, again: bool = False) -> Any:
        """Starts worker `index`."""
        del again
        return RayChild(f"{self.kind} {index}", WorkerActor, self.config, index, num_cpus=1)


class Actor:
    """What actors have in common: the first answer says whether Ray has restarted them."""

    def __init__(self) -> None:
        import ray

        self._restarted = bool(ray.get_runtime_context().was_current_actor_reconstructed)

    def answer(self, request: bytes) -> tuple[bool, bytes]:
        """Answers a request; tells, once, whether the actor was restarted."""
        restarted, self._restarted = self._restarted, False
        return restarted, self.work(request)

    def work(self, request: bytes) -> bytes:
        """The answer to a request."""
        raise NotImplementedError


class WorkerActor(Actor):
    """A worker: on each request, plays one unroll and answers with its gradient.

    Args:
      config: the training run.
      index: which worker it is.
    """

    def __init__(self, config: TrainConfig, index: int) -> None:
        super().__init__()
        self._learner, self._index = Learner(config.environment, config.agent), index
        self._worker: Worker | None = None

    def work(self, request: bytes) -> bytes:
        """Plays; the request is batch, version and done in float64, then the parameters.

        Only a worker that has just been started, or restarted, begins with the request's batch.
        """
        first_batch, version, done = np.frombuffer(request, np.float64, 3).tolist()
        flat_params = np.frombuffer(request, np.float32, offset=24).copy()
        if self._worker is None:
            self._worker = Worker(self._learner, self._index, int(first_batch))
        gradient = self._worker.play(flat_params, int(version), done)
        numbers = [gradient.batch, gradient.steps, gradient.episodes, *gradient.metrics]
        return np.array(numbers, np.float64).tobytes() + gradient.flat.tobytes()


class RayEvaluators(RayPool, ProcessEvaluators):
    """Evaluators as actors."""

    def __init__(self, config: TrainConfig) -> None:
        Pool.__init__(self, config, config.num_evaluators)

    def hand_over(self, index: int, flat_params: np.ndarray, numbers: bytes) -> None:
        """Sends a copy of the parameters to evaluator `index`."""
        self.ask(index, numbers + flat_params.astype(np.float32).tobytes())

    def start(self, index: int, *, again: bool = False) -> Any:
        """Starts evaluator `index`."""
        del again
        name = f"{self.kind} {index}"  # it works now and then, beside the workers
        return RayChild(name, EvaluatorActor, self.config, index, num_cpus=0)


class EvaluatorActor(Actor):
    """An evaluator: on each request, evaluates one copy and answers with its row.

    Args:
      config: the training run.
      index: which evaluator it is.
    """

    def __init__(self, config: TrainConfig, index: int) -> None:
        super().__init__()
        self._evaluator = Evaluator(config, index)

    def work(self, request: bytes) -> bytes:
        """Evaluates; the request is step, episodes and seconds in float64, then the parameters."""
        step, episodes, seconds = np.frombuffer(request, np.float64, 3).tolist()
        flat_params = np.frombuffer(request, np.float32, offset=24).copy()
        row = self._evaluator.run(flat_params, int(step), int(episodes), seconds)
        return np.array(row, np.float64).tobytes()
