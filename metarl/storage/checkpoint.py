"""Checkpoints: one `.npz` of plain arrays and a JSON string, read without executing anything."""

import dataclasses
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
from metarl.registry import UnknownNameError
from metarl.storage.files import atomic_write
from metarl.storage.npz import ArrayFileError, read_npz

SCHEMA = 3
_LONGEST_TEXT = 2**22  # in bytes, four per character


class CheckpointError(ValueError):
    """A checkpoint that cannot be used. The message says why, and what to do."""


class Progress(NamedTuple):
    """The progress of training.

    Attributes:
      updates: number of updates applied.
      steps: environment steps they were computed from, summed over workers.
      episodes: number of finished episodes.
      seconds: wall time of training so far.
      batches: number of batches of episodes each worker has begun; its random stream resumes there.
      skipped: number of updates skipped because they were not finite.
    """

    updates: int = 0
    steps: int = 0
    episodes: int = 0
    seconds: float = 0.0
    batches: tuple[int, ...] = ()
    skipped: int = 0


class Checkpoint(NamedTuple):
    """A trained agent, with everything needed to use it or to continue its training.

    Attributes:
      config: the training run's config; its `environment` is the task family.
      params: the network's parameters, a nested dict of float32 arrays.
      optimizer: the leaves of the optimiser's state; None if they were not saved.
      progress: the progress of training.
      staleness: entry k counts the updates whose gradient was k updates old.
      scores: results of the final evaluation, by name; empty before it.
      versions: versions of Python and of the packages that wrote the file.
      others: agents of the same config but for its random seed, in the same file; most have none.
    """

    config: TrainConfig
    params: Params
    optimizer: list[np.ndarray] | None
    progress: Progress
    staleness: np.ndarray
    scores: dict[str, Any]
    versions: dict[str, str]
    others: tuple["Checkpoint", ...] = ()

    @property
    def agent(self) -> Agent:
        """The agent that the parameters belong to."""
        return build_agent(self.config)


def build_agent(config: TrainConfig) -> Agent:
    """Builds the agent of a training run."""
    return config.agent.build(config.environment)


def current_versions() -> dict[str, str]:
    """The versions of Python and of the packages that a checkpoint depends on."""
    packages = ("jax", "flax", "optax", "numpy")
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {"metarl": metarl.__version__, "python": platform.python_version(), **versions}


def save_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint to `path`, completely or not at all.

    Raises:
      CheckpointError: if it could not be read again: its parameters must be finite, in float32, and
        fit the network of its config.
      OSError: if it cannot be written; an existing file is unchanged.
    """
    meta = {
        "schema": SCHEMA,
        "config": config_to_dict(checkpoint.config),
        "progress": checkpoint.progress._asdict(),
        "scores": checkpoint.scores,
        "versions": checkpoint.versions,
        "others": [
            {"random_seed": x.config.agent.random_seed, "scores": x.scores}
            for x in checkpoint.others
        ],
    }
    arrays = {name: np.asarray(leaf) for name, leaf in _named_leaves(checkpoint.params)}
    _fitted_params("The checkpoint", arrays, build_agent(checkpoint.config))
    for index, other in enumerate(checkpoint.others):
        theirs = {name: np.asarray(leaf) for name, leaf in _named_leaves(other.params)}
        _fitted_params("The checkpoint", theirs, build_agent(checkpoint.config))
        arrays |= {f"others/{index}/{name}": leaf for name, leaf in theirs.items()}
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
      The checkpoint; every array fits the network that its config describes.

    Raises:
      FileNotFoundError: if there is no such file.
      CheckpointError: if the file is not a checkpoint, is damaged, has a newer schema, or does not
        fit the network that its config describes.
    """
    path = Path(path)
    try:
        arrays = read_npz(path)
    except ArrayFileError as error:
        raise CheckpointError(str(error)) from error
    meta = _read_meta(path, arrays)
    try:
        if meta["schema"] < SCHEMA:
            _upgrade(meta)
        config = config_from_dict(TrainConfig, meta["config"])
        progress = _read_progress(meta["progress"])
        scores, versions = dict(meta["scores"]), dict(meta["versions"])
        others = [
            (dataclasses.replace(config.agent, random_seed=one["random_seed"]), dict(one["scores"]))
            for one in meta.get("others", [])
        ]
    except UnknownNameError as error:
        raise CheckpointError(
            f"{path} holds an agent with a task family or network that is not known: {error}"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} holds an invalid config: {error}") from error
    theirs = []
    for index in range(len(others)):
        start = f"others/{index}/"
        names = [name for name in arrays if name.startswith(start)]
        theirs.append({name.removeprefix(start): arrays.pop(name) for name in names})
    optimizer, staleness = _optimizer_and_staleness(path, arrays)
    first = Checkpoint(
        config=config,
        params=_fitted_params(path, arrays, build_agent(config)),
        optimizer=optimizer,
        progress=progress,
        staleness=staleness,
        scores=scores,
        versions=versions,
    )
    agents = [
        first._replace(
            config=dataclasses.replace(config, agent=agent),
            params=_fitted_params(path, params, build_agent(config)),
            scores=scores,
        )
        for (agent, scores), params in zip(others, theirs, strict=True)
    ]
    return first._replace(others=tuple(agents))


def _read_meta(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    try:
        text, digest = (str(_text(arrays.pop(name))) for name in ("meta", "digest"))
        meta = json.loads(text, parse_constant=_refuse_constant)
        schema = meta["schema"]
        check_integer("schema", schema, 1)
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is a `.npz` file but not a metarl checkpoint.") from error
    if schema > SCHEMA:
        raise CheckpointError(
            f"{path} has schema {short_repr(schema)}, but this metarl reads only up to {SCHEMA}. "
            "A newer metarl wrote it; upgrade to read it."
        )
    if digest != _digest(arrays | {"meta": np.array(text)}):
        raise CheckpointError(f"{path} is damaged: its digest differs. Use another copy.")
    return meta


def _upgrade(meta: dict[str, Any]) -> None:
    """Renames settings that had other names in schemas 1 and 2, and adds what they did not have."""
    config = meta["config"]
    for old, new in (("path", "workdir"), ("params_filename", "name")):
        if old in config:
            config[new] = config.pop(old)
    for place in (config.get("agent", {}), meta["scores"]):
        if place.get("advantage_rewards") == "expected":
            place["advantage_rewards"] = "oracle"
    absent = {"schedule_end": 1.0, "normalize_value_loss": False, "scale_rewards": False}
    agent = absent | config.get("agent", {})
    if "num_lstm_units" in agent:
        agent["num_units"] = agent.pop("num_lstm_units")
    config["agent"] = agent


def _text(array: np.ndarray) -> str:
    if array.shape or array.dtype.kind != "U" or array.dtype.itemsize > _LONGEST_TEXT:
        raise TypeError
    return str(array[()])


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _read_progress(values: dict[str, Any]) -> Progress:
    """Checks and returns the progress; raises ValueError, TypeError or KeyError if invalid."""
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
        raise CheckpointError(f"{path} must hold `staleness`, a list of counts, but does not.")
    if set(leaves) != set(names) or others != {"staleness"}:
        odd = sorted(set(leaves) - set(names) | others - {"staleness"})
        raise CheckpointError(f"{path} must hold only a checkpoint, got also {short_repr(odd)}.")
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
            f"{path} does not fit the network of its config: missing arrays "
            f"{short_repr(sorted(wanted - found))}, unexpected arrays "
            f"{short_repr(sorted(found - wanted))}."
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
