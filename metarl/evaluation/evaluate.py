"""Evaluation with frozen weights: any player on fresh tasks, compiled; nothing is trained.

Shapes: `B` episodes, `T` steps, `A` actions.
"""

import functools
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, overload

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from metarl.checks import check_choice, check_hashable, check_instance, check_integer, check_seed
from metarl.envs import TaskFamily
from metarl.evaluation.draws import EpisodeDraws, draw_block, quick_jit
from metarl.evaluation.results import EvalResult, MeanCurve, Totals
from metarl.jax_settings import make_key
from metarl.processes.memory import bytes_of, check_memory, on_host
from metarl.progress import make_progress_bar
from metarl.rollout import Player, Trajectory, begin, check_player, expected_regret, unroll

# Episodes played at once: enough to be fast, few enough for a processor's cache, and one compiled
# program for evaluations of any size. Blocks of very long episodes are smaller.
_BLOCK_EPISODES = 500
_BLOCK_BYTES = 2**26
PROGRESS_DELAY = 2.0  # seconds before a progress bar is shown; shorter work needs none


@overload
def evaluate(
    player: Player,
    params: Any,
    env: TaskFamily,
    *,
    num_episodes: int,
    seed: int,
    tasks: Any = None,
    num_workers: int = 0,
    keep: Literal["trace", "steps"] = "trace",
    progress_bar: bool = False,
) -> EvalResult: ...


@overload
def evaluate(
    player: Player,
    params: Any,
    env: TaskFamily,
    *,
    num_episodes: int,
    seed: int,
    tasks: Any = None,
    num_workers: int = 0,
    keep: Literal["totals"],
    progress_bar: bool = False,
) -> Totals: ...


def evaluate(
    player: Player,
    params: Any,
    env: TaskFamily,
    *,
    num_episodes: int,
    seed: int,
    tasks: Any = None,
    num_workers: int = 0,
    keep: Literal["trace", "steps", "totals"] = "trace",
    progress_bar: bool = False,
) -> EvalResult | Totals:
    """Plays `num_episodes` episodes with frozen parameters.

    With the same seed, every player gets the same tasks and tapes, and the result is the same in
    every call.

    Args:
      player: the player.
      params: its parameters; `()` for a player that has none. They are not changed.
      env: the environment.
      num_episodes: number of episodes, `B`.
      seed: the random seed of tasks, tapes and choices; a whole number of at least 0.
      tasks: the tasks to play, with a leading axis `B`, as the environment makes them; a bandit
        also takes win probabilities `[B, A]`. None draws them from the family.
      num_workers: number of threads, each of which plays blocks of 500 episodes; 0 for one per
        processor core. The result does not depend on it.
      keep: what to keep. `"trace"` is everything, including how each choice was made (0.4 kB per
        trial for an agent of 48 units). `"steps"` is every step, and `trajectory.trace` is `()`.
        `"totals"` is `Totals`: a few numbers per episode of any length.
      progress_bar: whether to show a progress bar, if it takes more than two seconds.

    Returns:
      The result, in host memory.

    Raises:
      ValueError: if a number is impossible, or player, parameters, tasks and environment do not fit
        each other.
      MemoryError: if the result would not fit into memory.
    """
    _check_game(player, params, env, seed)
    check_integer("num_episodes", num_episodes, 1)
    check_integer("num_workers", num_workers, 0)
    check_choice("keep", keep, ("trace", "steps", "totals"))
    if tasks is not None:
        tasks = _checked_tasks(env, tasks, num_episodes)
    key = make_key(seed)
    workers = num_workers or os.cpu_count() or 1
    size, shapes = _plan(player, params, env, tasks, num_episodes, keep)
    blocks_at_once = min(workers, -(-num_episodes // size))
    # A block is held twice: as the output of the program, and as a copy in its place.
    kept_bytes = 3 * 8 if keep == "totals" else bytes_of(shapes)
    needed = num_episodes * kept_bytes + 2 * blocks_at_once * size * bytes_of(shapes)
    check_memory("num_episodes", num_episodes, needed)
    kept = jax.tree.map(
        lambda x: np.empty((num_episodes, *x.shape), x.dtype),
        shapes._replace(curve=()) if isinstance(shapes, _Sums) else shapes,
    )

    def play_block(first: int) -> tuple[int, Any]:
        """Plays the block that begins at `first`; returns the number of episodes and the curves."""
        begin_at = min(first, num_episodes - size)  # the last block overlaps the one before
        some = jax.tree.map(lambda x: x[begin_at : begin_at + size], tasks)
        drawn = draw_block(env, key, some, begin_at, size)
        played = on_host(_play(player, params, env, keep, drawn))
        curves = None
        if isinstance(played, _Sums):
            curves, played = played.curve[first - begin_at :], played._replace(curve=())
        for place, block in zip(jax.tree.leaves(kept), jax.tree.leaves(played), strict=True):
            place[first : begin_at + size] = block[first - begin_at :]
        return begin_at + size - first, curves

    mean_curve = MeanCurve(env.num_steps)
    with make_progress_bar(
        visible=progress_bar,
        total=num_episodes,
        desc="evaluation",
        unit=" episodes",
        delay=PROGRESS_DELAY,
        leave=False,
    ) as bar:

        def take(blocks: Iterable[tuple[int, Any]]) -> None:
            for count, curves in blocks:  # in order, whichever thread finishes first
                if curves is not None:
                    mean_curve.add(curves)
                bar.update(count)

        take([play_block(0)])  # compiles the program for all the others
        pool = ThreadPoolExecutor(workers)
        try:
            take(pool.map(play_block, range(size, num_episodes, size)))
        finally:  # after an error or Ctrl-C, no further block is started
            pool.shutdown(cancel_futures=True)
    # NaNs are written here: inside JAX, `jax_debug_nans` would raise an error.
    if isinstance(kept, _Sums):
        regret = kept.regret if env.has_regret else np.full(num_episodes, np.nan)
        sums = (kept.rewards, regret, kept.suboptimal)
        rewards, regret, suboptimal = (x.astype(np.float64) for x in sums)
        curve = mean_curve.result()
        num_counted = env.num_trials - env.num_forced_trials
        return Totals(seed, rewards, regret, suboptimal, curve, num_counted)
    trajectory, regret = kept
    if not env.has_regret:
        trajectory.action_values[...] = regret[...] = np.nan
    return EvalResult(seed, trajectory, regret, env.num_trials, env, env.num_forced_trials)


def _check_game(player: Player, params: Any, env: TaskFamily, seed: int) -> None:
    """Raises ValueError unless `player` can play in `env` with these parameters."""
    check_instance("player", player, Player)
    check_instance("env", env, TaskFamily)
    check_hashable("player", player)
    check_hashable("env", env)
    check_seed("seed", seed)
    check_player(player, params, env)


def _checked_tasks(env: TaskFamily, tasks: Any, num_episodes: int) -> Any:
    tasks = env.make_tasks(tasks) if hasattr(env, "make_tasks") else tasks
    for leaf in jax.tree.leaves(tasks):
        if np.shape(leaf)[:1] != (num_episodes,):
            raise ValueError(
                f"`tasks` must have one task for each of the {num_episodes} episodes "
                f"(`num_episodes`), got an array of shape {np.shape(leaf)}."
            )
    return tasks


def _plan(
    player: Player, params: Any, env: TaskFamily, tasks: Any, num_episodes: int, keep: str
) -> tuple[int, Any]:
    """The number of episodes to play at once, and the shapes of what is kept of one episode."""
    size = min(num_episodes, _BLOCK_EPISODES)
    some = jax.tree.map(lambda x: x[:size], tasks)
    drawn = draw_block.eval_shape(env, make_key(0), some, 0, size)
    played = _play.eval_shape(player, params, env, keep, drawn)
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), played)
    return max(1, min(size, _BLOCK_BYTES // max(1, bytes_of(shapes)))), shapes


class _Sums(NamedTuple):
    """What `keep="totals"` keeps of a block of episodes; see `Totals`."""

    rewards: Any
    regret: Any
    suboptimal: Any
    curve: Any


@functools.partial(quick_jit, static_argnums=(0, 2, 3))
def _play(
    player: Player, params: Any, env: TaskFamily, keep: str, drawn: EpisodeDraws
) -> tuple[Trajectory, Array] | _Sums:
    def play(task: Any, tape: Any, noise_key: Array) -> Trajectory:
        noise = player.draw_noise(noise_key, env.num_steps)
        return unroll(player, params, env, begin(player, env, task), tape, noise)[1]

    trajectory = jax.vmap(play)(*drawn)
    regret = expected_regret(trajectory.action_values, trajectory.actions)
    if keep == "totals":
        rewards = trajectory.rewards
        if env.num_forced_trials:
            shape = (len(rewards), env.num_trials, -1)
            forced_trial = trajectory.forced.reshape(shape).any(axis=2)
            rewards = jnp.where(forced_trial, 0, rewards.reshape(shape).sum(axis=2))
        return _Sums(
            rewards=rewards.sum(axis=1),
            regret=regret.sum(axis=1),
            suboptimal=(regret > 0).sum(axis=1, dtype=jnp.int32),
            curve=jnp.cumsum(regret if env.has_regret else trajectory.rewards, axis=1),
        )
    return trajectory if keep == "trace" else trajectory._replace(trace=()), regret
