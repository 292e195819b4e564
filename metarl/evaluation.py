"""Frozen-weight evaluation: any player, fresh tasks, one compiled call; nothing is trained.

Shapes: `B` episodes, `T` steps, `A` actions.
"""

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.envs import TaskFamily
from metarl.jax_settings import make_key
from metarl.memory import bytes_of, check_memory, on_host
from metarl.progress import make_progress_bar
from metarl.rollout import (
    Player,
    Trajectory,
    begin,
    check_player,
    expected_regret,
    unroll,
)
from metarl.validation import check_hashable, check_instance, check_integer, check_seed

# Episodes played at once: enough to be fast, few enough for a processor's cache, and one compiled
# program for evaluations of any size. Of very long episodes, fewer are.
_BLOCK_EPISODES = 500
_BLOCK_BYTES = 2**26
PROGRESS_DELAY = 2.0  # seconds before a progress bar is shown; what is done by then needs none


class Drawn(NamedTuple):
    """Episodes before they are played: what players share, and the key each draws its own from.

    Attributes:
      tasks: the task of each episode, with a leading axis `B`.
      tape: the luck of each episode, with leading axes `B` and `T`.
      noise_keys: the key of a player's own chance in each episode.
    """

    tasks: Any
    tape: Any
    noise_keys: Key[Array, " B"]


class EvalResult(NamedTuple):
    """What happened in an evaluation; figures, tables and files are made from it.

    Attributes:
      seed: the seed of tasks, luck and choices.
      trajectory: every step of every episode, with leading axes `B` and `T`; its `action_values`
        are NaN in a family without regret.
      regret: expected regret of each step, `[B, T]`; NaN in a family without regret.
      num_trials: trials of each episode.
    """

    seed: int
    trajectory: Trajectory
    regret: Float[Array, "B T"]
    num_trials: int


class Score(NamedTuple):
    """A mean over episodes, and its standard error over them."""

    mean: float
    standard_error: float


def evaluate(
    player: Player,
    params: Any,
    env: TaskFamily,
    *,
    num_episodes: int,
    seed: int,
    tasks: Any = None,
    num_workers: int = 0,
    keep_trace: bool = True,
    progress_bar: bool = False,
) -> EvalResult:
    """Plays `num_episodes` episodes with frozen parameters.

    With the same seed, every player meets the same tasks and the same tape of luck, and the same
    seed gives the same result.

    Args:
      player: who plays.
      params: its parameters; `()` for a player that has none. They are not changed.
      env: the environment.
      num_episodes: number of episodes, `B`.
      seed: the seed of tasks, luck and choices; a whole number of at least 0.
      tasks: the tasks to play, with a leading axis `B`, as the environment makes them; of a bandit,
        win probabilities `[B, A]` will do. None draws them from the family.
      num_workers: threads that play blocks of 500 episodes side by side; 0 for one per core of the
        processor. The result does not depend on it.
      keep_trace: whether to keep how each choice was made; for an agent of 48 units that is 0.4 kB
        per trial, and without it `trajectory.trace` is `()`.
      progress_bar: whether to show one, if it takes more than a moment.

    Returns:
      What happened, in host memory.

    Raises:
      ValueError: if a number is impossible, or player, parameters, tasks and environment do not fit
        each other.
      MemoryError: if it would not fit into memory.
    """
    check_game(player, params, env, seed)
    check_integer("num_episodes", num_episodes, 1)
    check_integer("num_workers", num_workers, 0)
    if tasks is not None:
        tasks = _checked_tasks(env, tasks, num_episodes)
    key = make_key(seed)
    workers = num_workers or os.cpu_count() or 1
    size, shapes = _plan(player, params, env, tasks, num_episodes, keep_trace)
    blocks_at_once = min(workers, -(-num_episodes // size))
    # A block is held twice: as it is played, and as it is copied to its place.
    needed = num_episodes * bytes_of(shapes) + 2 * blocks_at_once * size * bytes_of(shapes)
    check_memory("num_episodes", num_episodes, needed)
    kept = jax.tree.map(lambda x: np.empty((num_episodes, *x.shape), x.dtype), shapes)

    def play_block(first: int) -> int:
        begin_at = min(first, num_episodes - size)  # the last block begins within the one before
        some = jax.tree.map(lambda x: x[begin_at : begin_at + size], tasks)
        drawn = draw_block(env, key, some, begin_at, size)
        played = on_host(_play(player, params, env, keep_trace, drawn))
        for place, block in zip(jax.tree.leaves(kept), jax.tree.leaves(played), strict=True):
            place[first : begin_at + size] = block[first - begin_at :]
        return begin_at + size - first

    with make_progress_bar(
        visible=progress_bar,
        total=num_episodes,
        desc="evaluation",
        unit=" episodes",
        delay=PROGRESS_DELAY,
        leave=False,
    ) as bar:
        bar.update(play_block(0))  # which compiles; the others find it done
        pool = ThreadPoolExecutor(workers)
        try:
            for count in pool.map(play_block, range(size, num_episodes, size)):
                bar.update(count)
        finally:  # after an error or Ctrl-C, what has not begun never does
            pool.shutdown(cancel_futures=True)
    trajectory, regret = kept
    if not env.has_regret:  # said here, for a NaN within JAX looks like a fault (`jax_debug_nans`)
        trajectory.action_values[...] = regret[...] = np.nan
    return EvalResult(seed, trajectory, regret, env.num_trials)


def draw_episodes(env: TaskFamily, num_episodes: int, seed: int) -> Drawn:
    """Draws the episodes that `evaluate` plays with this seed, for somebody else to play them.

    Args:
      env: the environment.
      num_episodes: number of episodes, `B`.
      seed: the seed; a whole number of at least 0.

    Returns:
      Tasks and luck of each episode: the very ones every player meets with this seed.

    Raises:
      ValueError: if a value is impossible.
      MemoryError: if it would not fit into memory.
    """
    check_instance("env", env, TaskFamily)
    check_hashable("env", env)
    check_integer("num_episodes", num_episodes, 1)
    check_seed("seed", seed)
    key = make_key(seed)
    one = bytes_of(draw_block.eval_shape(env, key, None, 0, 1))
    check_memory("num_episodes", num_episodes, 2 * num_episodes * one)
    return jax.block_until_ready(draw_block(env, key, None, 0, num_episodes))


def episode_regret(result: EvalResult) -> Score:
    """Expected regret of an episode: summed over its steps, then averaged over episodes."""
    return _score(np.asarray(result.regret).sum(axis=1, dtype=np.float64))


def trial_reward(result: EvalResult) -> Score:
    """Sampled reward per trial, averaged over episodes."""
    total = np.asarray(result.trajectory.rewards).sum(axis=1, dtype=np.float64)
    return _score(total / result.num_trials)


def check_game(player: Player, params: Any, env: TaskFamily, seed: int) -> None:
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
                f"`tasks` must be one for each of the {num_episodes} episodes of `num_episodes`, "
                f"got an array of shape {np.shape(leaf)}."
            )
    return tasks


def _plan(
    player: Player, params: Any, env: TaskFamily, tasks: Any, num_episodes: int, keep_trace: bool
) -> tuple[int, Any]:
    """How many episodes to play at once, and the shapes of what is kept of one episode."""
    size = min(num_episodes, _BLOCK_EPISODES)
    some = jax.tree.map(lambda x: x[:size], tasks)
    drawn = draw_block.eval_shape(env, make_key(0), some, 0, size)
    played = _play.eval_shape(player, params, env, keep_trace, drawn)
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), played)
    return max(1, min(size, _BLOCK_BYTES // max(1, bytes_of(shapes)))), shapes


def _score(episodes: np.ndarray) -> Score:
    spread = episodes.std(ddof=1) if len(episodes) > 1 else np.nan
    return Score(float(episodes.mean()), float(spread / np.sqrt(len(episodes))))


# An evaluation is compiled for one or a few calls. XLA's lower level of optimisation halves the
# time that takes (1.7 s to 0.8 s for 1,000 episodes on one core) and runs as fast.
quick_jit = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 1})


@functools.partial(quick_jit, static_argnums=(0, 4))
def draw_block(
    env: TaskFamily, key: Key[Array, ""], tasks: Any, start: int | Int[Array, ""], size: int
) -> Drawn:
    """Draws some of the episodes of an evaluation; each is the same, whatever the others are.

    Args:
      env: the environment.
      key: `make_key(seed)`; consumed, but for other blocks of the same evaluation.
      tasks: the tasks of these episodes, with a leading axis; None draws them from the family.
      start: the index of the first of them in the evaluation.
      size: the number of them.

    Returns:
      The episodes.
    """

    def one(index: Array) -> Drawn:
        task_key, tape_key, noise_key = (jax.random.fold_in(part, index) for part in parts)
        task = env.sample_task(task_key) if tasks is None else ()
        return Drawn(tasks=task, tape=env.sample_tape(tape_key), noise_keys=noise_key)

    parts = jax.random.split(key, 3)
    drawn = jax.vmap(one)(start + jnp.arange(size, dtype=jnp.int32))
    return drawn if tasks is None else drawn._replace(tasks=jax.tree.map(jnp.asarray, tasks))


@functools.partial(quick_jit, static_argnums=(0, 2, 3))
def _play(
    player: Player, params: Any, env: TaskFamily, keep_trace: bool, drawn: Drawn
) -> tuple[Trajectory, Array]:
    def play(task: Any, tape: Any, noise_key: Array) -> Trajectory:
        noise = player.draw_noise(noise_key, env.num_steps)
        return unroll(player, params, env, begin(player, env, task), tape, noise)[1]

    trajectory = jax.vmap(play)(*drawn)
    if not keep_trace:
        trajectory = trajectory._replace(trace=())
    return trajectory, expected_regret(trajectory.action_values, trajectory.actions)
