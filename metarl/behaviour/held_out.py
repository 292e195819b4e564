"""Delta-rule models, fitted to some sessions of each subject and scored on held-out ones.

Shapes: `S` subjects, `B` episodes each, `N` trials.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from metarl.analysis.delta_rule_fits import fit_delta_rule, negative_log_likelihood
from metarl.analysis.trials import deciding_step
from metarl.baselines.delta_rule import DeltaRule
from metarl.behaviour.steps import Behaviour, Steps, steps_of
from metarl.checks import check_instance
from metarl.envs import TaskFamily
from metarl.evaluation.draws import quick_jit


def fit_and_score(
    env: TaskFamily,
    train: Behaviour,
    test: Behaviour,
    free: Sequence[str] = ("alpha", "beta"),
    *,
    fixed: Mapping[str, float] | None = None,
    num_starts: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Fits a delta rule to each subject's choices, and scores it on held-out ones.

    Args:
      env: the family that was played.
      train: the behaviour that is fitted; see `metarl.behaviour.score`. In a two-step task, the
        model learns the values of first choices from the rewards of their trials.
      test: the held-out behaviour, of the same subjects. `split_sessions` makes both of a table.
      free: the constants to fit: names of `DeltaRule`.
      fixed: values of other constants.
      num_starts: number of random starting points of each fit.
      seed: the random seed of the starting points.

    Returns:
      A row for each subject: `subject`, the constants, `trials` and `per_trial`, the negative
      log-likelihood per trial in nats, on what was fitted, and `held_out_trials` and
      `held_out_per_trial` on what was not. `fitted_rule` makes a model of a row.

    Raises:
      ValueError: if a subject is only in one of them, or an argument is refused.
    """
    check_instance("env", env, TaskFamily)
    fitted, held_out = (_subjects(env, steps_of(env, one)) for one in (train, test))
    if sorted(fitted.names) != sorted(held_out.names):
        raise ValueError(
            f"`test` must be of the subjects of `train`, {sorted(fitted.names)}, got "
            f"{sorted(held_out.names)}."
        )
    table = fit_delta_rule(
        fitted.choices,
        fitted.rewards,
        free,
        fixed=fixed,
        counted=fitted.counted,
        num_actions=_num_choices(env),
        num_starts=num_starts,
        seed=seed,
    )
    places = [held_out.names.index(name) for name in fitted.names]
    rules = [fitted_rule(row, fixed) for _, row in table.iterrows()]
    stacked = DeltaRule(*(np.array(x, np.float32) for x in zip(*rules, strict=True)))
    counted = held_out.counted[places]
    losses = np.asarray(
        _losses(
            _num_choices(env), stacked, held_out.choices[places], held_out.rewards[places], counted
        ),
        np.float64,
    )
    table.insert(0, "subject", fitted.names)
    table["held_out_trials"] = counted.sum(axis=(1, 2))
    table["held_out_per_trial"] = losses / table["held_out_trials"]
    return table.drop(columns=["log_likelihood", "bic"])


def fitted_rule(row: "pd.Series[Any]", fixed: Mapping[str, float] | None = None) -> DeltaRule:
    """The model of a row of `fit_and_score`, or of `metarl.analysis.fit_delta_rule`.

    Args:
      row: the row; entries that are no constants of `DeltaRule` are ignored.
      fixed: the constants that were not fitted; others have `DeltaRule`'s defaults. Unless it is
        named, `alpha_loss` is `alpha`.
    """
    found = {name: float(row[name]) for name in DeltaRule._fields if name in row}
    values = {**{name: float(value) for name, value in (fixed or {}).items()}, **found}
    if "alpha" in values:
        values.setdefault("alpha_loss", values["alpha"])
    return DeltaRule(**values)


class _Subjects(NamedTuple):
    """The trials of each subject; -1 where there is no choice, such as after a session's end."""

    names: list[str]
    choices: Int[np.ndarray, "S B N"]
    rewards: Float[np.ndarray, "S B N"]
    counted: Bool[np.ndarray, "S B N"]


def _subjects(env: TaskFamily, steps: Steps) -> _Subjects:
    count = env.steps_per_trial
    num_episodes, num_steps = steps.actions.shape
    per_trial = (num_episodes, num_steps // count, count)
    within = np.arange(num_steps // count) < (steps.lengths // count)[:, None]
    choices = steps.actions.reshape(per_trial)[:, :, deciding_step(env)]
    choices = np.where(within & (choices < _num_choices(env)), choices, -1)
    rewards = steps.rewards.reshape(per_trial).sum(axis=2)
    counted = steps.counted.reshape(per_trial).any(axis=2)
    who, names = pd.factorize(steps.episodes["subject"].astype(str))
    place = pd.Series(who).groupby(who).cumcount().to_numpy()
    shape = (len(names), int(place.max()) + 1, num_steps // count)
    subjects = _Subjects(
        names=[str(name) for name in names],
        choices=np.full(shape, -1, np.int32),
        rewards=np.zeros(shape, np.float32),
        counted=np.zeros(shape, bool),
    )
    subjects.choices[who, place] = choices
    subjects.rewards[who, place] = rewards
    subjects.counted[who, place] = counted
    return subjects


def _num_choices(env: TaskFamily) -> int:
    """The number of actions that are choices: the central one of a fixation cue is none."""
    two_step = env.family in ("two_step", "daw")
    return 2 if two_step else int(getattr(env, "num_choices", env.num_actions))


@functools.partial(quick_jit, static_argnums=0)
def _losses(
    num_actions: int,
    rules: DeltaRule,
    choices: Int[Array, "S B N"],
    rewards: Float[Array, "S B N"],
    counted: Bool[Array, "S B N"],
) -> Float[Array, " S"]:
    """Each subject's negative log-likelihood under its own model."""

    def subject(rule: DeltaRule, *trials: Array) -> Array:
        one = functools.partial(negative_log_likelihood, rule, num_actions)
        return jnp.sum(jax.vmap(one)(*trials))

    return jax.vmap(subject)(rules, choices, rewards, counted)
