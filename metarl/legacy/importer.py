"""Converts an agent of the original project to one of ours.

Its network is dm-haiku's: one matrix for inputs and hidden activity, the gates in the order input,
candidate, forget, output, and 1 added to the forget gate's pre-activation on every step.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from metarl.agents.actor_critic import Params
from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit
from metarl.legacy.unpickler import PickleRefusedError, array_of, read_pickle
from metarl.storage.checkpoint import Checkpoint, CheckpointError, Progress, current_versions

_LAYERS = ("LSTM/linear", "Actions", "Values")


def import_pickle(path: str | Path) -> Checkpoint:
    """Reads the original project's checkpoint: `[{"params": {...}, "config": {...}}]`.

    Args:
      path: the pickle. Nothing in it is executed.

    Returns:
      The agent; its parameters give the same logits and values. Settings of its config are kept if
      they are valid settings of ours; it counts as trained on sampled rewards.

    Raises:
      FileNotFoundError: if there is no such file.
      CheckpointError: if it is not such a checkpoint, or holds anything that no agent needs.
    """
    try:
        content = read_pickle(Path(path))
    except PickleRefusedError as error:
        raise CheckpointError(str(error)) from error
    agents = content if isinstance(content, list) else [content]
    if len(agents) != 1 or not isinstance(agents[0], dict):
        raise CheckpointError(f"`{path}` must hold one agent, got something else.")
    weights = _weights(path, agents[0].get("params"))
    num_actions = len(weights["Actions", "b"])
    num_units = len(weights["LSTM/linear", "b"]) // 4
    _check_shapes(path, weights, num_actions, num_units)
    config = _config(agents[0].get("config"), num_actions, num_units)
    return Checkpoint(
        config=config,
        params=_converted(weights, num_actions),
        optimizer=None,
        progress=Progress(),
        staleness=np.zeros(1, np.int64),
        scores={},
        versions=current_versions() | {"imported_from": Path(path).name[:200]},
    )


def _weights(path: str | Path, params: Any) -> dict[tuple[str, str], np.ndarray]:
    if not isinstance(params, dict) or set(params) != set(_LAYERS):
        raise CheckpointError(f"`{path}` must have `params` for {', '.join(_LAYERS)}.")
    weights = {}
    for layer in _LAYERS:
        parts = params[layer]
        if not isinstance(parts, dict) or set(parts) != {"w", "b"}:
            raise CheckpointError(f"`{path}` must have `w` and `b` for `{layer}`.")
        for name, value in parts.items():
            array = array_of(value)
            if array is None or array.ndim != {"w": 2, "b": 1}[name] or array.size == 0:
                raise CheckpointError(
                    f"`{path}` must have an array of numbers at `{layer}/{name}`."
                )
            if not np.all(np.isfinite(array)):
                raise CheckpointError(
                    f"`{path}` must hold finite numbers, but `{layer}/{name}` does not."
                )
            weights[layer, name] = array
    return weights


def _check_shapes(
    path: str | Path, weights: dict[tuple[str, str], np.ndarray], num_actions: int, num_units: int
) -> None:
    wanted = {
        ("LSTM/linear", "w"): (num_actions + 1 + num_units, 4 * num_units),
        ("LSTM/linear", "b"): (4 * num_units,),
        ("Actions", "w"): (num_units, num_actions),
        ("Actions", "b"): (num_actions,),
        ("Values", "w"): (num_units, 1),
        ("Values", "b"): (1,),
    }
    for (layer, name), shape in wanted.items():
        found = weights[layer, name].shape
        if found != shape:
            raise CheckpointError(
                f"`{path}` must have the shape {list(shape)} at `{layer}/{name}`, to fit "
                f"{num_units} units and {num_actions} actions, got {list(found)}."
            )
    if num_actions < 2:
        raise CheckpointError(f"`{path}` must have at least 2 actions, got {num_actions}.")


def _converted(weights: dict[tuple[str, str], np.ndarray], num_actions: int) -> Params:
    kernel = _reordered(weights["LSTM/linear", "w"])
    bias = _reordered(weights["LSTM/linear", "b"])
    units = len(bias) // 4
    bias[units : 2 * units] += 1  # dm-haiku adds this to the forget gate on each step
    return {
        "lstm": {
            "dense_i": {"kernel": kernel[: num_actions + 1].copy()},
            "dense_h": {"kernel": kernel[num_actions + 1 :].copy(), "bias": bias},
        },
        "policy": {"kernel": weights["Actions", "w"], "bias": weights["Actions", "b"]},
        "value": {"kernel": weights["Values", "w"], "bias": weights["Values", "b"]},
    }


def _reordered(gates: np.ndarray) -> np.ndarray:
    """Reorders gates from input, candidate, forget, output to input, forget, candidate, output."""
    take, candidate, keep, show = np.split(gates, 4, axis=-1)
    return np.concatenate([take, keep, candidate, show], axis=-1)


def _config(original: Any, num_actions: int, num_units: int) -> TrainConfig:
    parts = original if isinstance(original, dict) else {}
    env = _taken(Bandit(num_arms=num_actions), parts.get("environment"), {"num_arms"})
    agent = _taken(
        AgentConfig(num_units=num_units, use_trial_index=False),
        parts.get("agent"),
        {"num_units", "use_trial_index", "advantage_rewards"},
    )
    return TrainConfig(environment=env, agent=agent)


def _taken(config: Any, original: Any, known: set[str]) -> Any:
    """The config with every setting of the original that it accepts, except those in `known`."""
    for field in dataclasses.fields(config):
        if isinstance(original, dict) and field.name in original and field.name not in known:
            try:
                config = dataclasses.replace(config, **{field.name: original[field.name]})
            except ValueError:
                continue  # the same name with another meaning
    return config
