"""Many training runs side by side: in processes of this machine, or as tasks of a Ray cluster."""

import multiprocessing.connection
import os
import signal
from collections.abc import Iterator, Sequence
from typing import Any

from metarl.config import TrainConfig
from metarl.processes.child import ChildFailedError
from metarl.processes.fork_server import process_context
from metarl.training.a3c.manager import train


def run_all(
    configs: Sequence[TrainConfig],
    num_parallel: int = 0,
    cluster: str | None = None,
    ray_address: str | None = None,
) -> Iterator[TrainConfig]:
    """Trains all, and yields each config when its run has ended.

    If one fails, or the caller is interrupted, those under way are interrupted and save their
    state, and no others begin.

    Args:
      configs: the runs.
      num_parallel: number of runs at a time; 0 for one per core.
      cluster: None for processes on this machine, "ray" for a Ray cluster.
      ray_address: the cluster's address; None starts Ray on this machine.

    Raises:
      ChildFailedError: if a run failed; its log says why.
    """
    if cluster == "ray":
        yield from _on_ray(configs, num_parallel, ray_address)
    else:
        yield from _in_processes(configs, num_parallel or os.cpu_count() or 1)


def train_alone(config: TrainConfig) -> None:
    """Trains one run; what it learns is in its folder."""
    try:
        train(config)
    except KeyboardInterrupt:  # its state is saved, and its log says so
        raise SystemExit(signal.SIGINT) from None


def _in_processes(configs: Sequence[TrainConfig], count: int) -> Iterator[TrainConfig]:
    context = process_context()
    waiting, running = list(configs), dict[Any, tuple[Any, TrainConfig]]()
    try:
        while waiting or running:
            while waiting and len(running) < count:
                config = waiting.pop(0)
                process = context.Process(target=train_alone, args=(config,), name=config.name)
                process.start()
                running[process.sentinel] = process, config
            for sentinel in multiprocessing.connection.wait(list(running)):
                process, config = running.pop(sentinel)
                process.join()
                if process.exitcode != 0:
                    raise ChildFailedError(
                        f"the run {config.name} failed, exit code {process.exitcode}; see "
                        f"{config.agent_folder / 'log.INFO'}"
                    )
                yield config
    finally:
        for process, _ in running.values():
            if process.is_alive():
                os.kill(process.pid, signal.SIGINT)  # it saves its state
        for process, _ in running.values():
            process.join()


def _on_ray(
    configs: Sequence[TrainConfig], num_parallel: int, address: str | None
) -> Iterator[TrainConfig]:
    from metarl.training.a3c.ray_pool import ENVIRONMENT, connected

    with connected(address, num_parallel):
        import ray

        task = ray.remote(train_alone).options(num_cpus=1, runtime_env=ENVIRONMENT, max_retries=3)
        running = {task.remote(config): config for config in configs}
        try:
            while running:
                for reference in ray.wait(list(running), num_returns=1)[0]:
                    try:
                        ray.get(reference)
                    except ray.exceptions.RayError as error:
                        name = running[reference].name
                        raise ChildFailedError(f"the run {name} failed: {error}") from None
                    yield running.pop(reference)
        finally:
            for reference in running:
                ray.cancel(reference)  # it is interrupted, and saves its state
