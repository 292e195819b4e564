"""The exact expected regret of a player of two arms, without playing: no luck, no standard error.

A player whose choice depends on the counts of wins and losses alone walks through states
(n1, w1, n2, w2) as a Markov chain. The chance of every state is carried forward, trial by trial.
"""

from typing import Any

import numpy as np
import scipy.special
from jaxtyping import Float

from metarl.baselines.epsilon_greedy import EpsilonGreedy
from metarl.baselines.greedy import Greedy
from metarl.baselines.index_player import HorizonPlayer, IndexPlayer
from metarl.baselines.thompson import Thompson
from metarl.baselines.two_arms import TwoArmPlayer, chance_of_best, counts_after
from metarl.envs import Bandit
from metarl.envs.arm_priors import PAIRS, log_odds, means, posterior
from metarl.validation import check_instance, shown


def exact_regret(player: Any, env: Bandit) -> Float[np.ndarray, " T"]:
    """Computes the expected regret of each trial, over tasks, luck and the player's own chance.

    It is what the mean of `metarl.evaluate(player, (), env, ...).regret` tends to. Work and memory
    grow as T^4 and T^3: a second for 100 trials and about ten for 200.

    Args:
      player: one of ours whose choice depends on counts alone, or any that says how it does
        (`metarl.baselines.two_arms.TwoArmPlayer`); its prior need not be the environment's.
      env: two arms, of any family, or with `arm_probs` given by hand.

    Returns:
      The expected regret of trials 0 to T - 1.

    Raises:
      ValueError: if the environment has not two arms, or the player no `first_arm_chance`.
    """
    check_instance("env", env, Bandit)
    if not _counts_alone(player):
        raise ValueError(
            f"`player` must be one that chooses by counts of wins and losses, got {shown(player)}. "
            "Estimate another's regret with `metarl.evaluate`."
        )
    if env.num_arms != 2:
        raise ValueError(
            f"`env.num_arms` must be 2, got {env.num_arms}. "
            "Estimate the regret on more arms with `metarl.evaluate`."
        )
    actions = getattr(player, "num_actions", 2)
    if actions != 2:
        raise ValueError(f"`player` must have 2 actions, got one with {actions}.")
    best = _best_mean(env)
    regret = np.empty(env.num_trials)
    chances = [np.ones((1, 1))]  # entry n1: the chance of each state with n1 pulls of the first
    for trial in range(env.num_trials):
        later = [np.zeros((n1 + 1, trial - n1 + 2)) for n1 in range(trial + 2)]
        reward = 0.0
        for n1, here in enumerate(chances):
            n2 = trial - n1
            first_wins, second_wins = _win_chances(env, n1, n2)
            first = here * first_arm_chance(player, n1, n2)
            second = here - first
            first_won, second_won = first * first_wins, second * second_wins
            reward += first_won.sum() + second_won.sum()
            later[n1 + 1][1:] += first_won
            later[n1 + 1][:-1] += first - first_won
            later[n1][:, 1:] += second_won
            later[n1][:, :-1] += second - second_won
        regret[trial] = max(0.0, best - reward)  # rounding may leave less
        chances = later
    return regret


def first_arm_chance(player: Any, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
    """The probability that a player chooses the first of two arms, in each state.

    Args:
      player: as in `exact_regret`.
      n1: pulls of the first arm so far.
      n2: pulls of the second.

    Returns:
      A row for each number of wins of the first arm, a column for each of the second.
    """
    if isinstance(player, TwoArmPlayer):
        return player.first_arm_chance(n1, n2)
    counts = counts_after(n1, n2)
    if isinstance(player, HorizonPlayer):
        player.check_length(n1 + n2 + 1)
    if isinstance(player, IndexPlayer):
        return chance_of_best(np.asarray(player.scores(counts)))
    structure = player.env.reward_structure
    if isinstance(player, Thompson):
        return _chance_first_is_better(n1, n2, structure)
    first = chance_of_best(np.asarray(means(counts, structure)))
    if isinstance(player, EpsilonGreedy):
        return player.epsilon / 2 + (1 - player.epsilon) * first
    return first


def _counts_alone(player: Any) -> bool:
    if isinstance(player, type):
        return False
    by_belief = isinstance(player, Greedy | Thompson) and isinstance(player.env, Bandit)
    return by_belief or isinstance(player, IndexPlayer | TwoArmPlayer)


def _chance_first_is_better(n1: int, n2: int, structure: str) -> np.ndarray:
    """The posterior probability that the first of two arms is the better one, in each state."""
    if structure == "independent":
        return _chance_of_larger(n1, n2)
    counts = counts_after(n1, n2)
    if structure == "correlated":
        wins, losses = posterior(counts, structure)
        return np.asarray(scipy.special.betainc(losses[0], wins[0], 0.5))  # P(p > 1/2)
    return np.asarray(scipy.special.expit(log_odds(counts, structure)[0]))


def _chance_of_larger(n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
    """P(X > Y) for X ~ Beta(w1 + 1, l1 + 1) and Y ~ Beta(w2 + 1, l2 + 1), in every state.

    With a = w1 + 1, b = l1 + 1, c = w2 + 1, d = l2 + 1 and h(a, b) = B(a + c, b + d) / (B(a, b)
    B(c, d)), P(X > Y) grows by h/a when a grows by one and falls by h/b when b does (Cook 2005,
    "Exact calculation of beta inequalities"). One more win in place of a loss thus adds
    h(a, b - 1) (1/a + 1/(b - 1)). Only positive terms are summed, so no digits are lost.
    """
    c, d = np.arange(1.0, n2 + 2), np.arange(n2 + 1.0, 0, -1)
    a, rest = np.arange(1.0, n1 + 1)[:, None], np.arange(n1 + 0.0, 0, -1)[:, None]
    scale = scipy.special.betaln(c, d)
    no_wins = np.exp(scipy.special.betaln(c, d + n1 + 1) - scale)  # E (1 - Y)^(n1 + 1)
    h = np.exp(scipy.special.betaln(a + c, rest + d) - scipy.special.betaln(a, rest) - scale)
    return np.cumsum(np.vstack([no_wins, h * (1 / a + 1 / rest)]), axis=0)


def _win_chances(env: Bandit, n1: int, n2: int) -> np.ndarray | tuple[float, ...]:
    """Each arm's chance to win in each state: the prior predictive, or what is given by hand."""
    if env.arm_probs is not None:
        return env.arm_probs
    return np.asarray(means(counts_after(n1, n2), env.reward_structure))


def _best_mean(env: Bandit) -> float:
    """The expected win probability of the better arm."""
    if env.arm_probs is not None:
        return max(env.arm_probs)
    return {"independent": 2 / 3, "correlated": 3 / 4, **PAIRS}[env.reward_structure]
