"""Synchronous training on several machines, over `jax.distributed`: `--config.cluster=jax`.

Every process plays a share of the episodes of each update, and all of them compute one gradient
together. The first process is the manager of any other run (`manager.py`): it makes the updates,
evaluates, and writes all files; its parameters reach the others with each request. The others
follow, and keep nothing.
"""

import functools
import json
import logging
import math
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Array, Float

from metarl.config import TrainConfig
from metarl.config.mapping import config_from_dict, config_to_dict
from metarl.jax_settings import make_key
from metarl.processes.child import ChildLostError
from metarl.processes.memory import on_host
from metarl.training.a3c.worker import Gradient
from metarl.training.learner import Learner, Metrics

logger = logging.getLogger("metarl")

_LOST = 20  # seconds without a sign of life after which a process counts as lost


def connect(config: TrainConfig) -> int:
    """Joins the other processes; to be called before JAX computes anything.

    With `coordinator`, this is done by hand. Without it, JAX finds out from SLURM, Open MPI or
    Kubernetes which processes there are. They wait `worker_timeout_seconds` for each other.

    Args:
      config: the training run.

    Returns:
      The index of this process. The first, 0, then calls `train`, and the others `follow`.

    Raises:
      ValueError: if the processes cannot be found, or do not find each other.
    """
    if not jax.distributed.is_initialized():
        try:
            jax.distributed.initialize(
                config.coordinator,
                config.num_processes,
                config.process_id,
                cluster_detection_method=None if config.coordinator is None else "deactivate",
                initialization_timeout=math.ceil(config.worker_timeout_seconds),
                heartbeat_timeout_seconds=_LOST,
            )
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                "`cluster='jax'` needs processes that find each other. Start all of them by SLURM, "
                "or give each `coordinator`, as in '10.0.0.1:1234', `num_processes` and "
                f"`process_id`. JAX says: {error}"
            ) from error
    return jax.process_index()


def follow(config: TrainConfig) -> None:
    """Computes this process's share of each gradient, until the first process has finished.

    Args:
      config: any config; that of the first process is used. The family and the network must be
        registered in this process, too.

    Raises:
      ValueError: if the episodes of an update cannot be shared evenly.
      ChildLostError: if another process was lost.
    """
    for name in ("SIGINT", "SIGHUP"):  # the first process saves what there is, and tells the others
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    config = _share_config(config)
    program = _Program(config)
    logger.info("process %d of %d follows", jax.process_index(), jax.process_count())
    while program.run(None):
        pass
    jax.distributed.shutdown()


class DistributedWorkers:
    """One worker, of which every process is a part. Only the first process has this object.

    Args:
      config: the training run.
      first_batch: how many batches of episodes were begun before.

    Raises:
      ValueError: if this is not the first process, or the episodes cannot be shared evenly.
      ChildLostError: if a process was lost.
    """

    def __init__(self, config: TrainConfig, first_batch: int) -> None:
        if not jax.distributed.is_initialized() or jax.process_index() > 0:
            raise ValueError(
                "`cluster='jax'` needs `connect(config)` of metarl.training.a3c.distributed before "
                "JAX is first used; process 0 then calls `train`, and the others `follow`."
            )
        self._program = _Program(_share_config(config))
        self._program.batch = first_batch - 1
        self._is_lost = False
        # In a thread of their own, calls are whole: Ctrl-C interrupts only who waits for them.
        self._calls = ThreadPoolExecutor(1)

    def idle(self) -> list[int]:
        """The workers that wait for parameters, when training begins."""
        return [0]

    def send(self, index: int, flat_params: np.ndarray, version: int, done: float) -> None:
        """Takes fresh parameters."""
        self._next = (flat_params, version, done)

    def receive(self) -> tuple[int, Gradient]:
        """Computes a gradient with all processes; returns the worker's index, zero, and it.

        Raises:
          ChildLostError: if a process was lost.
        """
        flat_params, version, done = self._next
        try:
            gradient = self._calls.submit(self._program.run, (flat_params, done)).result()
        except ChildLostError:
            self._is_lost = True
            raise
        assert gradient is not None
        return 0, gradient._replace(version=version)

    def close(self) -> None:
        """Tells the other processes that training is over."""
        if not self._is_lost:
            self._calls.submit(self._program.stop).result()
            jax.distributed.shutdown()
        self._calls.shutdown()


class _Program:
    """The computation that all processes run together, in the same order.

    Its inputs have a row for each device, and are added up over the devices: only the first
    process's rows are not zero. Its random stream is that of `InlineWorkers`.

    Attributes:
      batch: the index of the batch of episodes being played; the first process's counts.
    """

    def __init__(self, config: TrainConfig) -> None:
        self._learner = learner = Learner(config.environment, config.agent)
        devices = jax.device_count()
        if learner.episodes_per_update % devices:
            raise ValueError(
                f"`episodes_per_update` must be a multiple of the number of devices, {devices}, "
                f"got {learner.episodes_per_update}. All processes share the episodes of an update."
            )
        self.batch = -1
        self._lengths = learner.unroll_lengths()
        self._next_unroll = len(self._lengths)
        self._episodes: Any = None

    def run(self, request: tuple[np.ndarray, float] | None) -> Gradient | None:
        """Plays one unroll, together with the other processes.

        Args:
          request: the parameters, and the fraction that their updates are of all; None in
            processes that follow.

        Returns:
          The gradient; None if the first process has said that training is over.

        Raises:
          ChildLostError: if another process was lost.
        """
        if self._next_unroll == len(self._lengths):
            self.batch += 1
            self._next_unroll = 0
        start, length = sum(self._lengths[: self._next_unroll]), self._lengths[self._next_unroll]
        message = self._message()
        if request is not None:
            message[:-3], message[-3] = request
            message[-2] = self.batch
        self._next_unroll += 1
        ended = self._next_unroll == len(self._lengths)
        try:
            flat, metrics, stop, self._episodes = _play(
                self._learner, self._rows(message), self._episodes, start, length
            )
            if int(stop):
                return None
        except jax.errors.JaxRuntimeError as error:
            _raise_lost(error)
        if ended:
            self._episodes = None
        count = self._learner.episodes_per_update
        return Gradient(
            flat=on_host(flat),
            version=0,
            batch=self.batch,
            steps=count * length,
            episodes=count if ended else 0,
            metrics=on_host(metrics),
        )

    def stop(self) -> None:
        """Ends the others' `run`."""
        message = self._message()
        message[-1] = 1
        unroll = self._next_unroll % len(self._lengths)
        start, length = sum(self._lengths[:unroll]), self._lengths[unroll]
        try:
            int(_play(self._learner, self._rows(message), self._episodes, start, length)[2])
        except jax.errors.JaxRuntimeError as error:
            logger.warning("a process was lost at the end: %s", _first_line(error))

    def _message(self) -> np.ndarray:
        """Zeros for parameters, the fraction of updates, the batch (exact to 2^24), and the end."""
        return np.zeros(self._learner.num_params + 3, np.float32)

    def _rows(self, row: np.ndarray) -> Array:
        """One row for each device of this process, the first of which is given."""
        local = np.zeros((jax.local_device_count(), *row.shape), row.dtype)
        local[0] = row
        return jax.make_array_from_process_local_data(_sharded("devices"), local)


@functools.partial(jax.jit, static_argnums=(0, 3, 4))
def _play(
    learner: Learner,
    message: Float[Array, "N P3"],
    episodes: Any,
    start: int,
    length: int,
) -> tuple[Float[Array, " P"], Metrics, Float[Array, ""], Any]:
    """The gradient of one unroll of all processes' episodes; `Learner.gradient` says more."""
    vector = message.sum(axis=0)
    done, batch, stop = vector[-3], vector[-2].astype(jnp.int32), vector[-1]
    if episodes is None:
        key = jax.random.fold_in(make_key(learner.config.random_seed), 1)
        episodes = learner.begin_episodes(jax.random.fold_in(key, batch))
    # XLA shares the work between devices by the episodes, and adds up what belongs together.
    episodes = jax.lax.with_sharding_constraint(episodes, _sharded("devices"))
    gradient, metrics, later = learner.gradient(vector[:-3], episodes, done, length, start)
    later = jax.lax.with_sharding_constraint(later, _sharded("devices"))
    whole = jax.lax.with_sharding_constraint((gradient, metrics, stop), _sharded())
    return *whole, later


def _sharded(*axes: str) -> NamedSharding:
    """Shared between all devices along the first axis, or whole on each of them."""
    mesh = jax.make_mesh((jax.device_count(),), ("devices",), axis_types=(AxisType.Auto,))
    return NamedSharding(mesh, PartitionSpec(*axes))


def _share_config(config: TrainConfig) -> TrainConfig:
    """The first process's config, in every process."""
    text = json.dumps(config_to_dict(config)).encode()
    try:
        length = int(multihost_utils.broadcast_one_to_all(np.int32(len(text))))
        letters = np.frombuffer(text.ljust(length)[:length], np.uint8)
        shared = bytes(np.asarray(multihost_utils.broadcast_one_to_all(letters), np.uint8))
    except jax.errors.JaxRuntimeError as error:
        _raise_lost(error)
    return config_from_dict(TrainConfig, json.loads(shared))


def _raise_lost(error: Exception) -> NoReturn:
    raise ChildLostError(
        "The processes cannot compute together any more, as when one of them is lost, and training "
        f"ends: {_first_line(error)}. Start all processes again with `resume='auto'`."
    ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
