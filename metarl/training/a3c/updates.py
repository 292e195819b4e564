"""One gradient becomes one update, or is skipped because it is not finite."""

import logging
import math

import numpy as np

from metarl.config import TrainConfig
from metarl.storage.checkpoint import Progress
from metarl.training.a3c.state import TrainState
from metarl.training.a3c.worker import Gradient
from metarl.training.optimizer import update_on_host

logger = logging.getLogger("metarl")


class DivergedError(RuntimeError):
    """Too many updates were skipped; the parameters are those after the last good one."""


class Updater:
    """Applies gradients, and skips those that would leave non-finite parameters.

    A skipped update changes nothing but the count of those skipped and the worker's place in its
    random stream; training makes as many real updates as it would have made without it.

    Args:
      config: the training run.
      skipped_before: updates skipped before this run went on; they do not count against its bound.
    """

    def __init__(self, config: TrainConfig, skipped_before: int) -> None:
        self._config = config.agent
        self._bound = config.max_skipped_updates
        self._skipped_before = skipped_before

    def __call__(
        self, state: TrainState, index: int, gradient: Gradient, seconds: float, done: float
    ) -> TrainState:
        """Makes an update.

        Args:
          state: the state of training; not modified.
          index: the worker the gradient came from.
          gradient: what the worker sent.
          seconds: wall time of training so far.
          done: the fraction of all updates that came before.

        Returns:
          Where training stands now.

        Raises:
          DivergedError: if more than `max_skipped_updates` updates were skipped.
        """
        progress = state.progress
        batches = list(progress.batches) + [0] * (index + 1 - len(progress.batches))
        batches[index] = gradient.batch + 1
        progress = progress._replace(seconds=seconds, batches=tuple(batches))
        sound = math.isfinite(sum(np.asarray(gradient.metrics).tolist()))
        if not sound or not _is_finite(gradient.flat):
            return self._skipped(state, progress, index, "gradient or loss")
        with np.errstate(all="ignore"):  # what is not finite is found below
            flat_params, optimizer = update_on_host(
                self._config, state.flat_params, state.optimizer, gradient.flat, done
            )
        if not _is_finite(flat_params):
            return self._skipped(state, progress, index, "step")
        age = progress.updates - gradient.version
        staleness = np.zeros(max(len(state.staleness), age + 1), np.int64)
        staleness[: len(state.staleness)] = state.staleness
        staleness[age] += 1
        return TrainState(
            flat_params=flat_params,
            optimizer=optimizer,
            progress=progress._replace(
                updates=progress.updates + 1,
                steps=progress.steps + gradient.steps,
                episodes=progress.episodes + gradient.episodes,
            ),
            staleness=staleness,
        )

    def _skipped(self, state: TrainState, progress: Progress, index: int, what: str) -> TrainState:
        skipped = progress.skipped + 1 - self._skipped_before
        logger.warning(
            "update skipped (%d): the %s of worker %d is not finite", skipped, what, index
        )
        if skipped > self._bound:
            raise DivergedError(
                f"`max_skipped_updates` must not be exceeded: it is {self._bound}, got {skipped} "
                "updates that were skipped because a gradient, a loss or a step was not finite. "
                "Training has diverged: try a smaller `learning_rate` or `max_gradient_norm`."
            )
        return state._replace(progress=progress._replace(skipped=progress.skipped + 1))


def _is_finite(vector: np.ndarray) -> bool:
    """Whether every entry is a number, and the vector's norm is one in float32, too.

    A single product: it takes 2 microseconds for 10,000 entries, a tenth of what looking at each
    entry takes.
    """
    with np.errstate(all="ignore"):
        return math.isfinite(np.dot(vector, vector))
