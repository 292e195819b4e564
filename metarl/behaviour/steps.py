"""Behaviour as arrays that a player can be taken through, step by step.

Shapes: `B` episodes, `T` steps of the longest one, `O` observation entries.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from metarl.analysis.trials import Trials, deciding_step, trials_of
from metarl.behaviour.order import GROUP
from metarl.behaviour.table import check_columns
from metarl.checks import short_repr
from metarl.envs import TaskFamily
from metarl.envs.trials import ChoiceTrials
from metarl.evaluation.results import EvalResult

Behaviour: TypeAlias = pd.DataFrame | EvalResult | Trials
_TWO_STEP = ("two_step", "daw")
_FIRST, _FIXATION = 0, 3  # entries of a two-step task's observation; 1 and 2 are second states


class Steps(NamedTuple):
    """What happened in each episode. Trials without a response are left out.

    Attributes:
      actions: the action of each step; 0 after the end of an episode.
      rewards: its reward.
      observations: what was shown before it.
      counted: the steps whose action is a choice: the deciding step of each trial, if the choice
        was free.
      lengths: the number of steps of each episode.
      episodes: `subject`, `session` and `episode`, one row for each episode.
    """

    actions: Int[np.ndarray, "B T"]
    rewards: Float[np.ndarray, "B T"]
    observations: Float[np.ndarray, "B T O"]
    counted: Bool[np.ndarray, "B T"]
    lengths: Int[np.ndarray, " B"]
    episodes: pd.DataFrame


def steps_of(env: TaskFamily, behaviour: Behaviour) -> Steps:
    """The steps of a tidy table, of an evaluation, or of trials.

    Args:
      env: the family that was played. The number of its trials does not matter.
      behaviour: a tidy table, of one subject or several; or an evaluation; or trials, in a family
        whose trials have one step and that shows nothing.

    Raises:
      ValueError: if the behaviour does not fit the family, or does not tell what was shown.
    """
    if isinstance(behaviour, EvalResult):
        steps = _of_result(env, behaviour)
    elif isinstance(behaviour, Trials):
        steps = _of_trials(env, behaviour)
    elif isinstance(behaviour, pd.DataFrame):
        steps = _of_table(env, behaviour)
    else:
        raise ValueError(
            "`behaviour` must be a tidy table (a DataFrame), an EvalResult or Trials, got "
            f"{short_repr(behaviour)}."
        )
    if not steps.counted.any():
        raise ValueError("`behaviour` must have at least one free choice, got none.")
    return steps


def _of_result(env: TaskFamily, result: EvalResult) -> Steps:
    played = result.trajectory
    num_episodes, num_steps = np.shape(played.actions)
    if num_steps % env.steps_per_trial or np.shape(played.observations)[2] != env.observation_size:
        raise ValueError(
            f"`behaviour` must be an evaluation of `env`, got one of {num_steps} steps with "
            f"observations of {np.shape(played.observations)[2]} entries; those of {env.family} "
            f"have {env.observation_size}."
        )
    played_env = env.changed(num_trials=result.num_trials)
    counted = np.zeros((num_episodes, result.num_trials, env.steps_per_trial), bool)
    counted[:, :, deciding_step(env)] = trials_of(played_env, result).counted
    return Steps(
        actions=np.asarray(played.actions, np.int32),
        rewards=np.asarray(played.rewards, np.float32),
        observations=np.asarray(played.observations, np.float32),
        counted=counted.reshape(num_episodes, num_steps),
        lengths=np.full(num_episodes, num_steps),
        episodes=_labels(num_episodes),
    )


def _of_trials(env: TaskFamily, trials: Trials) -> Steps:
    if env.steps_per_trial != 1 or env.observation_size:
        raise ValueError(
            f"`behaviour` must be a table or an EvalResult in the family {env.family}, got Trials, "
            "which do not tell what was shown on each step."
        )
    choices, kept = np.asarray(trials.choices), np.asarray(trials.choices) >= 0
    if choices.max(initial=-1) >= env.num_actions:
        raise ValueError(
            f"`behaviour.choices` must be below {env.num_actions}, the number of actions of "
            f"{env.family}, got {choices.max()}."
        )
    episode, trial = np.nonzero(kept)
    return _padded(
        env,
        episode,
        kept.sum(axis=1),
        actions=choices[episode, trial],
        rewards=np.asarray(trials.rewards)[episode, trial],
        observations=np.zeros((len(trial), 0)),
        counted=np.asarray(trials.counted, bool)[episode, trial],
        episodes=_labels(len(choices)),
    )


def _of_table(env: TaskFamily, table: pd.DataFrame) -> Steps:
    check_columns(table, ("trial", "step", "action", "reward"))
    given = table.assign(**{name: "" for name in GROUP if name not in table})
    episode = given.groupby(GROUP, sort=False, dropna=False).ngroup().to_numpy()
    episodes = given[GROUP].iloc[np.unique(episode, return_index=True)[1]].reset_index(drop=True)
    count = env.steps_per_trial
    trial, step = (given[name].to_numpy(np.int64) for name in ("trial", "step"))
    if step.min() < 1 or step.max() > count:
        raise ValueError(
            f"`step` must be from 1 to {count} in the family {env.family}, got {step.min()} to "
            f"{step.max()}. Is it the family that was played?"
        )
    rows = np.lexsort((step, trial, episode))
    key = np.stack([episode, trial], axis=1)[rows]
    if (np.diff(np.c_[key, step[rows]], axis=0) == 0).all(axis=1).any():
        raise ValueError("`table` must have one row for each step, got a step twice.")
    answered = given["action"].notna().to_numpy(bool)[rows]
    # A trial without one of its steps, or without a response, is left out as if it had not been.
    starts = np.r_[True, (np.diff(key, axis=0) != 0).any(axis=1)]
    whole = np.add.reduceat(answered, np.flatnonzero(starts)) == count
    rows = rows[whole[np.cumsum(starts) - 1]]
    if not len(rows):
        steps = f"all {count} steps of a trial" if count > 1 else "a trial with a choice"
        raise ValueError(f"`table` must have {steps}, which {env.family} has, got none.")
    kept = given.iloc[rows]
    actions = kept["action"].to_numpy(np.int64)
    rewards = kept["reward"].to_numpy(np.float64, na_value=np.nan)
    if actions.min() < 0 or actions.max() >= env.num_actions:
        raise ValueError(
            f"`action` must be from 0 to {env.num_actions - 1}, for the {env.num_actions} actions "
            f"of {env.family}, got {actions.min()} to {actions.max()}."
        )
    if not np.isfinite(rewards).all():
        raise ValueError("`reward` must be a finite number on each trial with a choice.")
    place = step[rows] - 1
    free = (place == deciding_step(env)) & _is_choice(env, actions)
    if "available" in kept:  # a single action that is available is forced
        free &= ~kept["available"].astype(str).str.fullmatch(r"\d+(\.0)?").to_numpy(bool)
    return _padded(
        env,
        episode[rows],
        np.bincount(episode[rows], minlength=len(episodes)),
        actions=actions,
        rewards=rewards,
        observations=_shown(env, kept, place),
        counted=free,
        episodes=episodes,
    )


def _is_choice(env: TaskFamily, actions: Int[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Whether each action, at the deciding step, is a choice: the central one is none."""
    if env.family in _TWO_STEP:
        return actions < 2
    return actions < getattr(env, "num_choices", env.num_actions)


def _shown(
    env: TaskFamily, table: pd.DataFrame, place: Int[np.ndarray, " N"]
) -> Float[np.ndarray, "N O"]:
    """The observations, in families in which a table tells them."""
    size = env.observation_size
    shown = np.zeros((len(place), size), np.float32)
    if not size:
        return shown
    if env.family in _TWO_STEP:
        shown[place == deciding_step(env), _FIRST] = 1
        if env.steps_per_trial == 3:
            shown[place == 0, _FIXATION] = 1
        check_columns(table, ("state",))
        state, last = table["state"].astype(str), place == env.steps_per_trial - 1
        lost = np.array(size == _FIXATION + 1)  # with fixation, there may be no second state
        for name, entry in (("A", 1), ("B", 2)):
            here = last & state.str.contains(f"state {name}", regex=False).to_numpy(bool)
            shown[here, entry] = 1
        if not (lost | shown[last].any(axis=1)).all():
            raise ValueError(
                "`state` must tell the second state of each trial, `state A` or `state B`, on its "
                f"last step, got {short_repr(state[last][~shown[last].any(axis=1)].iloc[0])}. "
                "Only a person's rows tell it in the record of a game."
            )
        return shown
    if isinstance(env, ChoiceTrials) and not env.num_shown:
        shown[:, 0] = place == 0  # the cue
        return shown
    raise ValueError(
        f"`behaviour` must be an EvalResult in the family {env.family}, got a table, which does "
        "not hold what was shown."
    )


def _padded(
    env: TaskFamily,
    episode: Int[np.ndarray, " N"],
    lengths: Int[np.ndarray, " B"],
    *,
    actions: Int[np.ndarray, " N"],
    rewards: Float[np.ndarray, " N"],
    observations: Float[np.ndarray, "N O"],
    counted: Bool[np.ndarray, " N"],
    episodes: pd.DataFrame,
) -> Steps:
    """Puts the steps of each episode, which follow each other, into a row of their own."""
    shape = (len(lengths), int(lengths.max()))
    position = np.arange(len(episode)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    steps = Steps(
        actions=np.zeros(shape, np.int32),
        rewards=np.zeros(shape, np.float32),
        observations=np.zeros((*shape, env.observation_size), np.float32),
        counted=np.zeros(shape, bool),
        lengths=lengths,
        episodes=episodes,
    )
    steps.actions[episode, position] = actions
    steps.rewards[episode, position] = rewards
    steps.observations[episode, position] = observations
    steps.counted[episode, position] = counted
    return steps


def _labels(num_episodes: int) -> pd.DataFrame:
    numbers = range(1, num_episodes + 1)
    return pd.DataFrame({"subject": "", "session": "", "episode": numbers})
