"""Frozen evaluation that keeps sums and no trials: many episodes in little memory.

Shapes: `B` episodes, `T` steps.
"""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from metarl.envs import TaskFamily
from metarl.evaluation import Drawn, check_game, draw_block, quick_jit
from metarl.jax_settings import make_key
from metarl.memory import check_memory, on_host
from metarl.rollout import Player, begin, expected_regret, unroll
from metarl.validation import check_integer

MAX_EPISODES = 5_000  # played side by side; more do not fit a processor's cache
MAX_CHOICES = 2**22  # of all arms on all trials of those episodes; 16 MB for each of a few arrays


class Tally(NamedTuple):
    """What a player reached.

    Attributes:
      rewards: sampled reward of each episode, summed over its trials.
      regret: expected regret of each episode, summed over its trials.
      suboptimal: choices of an action other than the best one, in each episode.
      curve: cumulative expected regret up to each step, averaged over episodes; in a family
        without regret, cumulative reward.
      curve_error: the standard error of `curve`.
    """

    rewards: Float[np.ndarray, " B"]
    regret: Float[np.ndarray, " B"]
    suboptimal: Float[np.ndarray, " B"]
    curve: Float[np.ndarray, " T"]
    curve_error: Float[np.ndarray, " T"]


class Curve(NamedTuple):
    """A player's cumulative expected regret (or reward) up to each step, and its standard error."""

    mean: Float[ArrayLike, " T"]
    standard_error: Float[ArrayLike, " T"]


def tally(player: Player, params: Any, env: TaskFamily, *, num_episodes: int, seed: int) -> Tally:
    """Plays the episodes that `metarl.evaluate` plays with this seed, a few thousand at a time.

    Args:
      player: who plays.
      params: its parameters; `()` for a player that has none.
      env: the environment.
      num_episodes: number of episodes, `B`; at least 2, for a standard error.
      seed: the seed of tasks, luck and choices; a whole number of at least 0.

    Returns:
      Sums of each episode, and the mean curve.

    Raises:
      ValueError: as `metarl.evaluate`.
      MemoryError: if it would not fit into memory.
    """
    check_game(player, params, env, seed)
    check_integer("num_episodes", num_episodes, 2, "One episode has no standard error.")
    check_memory("num_episodes", num_episodes, 3 * 8 * num_episodes)
    most = max(1, min(MAX_EPISODES, MAX_CHOICES // (env.num_steps * env.num_actions)))
    size = math.ceil(num_episodes / math.ceil(num_episodes / most))
    rewards, regret, suboptimal = np.empty((3, num_episodes))
    mean, squares = np.zeros((2, env.num_steps))  # of squared distances from the mean: their sum
    for first in range(0, num_episodes, size):
        start = min(first, num_episodes - size)  # the last share begins within the one before
        drawn = draw_block(env, make_key(seed), None, start, size)
        played = on_host(_play(player, params, env, drawn))
        share = slice(first, start + size)
        rewards[share], suboptimal[share], total = (x[first - start :] for x in played)
        regret[share] = total[:, -1] if env.has_regret else np.nan
        # Shares are joined as in Chan, Golub & LeVeque (1983, American Statistician 37).
        count, before = len(total), first
        share_mean = total.mean(axis=0, dtype=np.float64)
        squares += count * total.var(axis=0, dtype=np.float64)
        squares += (share_mean - mean) ** 2 * before * count / (before + count)
        mean += (share_mean - mean) * count / (before + count)
    return Tally(
        rewards=rewards,
        regret=regret,
        suboptimal=suboptimal,
        curve=mean,
        curve_error=np.sqrt(squares / (num_episodes - 1) / num_episodes),
    )


@functools.partial(quick_jit, static_argnums=(0, 2))
def _play(player: Player, params: Any, env: TaskFamily, drawn: Drawn) -> tuple[Array, Array, Array]:
    """Rewards and suboptimal choices `[b]` and cumulative curves `[b, T]` of some episodes."""

    def play(task: Any, tape: Any, noise_key: Array) -> tuple[Array, Array, Array]:
        noise = player.draw_noise(noise_key, env.num_steps)
        _, happened = unroll(player, params, env, begin(player, env, task), tape, noise)
        regret = expected_regret(happened.action_values, happened.actions)
        total = jnp.cumsum(regret if env.has_regret else happened.rewards)
        return happened.rewards.sum(), (regret > 0).sum(dtype=jnp.int32), total

    return jax.vmap(play)(*drawn)
