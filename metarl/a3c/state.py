"""The state of training: what every update changes, and where it begins."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import optax

from metarl.checkpoint import CheckpointError, Progress, load_checkpoint
from metarl.config import TrainConfig
from metarl.learner import Learner


class TrainState(NamedTuple):
    """All that training changes; replaced as a whole, so that it is never half of an update.

    Attributes:
      flat_params: the parameters, one flat float32 vector.
      optimizer: the optimiser's state.
      progress: how far training has come.
      staleness: entry k counts the updates whose gradient was k updates old.
    """

    flat_params: np.ndarray
    optimizer: optax.OptState
    progress: Progress
    staleness: np.ndarray


def fresh_state(flat_params: np.ndarray, optimizer: optax.GradientTransformation) -> TrainState:
    """The state of a run that begins with these parameters."""
    return TrainState(
        flat_params=flat_params,
        optimizer=optimizer.init(flat_params),
        progress=Progress(),
        staleness=np.zeros(1, np.int64),
    )


def checkpoint_path(config: TrainConfig) -> Path:
    """The file of a run's checkpoint."""
    return config.folder / f"{config.params_filename}.npz"


def refuse_missing(path: Path) -> None:
    """Raises CheckpointError if there is no checkpoint to go on from."""
    if not path.exists():
        raise CheckpointError(
            f"`resume` must have a checkpoint to go on from, got {path}, which does not exist. "
            "Train with `resume=false` first, or change `path` or `params_filename`."
        )


def resumed_state(
    path: Path, config: TrainConfig, learner: Learner, optimizer: optax.GradientTransformation
) -> TrainState:
    """The state a checkpoint holds.

    Args:
      path: the checkpoint.
      config: the run that is to go on from it.
      learner: the run's update rule.
      optimizer: the run's optimiser.

    Returns:
      The state, as it was when the checkpoint was written.

    Raises:
      CheckpointError: if there is none, if it was trained with another agent or environment, or
        if it does not hold the optimiser's state.
    """
    refuse_missing(path)
    checkpoint = load_checkpoint(path)
    then = checkpoint.config
    same_length = dataclasses.replace(then.agent, training_steps=config.agent.training_steps)
    if (then.environment, same_length) != (config.environment, config.agent):
        raise CheckpointError(
            f"`resume` must keep `environment` and `agent` (but for `training_steps`) as they were "
            f"in {path}: {then.environment}, {then.agent}."
        )
    flat_params = learner.ravel(checkpoint.params)
    leaves, structure = jax.tree.flatten(optimizer.init(flat_params))
    kept = checkpoint.optimizer or []
    if [(leaf.shape, leaf.dtype) for leaf in kept] != [(leaf.shape, leaf.dtype) for leaf in leaves]:
        raise CheckpointError(
            f"{path} does not hold the optimiser's state, which `resume` needs. "
            "Checkpoints keep it if they are trained with `save_optimizer=true`."
        )
    return TrainState(
        flat_params=np.asarray(flat_params),
        optimizer=jax.tree.unflatten(structure, kept),
        progress=checkpoint.progress,
        staleness=checkpoint.staleness,
    )
