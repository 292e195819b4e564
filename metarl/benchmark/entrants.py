"""Who takes part in a comparison: players by name, with their constants, and trained agents."""

import dataclasses
import inspect
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from metarl.baselines import (
    KLUCB,
    UCB1,
    BayesOptimal,
    EpsilonGreedy,
    Gittins,
    Greedy,
    Insider,
    OptimisticThompson,
    Random,
    RescorlaWagner,
    Thompson,
)
from metarl.envs import Bandit
from metarl.pretrained import load_agent, pretrained_names
from metarl.rollout import Player
from metarl.validation import shown

LONGEST_EXACT_INDEX = 200  # trials; indices of that many take ten seconds, and grow as their cube
# Players of the default comparison, beside the shipped agents of the family.
EVERYONE = (
    "random",
    "insider",
    "bayes_optimal",
    "gittins",
    "greedy",
    "epsilon_greedy:0.05",
    "rescorla_wagner:0.3:5",
    "ucb1:1.414",
    "ucb1:0.25",
    "kl_ucb",
    "thompson",
    "optimistic_thompson",
)


class Entrant(NamedTuple):
    """Somebody who plays.

    Attributes:
      label: the name in tables and figures, with the constants.
      player: who plays.
      params: its parameters; `()` for a player that has none.
    """

    label: str
    player: Player
    params: Any = ()


def find_entrants(
    env: Bandit, names: Sequence[str], folder: str | Path | None = None
) -> tuple[list[Entrant], list[str]]:
    """Finds players and agents by name.

    Args:
      env: what they are to play.
      names: `random`, `insider`, `greedy`, `epsilon_greedy:EPSILON`,
        `rescorla_wagner:ALPHA:BETA`, `ucb1:C`, `kl_ucb:C`, `thompson`, `optimistic_thompson`,
        `gittins:DISCOUNT`, `bayes_optimal`, or the name of an agent; constants may be left out.
        None at all stands for every player that can play, and the shipped agents of the family.
      folder: where agents are looked for before those that ship.

    Returns:
      The entrants, and a line for each who was not named and cannot play.

    Raises:
      ValueError: if one who was named does not exist or cannot play.
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"`names` must be names, as in ('greedy',), got {shown(names)}.")
    if names:
        return [_find(env, name, folder) for name in names], []
    found, left_out = [], []
    for name in EVERYONE:
        try:
            found.append(_find(env, name, None))
        except ValueError as error:
            left_out.append(f"left out: {error}")
    for name in pretrained_names():
        trained = load_agent(name).config.environment
        if dataclasses.replace(trained, arm_probs=env.arm_probs) == env:
            found.append(_find(env, name, None))
    return found, left_out


def agent_entrant(env: Bandit, name: str, folder: str | Path | None = None) -> Entrant:
    """A trained agent, by the name of its checkpoint; its label says what its training saw.

    Raises:
      ValueError: if there is none of that name, or it has another number of arms.
    """
    loaded = load_agent(name, folder)
    arms = loaded.config.environment.num_arms
    if arms != env.num_arms:
        raise ValueError(
            f"`num_arms` must be {arms} for the agent {name}, got {env.num_arms}. "
            "A network has one output for each arm it was trained with."
        )
    label = f"{name} ({loaded.config.agent.advantage_rewards} rewards)"
    return Entrant(label, loaded.agent, loaded.params)


def _find(env: Bandit, name: str, folder: str | Path | None) -> Entrant:
    kind, *constants = name.split(":")
    if kind not in _MAKERS:
        try:
            return agent_entrant(env, name, folder)
        except ValueError as error:
            raise ValueError(f"{error} Players are {', '.join(_MAKERS)}.") from error
    try:
        numbers = [float(constant) for constant in constants]
    except ValueError:
        raise ValueError(
            f"`{name}` must have numbers behind its colons, as in ucb1:0.25."
        ) from None
    most = len(inspect.signature(_MAKERS[kind]).parameters) - 1
    if len(numbers) > most:
        raise ValueError(f"`{name}` must have at most {most} constants, got {len(numbers)}.")
    try:
        return _MAKERS[kind](env, *numbers)
    except ValueError as error:
        raise ValueError(f"{kind} cannot play this: {error}") from error


def _family(env: Bandit) -> dict[str, Any]:
    return {"num_actions": env.num_arms, "reward_structure": env.reward_structure}


def _epsilon_greedy(env: Bandit, epsilon: float = 0.05) -> Entrant:
    label = f"epsilon-greedy (epsilon {epsilon:g})"
    return Entrant(label, EpsilonGreedy(**_family(env), epsilon=epsilon))


def _rescorla_wagner(env: Bandit, alpha: float = 0.3, beta: float = 5.0) -> Entrant:
    player = RescorlaWagner(num_actions=env.num_arms, learning_rate=alpha, inverse_temperature=beta)
    return Entrant(f"delta rule (alpha {alpha:g}, beta {beta:g})", player)


def _ucb1(env: Bandit, constant: float = math.sqrt(2)) -> Entrant:
    player = UCB1(num_actions=env.num_arms, constant=constant)
    return Entrant(f"UCB1 (c {constant:.3g})", player)


def _kl_ucb(env: Bandit, constant: float = 0.0) -> Entrant:
    return Entrant(f"KL-UCB (c {constant:g})", KLUCB(num_actions=env.num_arms, constant=constant))


def _gittins(env: Bandit, discount: float | None = None) -> Entrant:
    _check_independent(env, "Gittins indices")
    if discount is None and env.num_trials > LONGEST_EXACT_INDEX:
        raise ValueError(
            f"`num_trials` must be at most {LONGEST_EXACT_INDEX} for Gittins indices without "
            f"discount, got {env.num_trials}. Name one, as in gittins:0.99."
        )
    player = Gittins(num_actions=env.num_arms, num_trials=env.num_trials, discount=discount)
    of = f"{env.num_trials} trials" if discount is None else f"discount {discount:g}"
    return Entrant(f"Gittins ({of})", player)


def _bayes_optimal(env: Bandit) -> Entrant:
    _check_independent(env, "the Bayes-optimal table")
    player = BayesOptimal(num_actions=env.num_arms, num_trials=env.num_trials)
    return Entrant("Bayes-optimal", player)


def _check_independent(env: Bandit, what: str) -> None:
    if env.reward_structure != "independent":
        raise ValueError(
            f"`reward_structure` must be 'independent' for {what}, got {env.reward_structure!r}."
            + (" The greedy player is the optimal one of such pairs." if env.num_arms == 2 else "")
        )


_MAKERS: dict[str, Callable[..., Entrant]] = {
    "random": lambda env: Entrant("random", Random(num_actions=env.num_arms)),
    "insider": lambda env: Entrant("insider", Insider()),
    "greedy": lambda env: Entrant("greedy", Greedy(**_family(env))),
    "epsilon_greedy": _epsilon_greedy,
    "rescorla_wagner": _rescorla_wagner,
    "ucb1": _ucb1,
    "kl_ucb": _kl_ucb,
    "thompson": lambda env: Entrant("Thompson", Thompson(**_family(env))),
    "optimistic_thompson": lambda env: Entrant(
        "optimistic Thompson", OptimisticThompson(**_family(env))
    ),
    "gittins": _gittins,
    "bayes_optimal": _bayes_optimal,
}
