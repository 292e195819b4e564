"""Frozen-weight evaluation: any player, fresh tasks, one compiled call; nothing is trained.

Shapes: `B` episodes, `T` steps, `A` actions.
"""

import concurrent.futures
import functools
import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from metarl.envs import Environment
from metarl.process import (
    ChildLostError,
    interrupts_held,
    prepare_child,
    process_context,
    refuse_unguarded_script,
)
from metarl.rollout import Player, Trajectory, begin, expected_advantage, unroll


class Dealt(NamedTuple):
    """What decides each episode, before its luck is drawn.

    Attributes:
      tasks: the task of each episode, with a leading axis `B`.
      tape_keys: the key that its luck is drawn from.
      noise_keys: the key of a player's own chance in it.
    """

    tasks: Any
    tape_keys: Key[Array, " B"]
    noise_keys: Key[Array, " B"]


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

    With the same seed, every player meets the same tasks and the same tape of luck. The same seed
    gives the same result; shared among another number of workers, up to rounding.

    Args:
      player: who plays.
      params: its parameters; `()` for a player that has none. They are not changed.
      env: the environment.
      num_episodes: number of episodes, `B`.
      seed: the seed of tasks, luck and choices; a whole number of at least 0.
      tasks: the tasks to play, with a leading axis `B`; None draws them from the family.
      num_workers: processes that share the episodes; 0 or 1 plays them all in this process.
      keep_trace: whether to keep how each choice was made; for an agent of 48 units that is 1.6 kB
        per trial, and without it `trajectory.trace` is `()`.

    Returns:
      What happened, in host memory.

    Raises:
      ChildLostError: if a worker was lost.
    """
    if num_workers <= 1:
        everything = (0, num_episodes)
        return _evaluate_share(
            player, params, env, num_episodes, seed, tasks, keep_trace, *everything
        )
    refuse_unguarded_script()
    params, tasks = jax.tree.map(np.asarray, (params, tasks))
    bounds = np.linspace(0, num_episodes, min(num_workers, num_episodes) + 1).astype(int).tolist()
    share = functools.partial(
        _evaluate_share, player, params, env, num_episodes, seed, tasks, keep_trace
    )
    try:
        with concurrent.futures.ProcessPoolExecutor(
            len(bounds) - 1, mp_context=process_context(), initializer=prepare_child
        ) as pool:
            with interrupts_held():
                futures = [pool.submit(share, *pair) for pair in itertools.pairwise(bounds)]
            results = [future.result() for future in futures]
    except concurrent.futures.BrokenExecutor as error:
        raise ChildLostError(f"A worker of the evaluation was lost: {error}") from error
    trajectory, regret = jax.tree.map(
        lambda *parts: np.concatenate(parts), *[(r.trajectory, r.regret) for r in results]
    )
    return EvalResult(seed=seed, trajectory=trajectory, regret=regret)


def deal(env: Environment, num_episodes: int, key: Key[Array, ""], tasks: Any = None) -> Dealt:
    """Deals the episodes of an evaluation, the same to every player. The key is consumed.

    Args:
      env: the environment.
      num_episodes: number of episodes, `B`.
      key: `jax.random.key(seed)`.
      tasks: the tasks to play, with a leading axis `B`; None draws them from the family.

    Returns:
      A task and two keys for each episode.
    """
    tasks_key, tape_key, noise_key = jax.random.split(key, 3)
    if tasks is None:
        tasks = jax.vmap(env.sample_task)(jax.random.split(tasks_key, num_episodes))
    return Dealt(
        tasks=tasks,
        tape_keys=jax.random.split(tape_key, num_episodes),
        noise_keys=jax.random.split(noise_key, num_episodes),
    )


def draw_episodes(env: Environment, num_episodes: int, seed: int) -> Drawn:
    """Draws the episodes that `evaluate` plays with this seed, for somebody else to play them.

    Args:
      env: the environment.
      num_episodes: number of episodes, `B`.
      seed: the seed; a whole number of at least 0.

    Returns:
      Tasks and luck of each episode: the very ones every player meets with this seed.
    """
    return _draw(env, num_episodes, jax.random.key(seed), None, 0, num_episodes)


def episode_regret(result: EvalResult) -> Score:
    """Expected regret of an episode: summed over its trials, then averaged over episodes."""
    return _score(np.asarray(result.regret, np.float64).sum(axis=1))


def trial_reward(result: EvalResult) -> Score:
    """Sampled reward per trial, averaged over episodes."""
    return _score(np.asarray(result.trajectory.rewards, np.float64).mean(axis=1))


def _score(episodes: np.ndarray) -> Score:
    spread = episodes.std(ddof=1) if len(episodes) > 1 else np.nan
    return Score(float(episodes.mean()), float(spread / np.sqrt(len(episodes))))


def _evaluate_share(
    player: Player,
    params: Any,
    env: Environment,
    num_episodes: int,
    seed: int,
    tasks: Any,
    keep_trace: bool,
    start: int,
    stop: int,
) -> EvalResult:
    drawn = _draw(env, num_episodes, jax.random.key(seed), tasks, start, stop)
    trajectory, regret = jax.device_get(_play(player, params, env, keep_trace, drawn))
    return EvalResult(seed=seed, trajectory=trajectory, regret=regret)


# An evaluation is compiled for one or a few calls. XLA's lower level of optimisation halves the
# time that takes (1.7 s to 0.8 s for 1,000 episodes on one core) and runs as fast.
quick_jit = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 1})


@functools.partial(quick_jit, static_argnums=(0, 1, 4, 5))
def _draw(
    env: Environment, num_episodes: int, key: Array, tasks: Any, start: int, stop: int
) -> Drawn:
    dealt = deal(env, num_episodes, key, tasks)
    tasks, tape_keys, noise_keys = jax.tree.map(lambda x: jnp.asarray(x)[start:stop], dealt)
    return Drawn(tasks=tasks, tape=jax.vmap(env.sample_tape)(tape_keys), noise_keys=noise_keys)


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
    return trajectory, -expected_advantage(trajectory.action_values, trajectory.actions)
