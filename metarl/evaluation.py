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

from metarl.envs import Environment
from metarl.rollout import Player, Trajectory, begin, expected_regret, unroll
from metarl.validation import check_instance, check_integer, check_seed

# Episodes played at once: enough to be fast, few enough for a processor's cache, and one compiled
# program for evaluations of any size.
_BLOCK_EPISODES = 500


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
      trajectory: every step of every episode, with leading axes `B` and `T`.
      regret: expected regret of each step, `[B, T]`.
    """

    seed: int
    trajectory: Trajectory
    regret: Float[Array, "B T"]


class Score(NamedTuple):
    """A mean over episodes, and its standard error over them."""

    mean: float
    standard_error: float


def evaluate(
    player: Player,
    params: Any,
    env: Environment,
    *,
    num_episodes: int,
    seed: int,
    tasks: Any = None,
    num_workers: int = 0,
    keep_trace: bool = True,
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
      tasks: the tasks to play, with a leading axis `B`; None draws them from the family.
      num_workers: threads that play blocks of 500 episodes side by side; 0 for one per core of the
        processor. The result does not depend on it.
      keep_trace: whether to keep how each choice was made; for an agent of 48 units that is 1.6 kB
        per trial, and without it `trajectory.trace` is `()`.

    Returns:
      What happened, in host memory.

    Raises:
      ValueError: if a number is impossible, or the player has other actions than the environment.
    """
    check_instance("player", player, Player)
    check_instance("env", env, Environment)
    check_integer("num_episodes", num_episodes, 1)
    check_seed("seed", seed)
    check_integer("num_workers", num_workers, 0)
    if {len(leaf) for leaf in jax.tree.leaves(tasks)} - {num_episodes}:
        raise ValueError(
            f"`tasks` must be one for each of the {num_episodes} episodes of `num_episodes`, got "
            f"{len(jax.tree.leaves(tasks)[0])}."
        )
    size = min(num_episodes, _BLOCK_EPISODES)
    key = jax.random.key(seed)

    def play_block(first: int) -> tuple[Trajectory, np.ndarray]:
        begin_at = min(first, num_episodes - size)  # the last block begins within the one before
        some = jax.tree.map(lambda x: x[begin_at : begin_at + size], tasks)
        drawn = draw_block(env, key, some, begin_at, size)
        played = jax.device_get(_play(player, params, env, keep_trace, drawn))
        return jax.tree.map(lambda x: x[first - begin_at :], played)

    played = [play_block(0)]  # which compiles; the others find it done
    with ThreadPoolExecutor(num_workers or os.cpu_count()) as pool:
        played += pool.map(play_block, range(size, num_episodes, size))
    trajectory, regret = jax.tree.map(lambda *parts: np.concatenate(parts), *played)
    return EvalResult(seed=seed, trajectory=trajectory, regret=regret)


def draw_episodes(env: Environment, num_episodes: int, seed: int) -> Drawn:
    """Draws the episodes that `evaluate` plays with this seed, for somebody else to play them.

    Args:
      env: the environment.
      num_episodes: number of episodes, `B`.
      seed: the seed; a whole number from 0 to 2**32 - 1.

    Returns:
      Tasks and luck of each episode: the very ones every player meets with this seed.

    Raises:
      ValueError: if a number is impossible.
    """
    check_integer("num_episodes", num_episodes, 1)
    check_seed("seed", seed)
    return draw_block(env, jax.random.key(seed), None, 0, num_episodes)


def episode_regret(result: EvalResult) -> Score:
    """Expected regret of an episode: summed over its trials, then averaged over episodes."""
    return _score(np.asarray(result.regret, np.float64).sum(axis=1))


def trial_reward(result: EvalResult) -> Score:
    """Sampled reward per trial, averaged over episodes."""
    return _score(np.asarray(result.trajectory.rewards, np.float64).mean(axis=1))


def _score(episodes: np.ndarray) -> Score:
    spread = episodes.std(ddof=1) if len(episodes) > 1 else np.nan
    return Score(float(episodes.mean()), float(spread / np.sqrt(len(episodes))))


# An evaluation is compiled for one or a few calls. XLA's lower level of optimisation halves the
# time that takes (1.7 s to 0.8 s for 1,000 episodes on one core) and runs as fast.
quick_jit = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 1})


@functools.partial(quick_jit, static_argnums=(0, 4))
def draw_block(
    env: Environment, key: Key[Array, ""], tasks: Any, start: int | Int[Array, ""], size: int
) -> Drawn:
    """Draws some of the episodes of an evaluation; each is the same, whatever the others are.

    Args:
      env: the environment.
      key: `jax.random.key(seed)`; consumed, but for other blocks of the same evaluation.
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
    drawn = jax.vmap(one)(start + jnp.arange(size))
    return drawn if tasks is None else drawn._replace(tasks=jax.tree.map(jnp.asarray, tasks))


@functools.partial(quick_jit, static_argnums=(0, 2, 3))
def _play(
    player: Player, params: Any, env: Environment, keep_trace: bool, drawn: Drawn
) -> tuple[Trajectory, Array]:
    def play(task: Any, tape: Any, noise_key: Array) -> Trajectory:
        noise = player.draw_noise(noise_key, env.num_steps)
        return unroll(player, params, env, begin(player, env, task), tape, noise)[1]

    trajectory = jax.vmap(play)(*drawn)
    if not keep_trace:
        trajectory = trajectory._replace(trace=())
    return trajectory, expected_regret(trajectory.action_values, trajectory.actions)
