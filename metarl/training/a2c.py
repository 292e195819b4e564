"""Synchronous A3C (A2C): one process, one compiled program, many experiments at once.

The loss and the update are those of `metarl.training.learner`; only the way they are run differs.
Shapes: `S` experiments, `U` updates, `P` parameters.
"""

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_instance, check_seed, short_repr
from metarl.config import AgentConfig, TrainConfig
from metarl.jax_settings import make_key
from metarl.processes.memory import check_memory, on_host
from metarl.progress import make_progress_bar
from metarl.training.learner import Learner, Metrics
from metarl.training.optimizer import Settings, make_optimizer, scheduled

logger = logging.getLogger("metarl")

_CALLS = 100  # the progress bar moves, and Ctrl-C is heard, so often in a run


class A2CResult(NamedTuple):
    """The results of the experiments.

    Attributes:
      learner: the update rule; `learner.unravel(flat_params[i])` are the parameters of one agent.
      flat_params: the trained parameters of each experiment.
      metrics: metrics of each update; every field has axes `S` and `U`.
      steps_per_second: trained steps per second of all experiments together, once compiled; NaN if
        training ended before that.
    """

    learner: Learner
    flat_params: Float[np.ndarray, "S P"]
    metrics: Metrics
    steps_per_second: float


class _Experiment(NamedTuple):
    """One experiment under way."""

    key: Key[Array, ""]
    settings: Settings
    flat_params: Float[Array, " P"]
    optimizer: optax.OptState


def train_a2c(
    config: TrainConfig,
    *,
    seeds: Sequence[int] | None = None,
    settings: Mapping[str, Sequence[float]] | None = None,
) -> A2CResult:
    """Trains agents by synchronous advantage actor-critic, all of them at once.

    The experiments run in one program: side by side on a GPU (`jax.vmap`), in turn on a CPU, whose
    cache holds one but not many. Several devices share them, or the episodes of each update, where
    their number divides evenly. An experiment is the training that A3C does with `num_workers=0`,
    up to rounding; the same call gives the same result on the same devices with the same package
    versions. Nothing is written to disk: Ctrl-C loses everything. An experiment that diverges
    leaves parameters and metrics that are NaN, and a warning in the log; the others go on.

    Args:
      config: environment and agent; what it says of processes, evaluations and files is not used.
      seeds: the random seed of each experiment, in a list or the like, a single one included; None
        for the one of the config.
      settings: numbers of `config.agent` that differ between experiments: a name from `Settings`,
        and one value for each, in a list. A single seed, or value, holds for all.

    Returns:
      The trained parameters, and the metrics of every update.

    Raises:
      ValueError: if a seed or a setting is unknown or impossible, the numbers of values do not
        match, or two experiments are the same.
      MemoryError: if what every update saw would not fit into memory.
    """
    check_instance("config", config, TrainConfig)
    if config.agent.training_seconds is not None:
        raise ValueError(
            "`config.agent.training_seconds` must be None here, got "
            f"{config.agent.training_seconds}. Set `training_steps`: all experiments share them."
        )
    learner = Learner(config.environment, config.agent)
    agents = _agents(learner.config, seeds, settings)
    num_batches = learner.total_updates // learner.unrolls_per_episode
    seen_by_one = 4 * len(Metrics._fields) * learner.total_updates
    check_memory("training_steps", learner.config.training_steps, len(agents) * seen_by_one)
    per_call = math.ceil(num_batches / _CALLS)
    begin, run = _programs(learner, per_call, len(agents))

    keys = jnp.stack([make_key(agent.random_seed) for agent in agents])
    columns = zip(*map(Settings.of, agents), strict=True)
    each = Settings(*(jnp.asarray(column, jnp.float32) for column in columns))
    experiments = begin(keys, each)
    shape = (len(Metrics._fields), len(agents), num_batches, learner.unrolls_per_episode)
    metrics = np.empty(shape, np.float32)
    ended = []
    steps_per_batch = learner.total_steps // num_batches * len(agents)
    with make_progress_bar(
        visible=config.progress_bar,
        total=num_batches * steps_per_batch,
        desc="training",
        unit=" steps",
        unit_scale=True,
    ) as bar:
        for first in range(0, num_batches, per_call):
            count = min(per_call, num_batches - first)
            experiments, seen = run(experiments, np.int32(first), np.int32(count))
            for place, values in zip(metrics, on_host(seen), strict=True):
                place[:, first : first + count] = values[:, :count]
            ended.append((first + count, time.perf_counter()))
            bar.update(count * steps_per_batch)
            reward = metrics[0, :, first : first + count].mean()
            bar.set_postfix(reward=f"{reward:.3f}")
    batches, seconds = np.subtract(ended[-1], ended[0])
    flat_params = on_host(experiments.flat_params)
    for index in np.flatnonzero(~np.isfinite(flat_params).all(axis=1)).tolist():
        logger.warning(
            "experiment %d (seed %d) has diverged: try a smaller `learning_rate` or "
            "`max_gradient_norm`",
            index,
            agents[index].random_seed,
        )
    seen = Metrics(*metrics.reshape(len(metrics), len(agents), -1))
    if not config.environment.has_regret:
        seen = seen._replace(regret=np.full_like(seen.regret, np.nan))
    return A2CResult(
        learner=learner,
        flat_params=flat_params,
        metrics=seen,
        steps_per_second=batches * steps_per_batch / seconds if seconds > 0 else math.nan,
    )


def _agents(agent: AgentConfig, seeds: object, settings: object) -> list[AgentConfig]:
    """The config of each experiment, checked as any config is."""
    columns = {"seeds": [agent.random_seed] if seeds is None else _values("seeds", seeds)}
    for seed in columns["seeds"]:
        check_seed("seeds", seed)
    if not isinstance(settings, Mapping | None):
        why = "as in {'discount': [0.8, 0.9]}"
        raise ValueError(
            f"`settings` must be lists of numbers by name, {why}, got {short_repr(settings)}."
        )
    for name, values in (settings or {}).items():
        if name not in Settings._fields:
            raise ValueError(
                f"`settings` must name numbers that may differ between experiments, got "
                f"{short_repr(name)}. They are: {', '.join(Settings._fields)}."
            )
        columns[name] = _values(name, values)
    count = max(map(len, columns.values()))
    for name, column in columns.items():
        if len(column) not in (1, count) or not column:
            raise ValueError(
                f"`{name}` must have one value for each of the {count} experiments, or one for "
                f"all, got {len(column)}."
            )
    rows: list[dict[str, Any]] = [
        {name: column[i % len(column)] for name, column in columns.items()} for i in range(count)
    ]
    agents = [dataclasses.replace(agent, random_seed=row.pop("seeds"), **row) for row in rows]
    if len(set(agents)) < count:
        twice = next(one for i, one in enumerate(agents) if one in agents[:i])
        raise ValueError(
            "`seeds` and `settings` must not give the same experiment twice, got seed "
            f"{twice.random_seed} twice with the same settings. Both would give the same result."
        )
    return agents


def _values(name: str, values: Any) -> list[Any]:
    """The values in a list, or in what is like one; NumPy's numbers as Python's own."""
    try:
        if isinstance(values, str | bytes | Mapping):
            raise TypeError  # noqa: TRY301
        return [x.item() if isinstance(x, np.number | jax.Array) else x for x in values]
    except (TypeError, ValueError):  # no list, or a list of arrays
        raise ValueError(
            f"`{name}` must be numbers in a list, as in [1, 2], got {short_repr(values)}."
        ) from None


def _programs(
    learner: Learner, per_call: int, num_experiments: int
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two compiled programs: one begins all experiments, one goes on with them."""
    devices = jax.devices()
    mesh = jax.make_mesh((len(devices),), ("devices",), axis_types=(jax.sharding.AxisType.Auto,))
    by_experiments = num_experiments % len(devices) == 0
    by_episodes = not by_experiments and learner.episodes_per_update % len(devices) == 0
    split = PartitionSpec("devices")
    in_turn = jax.default_backend() == "cpu"
    name = learner.config.optimizer

    @jax.jit
    @jax.vmap
    def begin(key: Array, settings: Settings) -> _Experiment:
        flat_params = learner.ravel(learner.agent.init(key))
        return _Experiment(
            key, settings, flat_params, make_optimizer(settings, name).init(flat_params)
        )

    def one_batch(experiment: _Experiment, batch: Array) -> tuple[_Experiment, Metrics]:
        key, settings, flat_params, state = experiment
        optimizer = make_optimizer(settings, name)
        # The stream of A3C's first worker.
        episodes = learner.begin_episodes(jax.random.fold_in(jax.random.fold_in(key, 1), batch))
        if by_episodes:
            episodes = jax.lax.with_sharding_constraint(episodes, NamedSharding(mesh, split))
        update, start, seen = batch * learner.unrolls_per_episode, 0, []
        for length in learner.unroll_lengths():
            done = learner.done(update)
            gradient, metrics, episodes = learner.gradient(
                flat_params, episodes, done, length, start, settings
            )
            step, state = optimizer.update(gradient, state, flat_params)
            flat_params = flat_params - scheduled(settings, "learning_rate", done) * step
            seen.append(metrics)
            update, start = update + 1, start + length
        metrics = jax.tree.map(lambda *x: jnp.stack(x), *seen)
        return _Experiment(key, settings, flat_params, state), metrics

    def run_one(
        experiment: _Experiment, first: Int[Array, ""], count: Int[Array, ""]
    ) -> tuple[_Experiment, Metrics]:
        def one(i: Array, so_far: tuple[_Experiment, Metrics]) -> tuple[_Experiment, Metrics]:
            experiment, seen = so_far
            experiment, metrics = one_batch(experiment, first + i)
            return experiment, jax.tree.map(lambda x, m: x.at[i].set(m), seen, metrics)

        nothing = jnp.zeros((per_call, learner.unrolls_per_episode), jnp.float32)
        metrics = Metrics(*(nothing for _ in Metrics._fields))
        return jax.lax.fori_loop(0, count, one, (experiment, metrics))

    def run(
        experiments: _Experiment, first: Int[Array, ""], count: Int[Array, ""]
    ) -> tuple[_Experiment, Metrics]:
        if in_turn:
            return jax.lax.map(lambda experiment: run_one(experiment, first, count), experiments)
        return jax.vmap(run_one, (0, None, None))(experiments, first, count)

    if by_experiments and len(devices) > 1:
        nowhere = PartitionSpec()
        run = jax.shard_map(
            run,
            mesh=mesh,
            in_specs=(split, nowhere, nowhere),
            out_specs=(split, split),
            check_vma=False,
        )
    return begin, jax.jit(run)
