"""Finds the players of a task family: the baselines by name, and trained agents."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from metarl import baselines
from metarl.checks import short_repr
from metarl.envs import HasPlan, TaskFamily
from metarl.exact.optimum import optimum
from metarl.pretrained import load_agent, pretrained_names
from metarl.rollout import Player
from metarl.storage.checkpoint import Checkpoint

# By their names on the command line. The classes' `for_environment` raises ValueError if the player
# cannot play a family.
PLAYERS: dict[str, Any] = {
    "random": baselines.Random,
    "oracle": baselines.Oracle,
    "bayes_optimal": baselines.BayesOptimal,
    "gittins": baselines.Gittins,
    "greedy": baselines.Greedy,
    "epsilon_greedy": baselines.EpsilonGreedy,
    "rescorla_wagner": baselines.RescorlaWagner,
    "two_rates": baselines.TwoRates,
    "forgetting": baselines.Forgetting,
    "fictitious": baselines.Fictitious,
    "choice_kernel": baselines.ChoiceKernel,
    "win_stay": baselines.WinStayLoseShift,
    "kalman": baselines.Kalman,
    "model_based": baselines.ModelBased,
    "model_free": baselines.ModelFree,
    "hybrid": baselines.Hybrid,
    "ucb1": baselines.UCB1,
    "kl_ucb": baselines.KLUCB,
    "thompson": baselines.Thompson,
    "optimistic_thompson": baselines.OptimisticThompson,
}
_VARIANTS = ("two_rates", "forgetting", "choice_kernel", "hybrid")  # played if they are named
EVERYONE = (*(name for name in PLAYERS if name not in _VARIANTS), "ucb1:0.25")
BEST = "best possible"


class NamedPlayer(NamedTuple):
    """A player with its name and parameters.

    Attributes:
      label: the name in tables and figures, with the constants.
      player: the player.
      params: its parameters; `()` for a player that has none.
    """

    label: str
    player: Player
    params: Any = ()


def find_players(
    env: TaskFamily, names: Sequence[str], folder: str | Path | None = None
) -> tuple[list[NamedPlayer], list[str]]:
    """Finds players and agents by name.

    Args:
      env: the family they will play.
      names: `random`, `oracle`, `greedy`, `epsilon_greedy:EPSILON`,
        `rescorla_wagner:ALPHA:BETA`, `ucb1:C`, `kl_ucb:C`, `thompson`, `optimistic_thompson`,
        `gittins:DISCOUNT`, `bayes_optimal`, other keys of `PLAYERS`, or the name of an agent;
        constants may be left out. Empty means every player that can play, but for some variants,
        and the family's shipped agents.
      folder: the folder to search for agents before the shipped ones.

    Returns:
      The players and, if `names` is empty, a line for each player that cannot play.

    Raises:
      ValueError: if a named player does not exist or cannot play.
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"`names` must be names, as in ('greedy',), got {short_repr(names)}.")
    if names:
        return [_find(env, name, folder) for name in names], []
    found, left_out = _who_can_play(env, EVERYONE)
    for name in pretrained_names():
        if load_agent(name).config.environment == env.prior:
            found.append(_find(env, name, None))
    return found, left_out


def yardsticks(env: TaskFamily) -> list[NamedPlayer]:
    """The players an evaluated agent is compared with: a few of those that can play `env`."""
    names = ["oracle", "random", "thompson", "greedy"]
    if isinstance(env, HasPlan):
        names.append("bayes_optimal")
    if optimum(env) is None:  # else the exact optimum is shown, which says more
        names.append("gittins")
    return _who_can_play(env, names)[0]


def opponents(env: TaskFamily) -> dict[str, tuple[Player, Any]]:
    """The players a person can be compared with in `env`, by name, with their parameters.

    The agent is the one that ships for such tasks, if there is one. For families that no player
    can play, there may be none.
    """
    players: dict[str, tuple[Player, Any]] = {}
    shipped = shipped_agent(env)
    if shipped is not None:
        players["agent"] = (shipped.agent, shipped.params)
    names = ["thompson", "greedy", *(["bayes_optimal"] if isinstance(env, HasPlan) else [])]
    for label, player, params in _who_can_play(env, names)[0]:
        best = label == "greedy" and env.greedy_is_optimal and env == env.prior
        players[BEST if best else label] = (player, params)
    return players


def shipped_agent(env: TaskFamily) -> Checkpoint | None:
    """The shipped agent for tasks like those of `env`, closest in episode length; or None."""
    fitting = [
        agent
        for agent in map(load_agent, pretrained_names())
        if _with_trials(agent.config.environment, env) == env.prior
    ]
    return min(
        fitting,
        key=lambda agent: abs(agent.config.environment.num_trials - env.num_trials),
        default=None,
    )


def agent_player(env: TaskFamily, name: str, folder: str | Path | None = None) -> NamedPlayer:
    """A trained agent, by its name; its label says which rewards it was trained on.

    Raises:
      ValueError: if there is no such agent, or its actions or observations do not fit `env`.
    """
    loaded = load_agent(name, folder)
    trained = loaded.config.environment
    for what in ("num_actions", "observation_size"):
        if getattr(trained, what) != getattr(env, what):
            raise ValueError(
                f"`{what}` must be {getattr(trained, what)} for the agent {name}, trained on "
                f"{trained.describe()}, got {getattr(env, what)}. A network can only play with the "
                "numbers of actions and observation entries it was trained with."
            )
    label = f"{name} ({loaded.config.agent.advantage_rewards} rewards)"
    return NamedPlayer(label, loaded.agent, loaded.params)


def _with_trials(trained: TaskFamily, env: TaskFamily) -> TaskFamily | None:
    if trained.family != env.family:
        return None
    return trained.changed(num_trials=env.num_trials)


def _who_can_play(env: TaskFamily, names: Sequence[str]) -> tuple[list[NamedPlayer], list[str]]:
    found, left_out = [], []
    for name in names:
        try:
            found.append(_find(env, name, None))
        except ValueError as error:
            left_out.append(f"left out: {error}")
    return found, list(dict.fromkeys(left_out))


def _find(env: TaskFamily, name: str, folder: str | Path | None) -> NamedPlayer:
    kind, *constants = name.split(":")
    if kind not in PLAYERS:
        try:
            return agent_player(env, name, folder)
        except ValueError as error:
            raise ValueError(f"{error} Players are {', '.join(PLAYERS)}.") from error
    try:
        numbers = [float(constant) for constant in constants]
    except ValueError:
        raise ValueError(f"`{name}` must have numbers after its colons, as in ucb1:0.25.") from None
    make = PLAYERS[kind].for_environment
    most = len(inspect.signature(make).parameters) - 1
    if len(numbers) > most:
        raise ValueError(f"`{name}` must have at most {most} constants, got {len(numbers)}.")
    try:
        player = make(env, *numbers)
    except ValueError as error:
        raise ValueError(f"{kind} cannot play this: {error}") from error
    return NamedPlayer(player.label, player)
