"""The state of training: what updates change, and initial states."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from metarl.checks import short_repr
from metarl.config import TrainConfig
from metarl.config.recipe import as_derived
from metarl.pretrained import load_agent
from metarl.storage.checkpoint import CheckpointError, Progress, load_checkpoint
from metarl.training.learner import Learner
from metarl.training.optimizer import AdamState


class TrainState(NamedTuple):
    """All that training changes; replaced as a whole, so that it is never half of an update.

    Attributes:
      flat_params: the parameters, one flat float32 vector.
      optimizer: the optimiser's state.
      progress: how far training has come.
      staleness: entry k counts the updates whose gradient was k updates old.
    """

    flat_params: np.ndarray
    optimizer: AdamState
    progress: Progress
    staleness: np.ndarray


def fresh_state(flat_params: np.ndarray) -> TrainState:
    """The state of a run that begins with these parameters."""
    return TrainState(
        flat_params=flat_params,
        optimizer=AdamState.zero(len(flat_params)),
        progress=Progress(),
        staleness=np.zeros(1, np.int64),
    )


def refuse_missing(path: Path) -> None:
    """Raises CheckpointError if there is no checkpoint to resume from."""
    if not path.exists():
        raise CheckpointError(
            f"`resume` must have a checkpoint to resume from, got {path}, which does not exist. "
            'Train with `resume=False` first, change `workdir` or `name`, or use "auto".'
        )


def as_in_checkpoint(path: Path, config: TrainConfig) -> TrainConfig:
    """The config, with a checkpoint's number for each setting that is None."""
    agent = as_derived(config.agent, load_checkpoint(path).config.agent)
    return dataclasses.replace(config, agent=agent)


def resumed_state(path: Path, config: TrainConfig, learner: Learner) -> TrainState:
    """Loads the state from a checkpoint.

    Args:
      path: the checkpoint.
      config: the run that is to resume from it.
      learner: the run's update rule.

    Returns:
      The state, as it was when the checkpoint was written.

    Raises:
      CheckpointError: if there is none, if it was trained with another agent or environment, or
        if it does not hold the optimiser's state.
    """
    refuse_missing(path)
    checkpoint = load_checkpoint(path)
    then = checkpoint.config
    differing = [
        f"`{part}.{name}` ({short_repr(old)}, now {short_repr(new)})"
        for part in ("environment", "agent")
        for name, old, new in _differences(getattr(then, part), getattr(config, part))
        if name != "training_steps"
    ]
    if differing:
        raise CheckpointError(
            f"`resume` must keep the settings that {path} was trained with; these differ: "
            f"{', '.join(differing)}. Only `training_steps` may change. Use the old values, "
            "or start from this agent's parameters with `init_from`."
        )
    needed = AdamState.zero(learner.num_params)
    kept = (checkpoint.optimizer or [])[: len(needed)]  # older ones counted updates twice
    if [(leaf.shape, leaf.dtype) for leaf in kept] != [(leaf.shape, leaf.dtype) for leaf in needed]:
        raise CheckpointError(
            f"{path} does not hold the optimiser's state, which `resume` needs. "
            "Checkpoints keep it if they are trained with `save_optimizer=true`."
        )
    return TrainState(
        flat_params=np.asarray(learner.ravel(checkpoint.params)),
        optimizer=AdamState(*kept),
        progress=checkpoint.progress,
        staleness=checkpoint.staleness,
    )


def warm_start(name: str, config: TrainConfig, learner: Learner) -> np.ndarray:
    """The parameters of another agent, to start from.

    Args:
      name: the agent, in the run's `workdir` or among those that ship.
      config: the run that starts from it.
      learner: the run's update rule.

    Returns:
      Its parameters, one flat float32 vector.

    Raises:
      CheckpointError: if there is no such agent, or it has another network.
    """
    checkpoint = load_agent(name, config.folder)
    networks = checkpoint.config.agent.network, config.agent.network
    differing = ["`network` ({}, here {})".format(*networks)]
    if networks[0] == networks[1]:
        differing = [
            f"`{field}` ({old}, here {new})"
            for field, old, new in _differences(checkpoint.agent, learner.agent)
            if field != "num_steps"  # only the unit of the trial's index
        ]
    if differing:
        raise CheckpointError(
            f"`init_from` must name an agent with the network of this run, got {name!r}, which "
            f"differs in {', '.join(differing)}. Change `agent` or `environment` accordingly."
        )
    return np.asarray(learner.ravel(checkpoint.params))


def _differences(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The fields in which two dataclasses of one kind differ: name, old and new value."""
    for field in dataclasses.fields(old):
        pair = getattr(old, field.name), getattr(new, field.name)
        if pair[0] != pair[1]:
            yield field.name, *pair
