"""How well an agent, a player or a fitted model predicts choices, whoever made them.

The score is the negative log-likelihood per trial, in nats; log 2 = .693 for a coin between two
actions; smaller is better. Every player is fed the subject's own choices and rewards (teacher
forcing), and asked for the probability of each next choice. Nothing is fitted or trained here: use
sessions that the player was not fitted to. Shapes: `B` episodes, `T` steps.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, Int

from metarl.baselines.delta_rule import DeltaRule
from metarl.behaviour.order import GROUP
from metarl.behaviour.policies import as_player, log_probabilities
from metarl.behaviour.steps import Behaviour, Steps, steps_of
from metarl.behaviour.table import check_columns
from metarl.checks import check_hashable, check_instance, check_integer, short_repr
from metarl.envs import TaskFamily, TimeStep
from metarl.evaluation.draws import quick_jit
from metarl.jax_settings import make_key
from metarl.rollout import KnowsValues, Player, check_player


class Score(NamedTuple):
    """How well choices were predicted.

    Attributes:
      per_trial: negative log-likelihood per trial, in nats, over all trials that count.
      num_trials: the number of these trials: those with a free choice.
      steps: negative log-likelihood of each choice, `[B, T]`; NaN on other steps, and after the end
        of an episode. Trials without a response are left out.
      episodes: `subject`, `session`, `episode`, `trials` and `per_trial`, one row for each episode.
    """

    per_trial: float
    num_trials: int
    steps: Float[np.ndarray, "B T"]
    episodes: pd.DataFrame


def score(env: TaskFamily, player: Player | DeltaRule, params: Any, behaviour: Behaviour) -> Score:
    """Scores a player on real choices.

    The player's memory begins anew in each session and episode. On each step, it sees what the
    subject saw, the subject's action and reward of the step before, and no more. What counts is the
    choice of each trial: in a two-step task, the first one. Forced choices are learnt from, and do
    not count. Trials without a response are left out, as if they had not been.

    Args:
      env: the family that was played; its number of trials need not be that of the sessions.
      player: an agent, another player that tells the probabilities of its actions
        (`metarl.behaviour.HasPolicy`), or the constants of a fitted model.
      params: the agent's parameters; `()` for others.
      behaviour: a tidy table of one subject or several, an EvalResult, or Trials.

    Raises:
      ValueError: if the player has no probabilities or cannot play the family, or the behaviour
        does not fit the family.
    """
    check_instance("env", env, TaskFamily)
    player = as_player(env, player)
    if not isinstance(player, Player) or isinstance(player, type):
        raise ValueError(f"`player` must be a player or a `DeltaRule`, got {short_repr(player)}.")
    if isinstance(player, KnowsValues):
        raise ValueError(
            "`player` must be an honest player, got the oracle, which is told the values of "
            "actions. Nobody knows them for real choices."
        )
    check_hashable("player", player)
    check_player(player, params, env)
    steps = steps_of(env, behaviour)
    found = np.asarray(
        _teacher_forced(player, params, steps.actions, steps.rewards, steps.observations)
    )
    return summary(steps, np.where(steps.counted, found.astype(np.float64), np.nan))


def summary(steps: Steps, losses: Float[np.ndarray, "B T"]) -> Score:
    """The score, given the negative log-likelihood of each choice; NaN where there is none."""
    trials = np.isfinite(losses) | np.isinf(losses)
    count = trials.sum(axis=1)
    total = np.nansum(losses, axis=1)
    each = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    episodes = steps.episodes.assign(trials=count, per_trial=each)
    return Score(float(total.sum() / count.sum()), int(count.sum()), losses, episodes)


def split_sessions(table: pd.DataFrame, *, held_out: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Splits a tidy table into sessions to fit models to, and held-out ones to score them on.

    Args:
      table: the tidy table.
      held_out: one session in this many is held out: the second of each subject, and every
        `held_out`-th after it. Episodes stand for sessions where there is only one session.

    Returns:
      The rows to fit, and those that are held out.

    Raises:
      ValueError: if a subject has only one session.
    """
    check_columns(table, ("trial",))
    check_integer("held_out", held_out, 2)
    given = table.assign(**{name: "" for name in GROUP if name not in table})
    sessions = given.groupby("subject", sort=False, dropna=False)["session"].transform("nunique")
    unit = np.where(
        sessions > 1,
        given.groupby(["subject", "session"], sort=False, dropna=False).ngroup(),
        given.groupby(GROUP, sort=False, dropna=False).ngroup(),
    )
    names = pd.Series(pd.factorize(given["subject"])[0], index=given.index)
    number = pd.Series(unit, index=given.index).groupby(names).transform(lambda x: x.factorize()[0])
    single = number.groupby(names).transform("max") == 0
    if single.any():
        who = given.loc[single, "subject"].iloc[0]
        raise ValueError(
            f"`table` must have several sessions or episodes of each subject, got one of {who!r}. "
            "Hold out whole subjects instead."
        )
    out = (number % held_out == 1).to_numpy(bool)
    return table[~out].reset_index(drop=True), table[out].reset_index(drop=True)


@functools.partial(quick_jit, static_argnums=0)
def _teacher_forced(
    player: Player,
    params: Any,
    actions: Int[Array, "B T"],
    rewards: Float[Array, "B T"],
    observations: Float[Array, "B T O"],
) -> Float[Array, "B T"]:
    """The negative log-probability of each action, given all that came before it."""
    num_steps = actions.shape[1]
    noise = player.draw_noise(make_key(0), num_steps)  # `act` needs it; probabilities do not

    def episode(actions: Array, rewards: Array, observations: Array) -> Array:
        def step(memory: Any, now: tuple[Any, ...]) -> tuple[Any, Array]:
            timestep, previous, action, noise_t = now
            memory, _, trace = player.act(params, memory, previous, timestep, noise_t)
            chances = log_probabilities(player, params, memory, timestep, trace)
            return memory, -chances[action]

        seen = TimeStep(
            observation=observations,
            reward=jnp.concatenate([jnp.zeros(1, jnp.float32), rewards[:-1]]),
            step=jnp.arange(num_steps, dtype=jnp.int32),
        )
        previous = jnp.concatenate([jnp.full(1, -1, jnp.int32), actions[:-1]])
        memory = player.initial_memory(None)
        return jax.lax.scan(step, memory, (seen, previous, actions, noise))[1]

    return jax.vmap(episode)(actions, rewards, observations)
