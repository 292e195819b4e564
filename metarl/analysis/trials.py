"""Behaviour as arrays, one row per episode and one column per trial, whoever played.

Shapes: `B` episodes, `N` trials.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from metarl.envs import TaskFamily
from metarl.evaluation.results import EvalResult


class Trials(NamedTuple):
    """Episodes of the same number of trials.

    Attributes:
      choices: the choice of each trial: the action of its deciding step; -1 if there is none.
      rewards: the reward of each trial, summed over its steps.
      states: in a two-step task, the second state of each trial, 0 or 1; -1 if there is none.
    """

    choices: Int[np.ndarray, "B N"]
    rewards: Float[np.ndarray, "B N"]
    states: Int[np.ndarray, "B N"]


def deciding_step(env: TaskFamily) -> int:
    """The step of a trial, from zero, whose action is the choice.

    In a two-step task it is the first choice; with a fixation cue, the step after it.
    """
    if env.family in ("two_step", "daw"):
        return env.steps_per_trial - 2
    return env.steps_per_trial - 1


def trials_of(env: TaskFamily, result: EvalResult) -> Trials:
    """The trials of an evaluation: of an agent, or of any other player."""
    played = result.trajectory
    shape = (len(played.actions), env.num_trials, env.steps_per_trial)
    step = deciding_step(env)
    actions = np.asarray(played.actions).reshape(shape)
    states = np.full(shape[:2], -1)
    if env.family in ("two_step", "daw"):
        shown = np.asarray(played.observations).reshape(*shape, -1)[:, :, -1, 1:3]
        states = np.where(shown.max(axis=-1) > 0, shown.argmax(axis=-1), -1)
    return Trials(
        choices=actions[:, :, step].astype(np.int64),
        rewards=np.asarray(played.rewards, np.float64).reshape(shape).sum(axis=2),
        states=states.astype(np.int64),
    )


def trials_of_table(table: pd.DataFrame, env: TaskFamily) -> Trials:
    """The trials of one player in a tidy table, such as the record of a game.

    Args:
      table: rows of `episode`, `trial`, `step`, `action`, `reward` and, in a two-step task, the
        `state` that was shown; indices count from 1, actions from 0. Unfinished episodes are
        filled with -1 and zeros.
      env: the family that was played.

    Raises:
      ValueError: if a column is missing, or there are rows of several subjects.
    """
    for name in ("episode", "trial", "step", "action", "reward"):
        if name not in table:
            raise ValueError(
                f"`table` must have a column `{name}`, got {', '.join(map(str, table.columns))}."
            )
    if "subject" in table and table["subject"].nunique() > 1:
        who = ", ".join(map(str, table["subject"].unique()))
        raise ValueError(f"`table` must hold one subject, got {who}. Select one of them.")
    episodes = table["episode"].astype("category").cat.codes.to_numpy()
    trials = table["trial"].to_numpy(int) - 1
    within = (table["step"].to_numpy(int) - 1) % env.steps_per_trial
    shape = (int(episodes.max()) + 1, env.num_trials)
    choices, states = np.full((2, *shape), -1)
    rewards = np.zeros(shape)
    np.add.at(rewards, (episodes, trials), table["reward"].to_numpy(float))
    deciding = within == deciding_step(env)
    choices[episodes[deciding], trials[deciding]] = table["action"].to_numpy(int)[deciding]
    if env.family in ("two_step", "daw"):
        last = within == env.steps_per_trial - 1
        shown = table["state"].astype(str)[last]
        found = np.select([shown.str.contains(f"state {s}") for s in "AB"], [0, 1], -1)
        states[episodes[last], trials[last]] = found
    return Trials(choices, rewards, states)
