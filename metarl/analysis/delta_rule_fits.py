"""Fits of the delta rule and its variants to choices, by maximum likelihood.

The likelihood is that of `metarl.baselines.delta_rule`, which the players use, too. Models are
compared by BIC = k log n - 2 log L (Schwarz 1978, doi 10.1214/aos/1176344136), where k numbers were
fitted to n trials; smaller is better. Shapes: `S` subjects, `B` episodes each, `N` trials.
"""

import functools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from metarl.baselines.delta_rule import DeltaRule, begin, learn, log_policy
from metarl.checks import check_integer, check_number, check_seed, check_shape

# Each number is fitted on the whole line: a logistic for shares, an exponential for temperatures.
_SHARES = ("alpha", "alpha_loss", "forgetting", "fictitious", "kernel_rate", "lapse")
_POSITIVE = ("beta",)
_STEPS = 250
MODELS: dict[str, tuple[str, ...]] = {
    "beta": ("beta",),
    "alpha, beta": ("alpha", "beta"),
    "beta, lapse": ("beta", "lapse"),
    "alpha, beta, lapse": ("alpha", "beta", "lapse"),
    "two rates": ("alpha", "alpha_loss", "beta"),
    "forgetting": ("alpha", "beta", "forgetting"),
    "fictitious": ("alpha", "beta", "fictitious"),
    "choice kernel": ("alpha", "beta", "kernel_rate", "kernel_weight"),
}


def fit_delta_rule(
    choices: Int[np.ndarray, "S B N"] | Int[np.ndarray, "S N"],
    rewards: Float[np.ndarray, "S B N"] | Float[np.ndarray, "S N"],
    free: Sequence[str] = ("alpha", "beta"),
    *,
    fixed: Mapping[str, float] | None = None,
    counted: Bool[np.ndarray, "..."] | None = None,
    num_actions: int = 2,
    num_starts: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Fits each subject's constants; values are learnt anew in each episode.

    Args:
      choices: the choice on each trial; -1 where there is none, such as after an episode's end.
      rewards: the reward of each trial.
      free: the constants to fit: names of `DeltaRule`.
      fixed: values of others; the rest have `DeltaRule`'s defaults. Unless it is named,
        `alpha_loss` is `alpha`.
      counted: the trials whose choices count, such as those of a block, or all that were not
        forced: `[N]`, or of the shape of `choices`; None for all. All trials are learnt from.
      num_actions: number of actions.
      num_starts: number of random starting points; the best end is taken.
      seed: the random seed of the starting points.

    Returns:
      A row for each subject: the constants, `log_likelihood`, `bic`, `trials`, and `per_trial`, the
      negative log-likelihood per trial in nats (log 2 for a coin).

    Raises:
      ValueError: if shapes do not fit or a name is unknown.
    """
    choices = np.asarray(choices)
    if choices.ndim == 2:
        choices = choices[:, None]
        rewards = np.asarray(rewards)[:, None]
        if counted is not None and np.ndim(counted) == 2:
            counted = np.asarray(counted)[:, None]
    choices = check_shape("choices", choices, ("S", "B", "N")).astype(np.int32)
    rewards = check_shape("rewards", rewards, choices.shape).astype(np.float32)
    check_integer("num_actions", num_actions, 2)
    if choices.min() < -1 or choices.max() >= num_actions:
        raise ValueError(
            f"`choices` must be from -1 (none) to {num_actions - 1}, for `num_actions` "
            f"{num_actions}, got {choices.min()} to {choices.max()}."
        )
    rewards = np.where(choices < 0, np.float32(0), rewards)
    if not np.isfinite(rewards).all():
        raise ValueError("`rewards` must be finite where there is a choice, got NaN or infinity.")
    names, others = tuple(free), dict(fixed or {})
    for argument, given in (("free", names), ("fixed", others)):
        for name in given:
            if name not in DeltaRule._fields:
                raise ValueError(
                    f"`{argument}` must name constants of `DeltaRule`, got {name!r}. They are: "
                    f"{', '.join(DeltaRule._fields)}."
                )
    if not names or len({*names, *others}) < len(names) + len(others):
        raise ValueError(
            f"`free` must name at least one constant, each once and none of `fixed`, got {names}."
        )
    for name, value in others.items():
        share = name in _SHARES
        check_number(f"fixed[{name!r}]", value, 0 if share else -1e6, 1 if share else 1e6)
    check_integer("num_starts", num_starts, 1)
    check_seed("seed", seed)
    mask = np.ones(choices.shape[2], bool) if counted is None else np.asarray(counted, bool)
    mask = check_shape("counted", mask, choices.shape if mask.ndim > 1 else choices.shape[2:])
    count = (choices >= 0) & (mask > 0)
    if not count.any(axis=(1, 2)).all():
        raise ValueError("`counted` must leave each subject a choice, got one without any.")
    starts = np.random.default_rng(seed).normal(size=(num_starts, len(names))).astype(np.float32)
    run = functools.partial(_fit, names, tuple(sorted(others.items())), num_actions)
    parts = np.array_split(np.arange(len(choices)), min(os.cpu_count() or 1, len(choices)))

    def some(i: np.ndarray) -> Any:
        return jax.device_get(run(choices[i], rewards[i], count[i], starts))

    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(some, parts))
    constants = {name: np.concatenate([one[0][name] for one in found]) for name in names}
    log_likelihood = -np.concatenate([one[1] for one in found]).astype(np.float64)
    trials = count.sum(axis=(1, 2))
    table = pd.DataFrame({**constants, "log_likelihood": log_likelihood})
    table["bic"] = len(names) * np.log(trials) - 2 * log_likelihood
    table["trials"] = trials
    table["per_trial"] = -log_likelihood / trials
    return table


def compare_models(
    choices: Int[np.ndarray, "S B N"] | Int[np.ndarray, "S N"],
    rewards: Float[np.ndarray, "S B N"] | Float[np.ndarray, "S N"],
    models: Mapping[str, Sequence[str]] | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Fits several models to each subject; arguments are those of `fit_delta_rule`.

    Args:
      choices: the choice on each trial.
      rewards: the reward of each trial.
      models: the free constants of each model, by its name; None for `MODELS`.
      **settings: further arguments of `fit_delta_rule`.

    Returns:
      A row for each subject and model: `subject` (from 0), `model`, `bic`, `log_likelihood`,
      `per_trial`, the constants, and `best`: whether the subject's BIC is smallest.
    """
    tables = []
    for name, free in (MODELS if models is None else models).items():
        table = fit_delta_rule(choices, rewards, free, **settings)
        table.insert(0, "model", name)
        table.insert(0, "subject", range(len(table)))
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    table["best"] = table["bic"] == table.groupby("subject")["bic"].transform("min")
    return table


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _fit(
    names: tuple[str, ...],
    others: tuple[tuple[str, float], ...],
    num_actions: int,
    choices: Int[Array, "S B N"],
    rewards: Float[Array, "S B N"],
    counted: Bool[Array, "S B N"],
    starts: Float[Array, "K D"],
) -> tuple[dict[str, Float[Array, " S"]], Float[Array, " S"]]:
    """The best constants of each subject, and their negative log-likelihoods."""
    # All starts of all subjects go on in step, which a line search would not.
    optimizer = optax.adam(optax.cosine_decay_schedule(0.3, _STEPS), b1=0.8, b2=0.95)

    def subject(choices: Array, rewards: Array, counted: Array) -> tuple[Array, Array]:
        def loss(point: Array) -> Array:
            rule = _rule(names, others, point)
            each = jax.vmap(functools.partial(negative_log_likelihood, rule, num_actions))
            # A weak pull to the middle keeps a number that does not matter from running away.
            return each(choices, rewards, counted).sum() + 1e-4 * jnp.square(point).sum()

        def one(start: Array) -> tuple[Array, Array]:
            def step(_: Array, now: tuple[Array, Any]) -> tuple[Array, Any]:
                point, state = now
                change, state = optimizer.update(jax.grad(loss)(point), state)
                return point + change, state

            point, _ = jax.lax.fori_loop(0, _STEPS, step, (start, optimizer.init(start)))
            end = loss(point)
            return point, jnp.where(jnp.isfinite(end), end, jnp.inf)

        points, losses = jax.vmap(one)(starts)
        best = points[jnp.argmin(losses)]
        return best, loss(best) - 1e-4 * jnp.square(best).sum()

    points, losses = jax.vmap(subject)(choices, rewards, counted)
    rules = jax.vmap(functools.partial(_rule, names, others))(points)
    return {name: getattr(rules, name) for name in names}, losses


def negative_log_likelihood(
    rule: DeltaRule,
    num_actions: int,
    choices: Int[Array, " N"],
    rewards: Float[Array, " N"],
    counted: Bool[Array, " N"],
) -> Float[Array, ""]:
    """The negative log-likelihood of the counted choices of one episode, in nats."""

    def one(learnt: Any, trial: tuple[Array, Array]) -> tuple[Any, Array]:
        choice, reward = trial
        chosen = jax.nn.one_hot(choice, num_actions, dtype=jnp.float32)
        log_chance = jnp.sum(chosen * log_policy(rule, learnt))
        return learn(rule, learnt, choice, reward), log_chance

    log_chances = jax.lax.scan(one, begin(rule, num_actions), (choices, rewards))[1]
    return -jnp.sum(jnp.where(counted, log_chances, 0.0))


def _rule(
    names: tuple[str, ...], others: tuple[tuple[str, float], ...], point: Float[Array, " D"]
) -> DeltaRule:
    """The model at a point of the whole space."""
    values: dict[str, Any] = dict(others)
    for name, x in zip(names, point, strict=True):
        if name in _SHARES:
            x = jax.nn.sigmoid(x)
        elif name in _POSITIVE:
            x = jnp.exp(x + 1)
        values[name] = x
    if "alpha_loss" not in values and "alpha" in values:
        values["alpha_loss"] = values["alpha"]
    return DeltaRule(**values)
