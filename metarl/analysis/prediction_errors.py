"""Reward-prediction errors: of a critic, of an ideal observer, and of a model-free learner.

The error of a step is r_t + discount * V_{t+1} - V_t: what came, and what is now expected, against
what was expected. Wang et al. 2018 (simulation 4) regress an agent's errors on model-based and on
model-free ones. As these are correlated, what counts is what each *adds* to the other.
Shapes: `B` episodes, `T` steps.
"""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from metarl.analysis.observer import beliefs_of
from metarl.baselines.two_step import Hybrid
from metarl.checks import check_number, check_shape
from metarl.envs import TaskFamily, TimeStep
from metarl.envs.planning import interpolate
from metarl.envs.two_step import TwoStep
from metarl.evaluation.results import EvalResult

_GRID = 201


def prediction_errors(
    values: Float[np.ndarray, "B T"], rewards: Float[np.ndarray, "B T"], discount: float
) -> Float[np.ndarray, "B T"]:
    """The error of each step, r_t + discount * V_{t+1} - V_t; after the last step, V is zero.

    Args:
      values: the value before the action of each step.
      rewards: the reward of that action.
      discount: the discount per step with which the values were learnt.
    """
    values = check_shape("values", values, ("B", "T")).astype(np.float64)
    rewards = check_shape("rewards", rewards, values.shape)
    check_number("discount", discount, 0, 1)
    later = np.concatenate([values[:, 1:], np.zeros((len(values), 1))], axis=1)
    return rewards + discount * later - values


def ideal_values(env: TwoStep, result: EvalResult, discount: float) -> Float[np.ndarray, "B T"]:
    """The value of each step to an ideal observer of a two-step task who plays as well as can be.

    It is the expected discounted reward to the end of the episode, by dynamic programming over the
    probability that the first of the second states is the better one: model-based values.

    Args:
      env: the two-step task, without fixation.
      result: the episodes, whoever played them.
      discount: the discount per step.

    Raises:
      ValueError: if `env` is another family, or has fixation cues.
    """
    if not isinstance(env, TwoStep) or env.fixation:
        raise ValueError(f"`env` must be a two-step task without fixation, got {env}.")
    check_number("discount", discount, 0, 1)
    beliefs, _ = beliefs_of(env, result)
    places = np.asarray(result.trajectory.observations).argmax(axis=-1)
    tables = np.asarray(_tables(env, float(discount)))
    trial = np.arange(env.num_steps) // 2
    points = np.asarray(beliefs, np.float64) * (_GRID - 1)
    low = np.minimum(points.astype(int), _GRID - 2)
    here = tables[trial[None, :], places]
    lower = np.take_along_axis(here, low[..., None], axis=-1)[..., 0]
    upper = np.take_along_axis(here, low[..., None] + 1, axis=-1)[..., 0]
    return np.asarray(lower + (points - low) * (upper - lower))


@functools.partial(jax.jit, static_argnums=(0, 1))
def _tables(env: TwoStep, discount: float) -> Float[Array, "N 3 G"]:
    """The value by trial, place (first choice, second states) and belief."""
    beliefs = jnp.linspace(0.0, 1.0, _GRID)
    common = env.common_probability

    def outcome(second: int, reward: float) -> tuple[Array, Array]:
        """The chance of a second state's outcome, and the belief after it, for each belief."""
        pays = env.win_probability if second == 0 else 1 - env.win_probability
        chance = beliefs * pays + (1 - beliefs) * (1 - pays)
        shown = TimeStep(jax.nn.one_hot(1 + second, 3), jnp.float32(0), jnp.int32(1))
        after = TimeStep(jnp.zeros(3), jnp.float32(reward), jnp.int32(2))
        update = jax.vmap(lambda b: env.update_belief(b, shown, jnp.int32(0), after))
        return (chance if reward else 1 - chance), update(beliefs.astype(jnp.float32))

    outcomes = [[(reward, *outcome(s, reward)) for reward in (1.0, 0.0)] for s in (0, 1)]

    def backwards(later: Array, _: None) -> tuple[Array, Array]:
        seconds = [
            sum(
                chance * (reward + discount * interpolate(later, after[:, None]))
                for reward, chance, after in outcomes[s]
            )
            for s in (0, 1)
        ]
        own = [common * seconds[a] + (1 - common) * seconds[1 - a] for a in (0, 1)]
        first = discount * jnp.maximum(*own)
        return first, jnp.stack([first, *seconds])

    return jax.lax.scan(backwards, jnp.zeros(_GRID), None, length=env.num_trials, reverse=True)[1]


def model_free_errors(
    env: TaskFamily, result: EvalResult, *, learning_rate: float = 0.5, trace: float = 1.0
) -> Float[np.ndarray, "B T"]:
    """The errors of a model-free learner, SARSA(lambda), that sees a two-step task being played.

    On the step of the first choice it is Q(second state) - Q(first choice); on the second, the
    reward minus Q(second state), both of the choices made; zero at fixation cues and where an
    action was invalid.

    Args:
      env: the two-step task.
      result: the episodes, whoever played them.
      learning_rate: alpha.
      trace: lambda.
    """
    player = Hybrid(env=env, learning_rate=learning_rate, trace=trace, weight=0.0)
    played = result.trajectory
    arrays = [jnp.asarray(x) for x in (played.observations, played.actions, played.rewards)]
    return np.asarray(_watch(player, *arrays), np.float64)


@functools.partial(jax.jit, static_argnums=0)
def _watch(player: Hybrid, observations: Array, actions: Array, rewards: Array) -> Array:
    def episode(observations: Array, actions: Array, rewards: Array) -> Array:
        def one(memory: Any, step: tuple[Array, ...]) -> tuple[Any, Array]:
            shown, action, reward, next_shown, next_action = step
            place = jnp.where(shown.max() > 0, jnp.argmax(shown), -1).astype(jnp.int32)
            memory = memory._replace(place=place, first=jnp.where(place == 0, action, memory.first))
            values = memory.second_values
            reached = jnp.argmax(next_shown) - 1
            at_first = values[reached, next_action] - memory.first_values[memory.first]
            at_second = reward - values[jnp.maximum(place - 1, 0), action]
            arrives = (place == 0) & (next_shown.max() > 0) & (reached < 2)
            collects = (place == 1) | (place == 2)
            error = jnp.where(arrives, at_first, jnp.where(collects, at_second, 0.0))
            valid = (action < 2) & ((next_action < 2) | ~arrives)
            return player.learn(memory, action, reward), jnp.where(valid, error, 0.0)

        following = [jnp.concatenate([x[1:], x[:1]]) for x in (observations, actions)]
        steps = (observations, actions, rewards, *following)
        return jax.lax.scan(one, player.initial_memory(None), steps)[1]

    return jax.vmap(episode)(observations, actions, rewards)


def added_r2(
    target: Float[np.ndarray, "*shape"], regressors: Mapping[str, Float[np.ndarray, "*shape"]]
) -> pd.DataFrame:
    """How much of a quantity's variance others explain, and what each adds to all the others.

    Args:
      target: the quantity, such as an agent's prediction errors.
      regressors: the others, by name, on the same steps.

    Returns:
      A row for each regressor: `regressor`, `r2` (it alone), `added_r2` (of all together, minus of
      all but this one), and `total_r2` (of all together).
    """
    y = np.ravel(np.asarray(target, np.float64))
    columns = {name: np.ravel(np.asarray(x, np.float64)) for name, x in regressors.items()}
    for name, column in columns.items():
        check_shape(name, column, y.shape)

    def r2(names: list[str]) -> float:
        design = np.stack([np.ones_like(y), *(columns[name] for name in names)], axis=1)
        found, *_ = np.linalg.lstsq(design, y, rcond=None)
        return float(1 - np.square(y - design @ found).sum() / np.square(y - y.mean()).sum())

    total = r2(list(columns))
    rows = [
        {
            "regressor": name,
            "r2": r2([name]),
            "added_r2": total - r2([other for other in columns if other != name]),
            "total_r2": total,
        }
        for name in columns
    ]
    return pd.DataFrame(rows)
