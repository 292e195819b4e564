"""Where workers and evaluators run: in this process, in others of this machine, on a cluster."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from metarl.config import TrainConfig
from metarl.training.a3c.evaluator import InlineEvaluators, ProcessEvaluators
from metarl.training.a3c.worker import InlineWorkers, ProcessWorkers
from metarl.training.learner import Learner

if TYPE_CHECKING:  # it imports what only runs on several machines need
    from metarl.training.a3c.distributed import DistributedWorkers

Workers: TypeAlias = "ProcessWorkers | InlineWorkers | DistributedWorkers"
Evaluators = ProcessEvaluators | InlineEvaluators


@contextlib.contextmanager
def open_pools(
    config: TrainConfig, learner: Learner, first_batches: list[int]
) -> Iterator[tuple[Workers, Evaluators]]:
    """Starts workers and evaluators, and ends them on the way out.

    Args:
      config: the training run.
      learner: the update rule.
      first_batches: for each worker, how many batches of episodes were begun before.

    Raises:
      ValueError: if Ray is asked for and not there.
    """
    if config.num_workers == 0:
        yield InlineWorkers(learner, first_batches[0]), InlineEvaluators(config)
        return
    with contextlib.ExitStack() as stack:
        workers: Workers
        if config.cluster == "ray":
            from metarl.training.a3c.ray_pool import RayEvaluators, RayWorkers, connected

            stack.enter_context(connected(config.ray_address, config.num_workers))
            workers = RayWorkers(config, first_batches)
            stack.callback(workers.close)
            evaluators: ProcessEvaluators = RayEvaluators(config)
        else:
            if config.cluster == "jax":
                from metarl.training.a3c.distributed import DistributedWorkers

                workers = DistributedWorkers(config, first_batches[0])
            else:
                workers = ProcessWorkers(config, learner.num_params, first_batches)
            stack.callback(workers.close)
            evaluators = ProcessEvaluators(config, learner.num_params)
        stack.callback(evaluators.close)
        yield workers, evaluators
