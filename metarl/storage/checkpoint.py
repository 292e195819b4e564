"""Checkpoints: one `.npz` of plain arrays and a JSON text, read without executing anything."""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

import metarl
from metarl.agents.actor_critic import Agent, Params
from metarl.checks import check_integer, check_number, short_repr
from metarl.config import TrainConfig
from metarl.config.mapping import config_from_dict, config_to_dict
from metarl.envs import registry
from metarl.storage.files import atomic_write
from metarl.storage.npz import ArrayFileError, read_npz

SCHEMA = 2
_LONGEST_TEXT = 2**22  # in bytes, four a character


class CheckpointError(ValueError):
    """A checkpoint that cannot be used. The message says why, and what to do."""


class Progress(NamedTuple):
    """How far training has come.

    Attributes:
      updates: updates applied.
      steps: environment steps behind them, all workers together.
      episodes: episodes finished.
      seconds: wall time of training so far.
      batches: batches of episodes each worker has begun; its random stream goes on from there.
      skipped: updates that were skipped because something in them was not finite.
    """

    updates: int = 0
    steps: int = 0
    episodes: int = 0
    seconds: float = 0.0
    batches: tuple[int, ...] = ()
    skipped: int = 0


class Checkpoint(NamedTuple):
    """A trained agent, and all that is needed to know it or to train it further.

    Attributes:
      config: the training run's config; its `environment` is the task family.
      params: the network's parameters, a nested dict of float32 arrays.
      optimizer: the leaves of the optimiser's state, or None if they were not kept.
      progress: how far training has come.
      staleness: entry k counts the updates whose gradient was k updates old.
      scores: results of the final evaluation, by name; empty until there was one.
      versions: versions of Python and of the packages that wrote the file.
    """

    config: TrainConfig
    params: Params
    optimizer: list[np.ndarray] | None
    progress: Progress
    staleness: np.ndarray
    scores: dict[str, Any]
    versions: dict[str, str]

    @property
    def agent(self) -> Agent:
        """The network the parameters belong to."""
        return build_agent(self.config)


def build_agent(config: TrainConfig) -> Agent:
    """Builds the agent of a training run."""
    return Agent.for_environment(
        config.environment,
        num_lstm_units=config.agent.num_lstm_units,
        use_trial_index=config.agent.use_trial_index,
    )


def current_versions() -> dict[str, str]:
    """Versions of Python and of the packages a checkpoint depends on."""
    packages = ("jax", "flax", "optax", "numpy")
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {"metarl": metarl.__version__, "python": platform.python_version(), **versions}


def save_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint to `path`, whole or not at all.

    Raises:
      CheckpointError: if it could not be read again: its parameters must be finite, in float32, and
        fit the network of its config.
      OSError: if it cannot be written; a file that was there is as it was.
    """
    meta = {
        "schema": SCHEMA,
        "config": config_to_dict(checkpoint.config),
        "progress": checkpoint.progress._asdict(),
        "scores": checkpoint.scores,
        "versions": checkpoint.versions,
    }
    arrays = {name: np.asarray(leaf) for name, leaf in _named_leaves(checkpoint.params)}
    _fitted_params("The checkpoint", arrays, build_agent(checkpoint.config))
    for index, leaf in enumerate(checkpoint.optimizer or []):
        arrays[f"optimizer/{index}"] = np.asarray(leaf)
    arrays["staleness"] = np.asarray(checkpoint.staleness, np.int64)
    arrays["meta"] = np.array(json.dumps(meta, allow_nan=False))
    arrays["digest"] = np.array(_digest(arrays))
    with atomic_write(Path(path)) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Reads a checkpoint.

    Args:
      path: the `.npz` file.

    Returns:
      The checkpoint, every array checked against the network its config describes.

    Raises:
      FileNotFoundError: if there is no such file.
      CheckpointError: if the file is no checkpoint, is damaged, was written by a newer schema, or
        does not fit the network it describes.
    """
    path = Path(path)
    try:
        arrays = read_npz(path)
    except ArrayFileError as error:
        raise CheckpointError(str(error)) from error
    meta = _read_meta(path, arrays)
    try:
        if meta["schema"] == 1:
            _upgrade(meta)
        config = config_from_dict(TrainConfig, meta["config"])
        progress = _read_progress(meta["progress"])
        scores, versions = dict(meta["scores"]), dict(meta["versions"])
    except registry.UnknownFamilyError as error:
        raise CheckpointError(
            f"{path} holds an agent of a task family that is not here: {error}"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} holds a config that is not valid: {error}") from error
    optimizer, staleness = _optimizer_and_staleness(path, arrays)
    return Checkpoint(
        config=config,
        params=_fitted_params(path, arrays, build_agent(config)),
        optimizer=optimizer,
        progress=progress,
        staleness=staleness,
        scores=scores,
        versions=versions,
    )


def _read_meta(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    try:
        text, digest = (str(_text(arrays.pop(name))) for name in ("meta", "digest"))
        meta = json.loads(text, parse_constant=_refuse_constant)
        schema = meta["schema"]
        check_integer("schema", schema, 1)
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is a `.npz` file but no metarl checkpoint.") from error
    if schema > SCHEMA:
        raise CheckpointError(
            f"{path} has schema {short_repr(schema)}, and this metarl reads up to {SCHEMA}. "
            "It was written by a newer metarl; upgrade to read it."
        )
    if digest != _digest(arrays | {"meta": np.array(text)}):
        raise CheckpointError(f"{path} was damaged after it was written: its digest differs.")
    return meta


def _upgrade(meta: dict[str, Any]) -> None:
    """Renames what had other names in schema 1, in which every task family was a bandit."""
    config = meta["config"]
    for old, new in (("path", "workdir"), ("params_filename", "name")):
        if old in config:
            config[new] = config.pop(old)
    for place in (config.get("agent", {}), meta["scores"]):
        if place.get("advantage_rewards") == "expected":
            place["advantage_rewards"] = "oracle"


def _text(array: np.ndarray) -> str:
    if array.shape or array.dtype.kind != "U" or array.dtype.itemsize > _LONGEST_TEXT:
        raise TypeError
    return str(array[()])


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _read_progress(values: dict[str, Any]) -> Progress:
    """The progress that was written. Raises ValueError, TypeError or KeyError if it is none."""
    batches = values.pop("batches")
    progress = Progress(batches=tuple(batches), **values)
    for name in ("updates", "steps", "episodes", "skipped"):
        check_integer(name, getattr(progress, name), 0)
    check_number("seconds", progress.seconds, 0)
    check_integer("batches", len(batches), 0, maximum=1024)
    for count in batches:
        check_integer("batches", count, 0)
    return progress


def _optimizer_and_staleness(
    path: Path, arrays: dict[str, np.ndarray]
) -> tuple[list[np.ndarray] | None, np.ndarray]:
    staleness = arrays.get("staleness")
    leaves = {name: leaf for name, leaf in arrays.items() if name.startswith("optimizer/")}
    names = [f"optimizer/{index}" for index in range(len(leaves))]
    others = {name for name in arrays if not name.startswith(("optimizer/", "params/"))}
    counts = staleness is not None and staleness.ndim == 1 and staleness.size > 0
    if staleness is None or not counts or staleness.dtype != np.int64 or staleness.min() < 0:
        raise CheckpointError(f"{path} must hold `staleness`, a list of counts, and does not.")
    if set(leaves) != set(names) or others != {"staleness"}:
        odd = sorted(set(leaves) - set(names) | others - {"staleness"})
        raise CheckpointError(f"{path} must hold nothing but a checkpoint, got {short_repr(odd)}.")
    for name, leaf in leaves.items():
        if leaf.dtype.kind == "f" and not np.all(np.isfinite(leaf)):
            raise CheckpointError(f"{path} holds values that are not finite, in `{name}`.")
    return [leaves[name] for name in names] or None, staleness


def _fitted_params(path: str | Path, arrays: dict[str, np.ndarray], agent: Agent) -> Params:
    expected = agent.param_shapes()
    found = {name for name in arrays if name.startswith("params/")}
    wanted = {name for name, _ in _named_leaves(expected)}
    if found != wanted:
        raise CheckpointError(
            f"{path} does not fit the network of its config: it lacks "
            f"{short_repr(sorted(wanted - found))} and has "
            f"{short_repr(sorted(found - wanted))} too many."
        )
    for name, leaf in _named_leaves(expected):
        array = arrays[name]
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise CheckpointError(
                f"{path} does not fit the network of its config: `{name}` must be "
                f"{leaf.dtype}{list(leaf.shape)}, got {array.dtype}{list(array.shape)}."
            )
        if not np.all(np.isfinite(array)):
            raise CheckpointError(f"{path} holds values that are not finite, in `{name}`.")
    names = [name for name, _ in _named_leaves(expected)]
    return jax.tree.unflatten(jax.tree.structure(expected), [arrays[name] for name in names])


def _named_leaves(params: Params) -> Iterator[tuple[str, Any]]:
    for key_path, leaf in jax.tree_util.tree_leaves_with_path(params):
        yield "params/" + "/".join(str(key.key) for key in key_path), leaf


def _digest(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
