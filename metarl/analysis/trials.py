"""Behaviour as arrays, one row per episode and one column per trial, whoever played.

Shapes: `B` episodes, `N` trials.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from metarl.envs import TaskFamily
from metarl.evaluation.results import EvalResult


class Trials(NamedTuple):
    """Episodes of the same number of trials.

    Attributes:
      choices: the choice of each trial: the action of its deciding step; -1 if there is none, as
        after an invalid, central action.
      rewards: the reward of each trial, summed over its steps.
      states: in a two-step task, the second state of each trial, 0 or 1; -1 if there is none.
      counted: whether the choice was the player's: there is one, and it was not forced.
    """

    choices: Int[np.ndarray, "B N"]
    rewards: Float[np.ndarray, "B N"]
    states: Int[np.ndarray, "B N"]
    counted: Bool[np.ndarray, "B N"]


def deciding_step(env: TaskFamily) -> int:
    """The step of a trial, from zero, whose action is the choice.

    In a two-step task it is the first choice; with a fixation cue, the step after it.
    """
    if env.family in ("two_step", "daw"):
        return env.steps_per_trial - 2
    return env.steps_per_trial - 1


def check_result(env: TaskFamily, result: object) -> None:
    """Raises ValueError unless the result holds every step of episodes of `env`."""
    if not isinstance(result, EvalResult):
        raise ValueError(
            "`result` must be that of `evaluate` with keep='trace' or keep='steps', got "
            f"{type(result).__name__}, which does not hold every step."
        )
    found = result.num_trials, np.shape(result.trajectory.actions)[1]
    if found != (env.num_trials, env.num_steps):
        raise ValueError(
            f"`env` must be the family that was played, with {found[0]} trials in {found[1]} "
            f"steps, got {env}."
        )


def trials_of(env: TaskFamily, result: EvalResult) -> Trials:
    """The trials of an evaluation: of an agent, or of any other player.

    Raises:
      ValueError: if the result holds only totals, or is that of another family.
    """
    check_result(env, result)
    played = result.trajectory
    shape = (len(played.actions), env.num_trials, env.steps_per_trial)
    step = deciding_step(env)
    choices = _valid(env, np.asarray(played.actions).reshape(shape)[:, :, step])
    forced = np.zeros(shape, bool)
    if not isinstance(played.forced, tuple):
        forced = np.asarray(played.forced).reshape(shape)
    states = np.full(shape[:2], -1)
    if env.family in ("two_step", "daw"):
        shown = np.asarray(played.observations).reshape(*shape, -1)[:, :, -1, 1:3]
        states = np.where(shown.max(axis=-1) > 0, shown.argmax(axis=-1), -1)
    return Trials(
        choices=choices,
        rewards=np.asarray(played.rewards, np.float64).reshape(shape).sum(axis=2),
        states=states.astype(np.int64),
        counted=(choices >= 0) & ~forced[:, :, step],
    )


def trials_of_table(table: pd.DataFrame, env: TaskFamily) -> Trials:
    """The trials of one player in a tidy table, such as the record of a game.

    Episodes of several sessions are told apart. Only a person's rows say what was shown: those of a
    machine have no `states`; use `trials_of` for machines.

    Args:
      table: rows of `episode`, `trial`, `step`, `action`, `reward` and, in a two-step task, the
        `state` that was shown; indices count from 1, actions from 0. Trials without an action, and
        those that an unfinished episode lacks, are filled with -1 and zeros.
      env: the family that was played.

    Raises:
      ValueError: if a column is missing, there are rows of several subjects or none, a row is
        there twice, or a trial is beyond the episode.
    """
    for name in ("episode", "trial", "step", "action", "reward"):
        if name not in table:
            raise ValueError(
                f"`table` must have a column `{name}`, got {', '.join(map(str, table.columns))}."
            )
    if "subject" in table and table["subject"].nunique() > 1:
        who = ", ".join(map(str, table["subject"].unique()))
        raise ValueError(f"`table` must hold one subject, got {who}. Select one of them.")
    if table.empty:
        raise ValueError("`table` must have rows, got none.")
    keys = [name for name in ("session", "episode") if name in table]
    episodes = table.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    if table[["trial", "step"]].assign(episode=episodes).duplicated().any():
        raise ValueError("`table` must have one row for each step, got a step twice.")
    trials = table["trial"].to_numpy(int) - 1
    within = (table["step"].to_numpy(int) - 1) % env.steps_per_trial
    if trials.min() < 0 or trials.max() >= env.num_trials:
        raise ValueError(
            f"`trial` must be from 1 to {env.num_trials}, the family's `num_trials`, got "
            f"{trials.min() + 1} to {trials.max() + 1}."
        )
    shape = (int(episodes.max()) + 1, env.num_trials)
    choices, states = np.full((2, *shape), -1)
    rewards = np.zeros(shape)
    np.add.at(rewards, (episodes, trials), table["reward"].fillna(0).to_numpy(float))
    deciding = within == deciding_step(env)
    actions = _valid(env, table["action"].fillna(-1).to_numpy(int))
    choices[episodes[deciding], trials[deciding]] = actions[deciding]
    if env.family in ("two_step", "daw"):
        last = within == env.steps_per_trial - 1
        shown = table["state"].astype(str)[last]
        found = np.select([shown.str.contains(f"state {s}") for s in "AB"], [0, 1], -1)
        states[episodes[last], trials[last]] = found
    counted = choices >= 0
    if "available" in table:  # a single action that is available is forced
        alone = table["available"].astype(str).str.fullmatch(r"\d+(\.0)?").to_numpy() & deciding
        counted[episodes[alone], trials[alone]] = False
    return Trials(choices, rewards, states, counted)


def _valid(env: TaskFamily, actions: Int[np.ndarray, "*shape"]) -> Int[np.ndarray, "*shape"]:
    """The choices, with -1 for actions that are none: the central one of a fixation cue."""
    two = env.family in ("two_step", "daw")
    count = 2 if two else getattr(env, "num_choices", env.num_actions)
    return np.where(actions < count, actions, -1).astype(np.int64)
