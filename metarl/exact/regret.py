"""The exact expected regret of a player of two arms: no sampling, no standard error.

If a player's choice depends only on the counts of wins and losses, the states (n1, w1, n2, w2) are
a Markov chain. The probability of every state is propagated forward, trial by trial.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from metarl.checks import check_instance, short_repr
from metarl.envs import Bandit
from metarl.envs.arm_priors import PAIRS, means
from metarl.exact.states import TwoArmPlayer, counts_after


def exact_regret(player: Any, env: Bandit) -> Float[np.ndarray, " T"]:
    """Computes the expected regret of each trial, over tasks, tapes and the player's own noise.

    The mean of `metarl.evaluate(player, (), env, ...).regret` converges to it. Time and memory grow
    with T^4 and T^3: a second for 100 trials, about ten for 200.

    Args:
      player: a player whose choice depends only on the counts, with a method `first_arm_chance`
        (`metarl.exact.states.TwoArmPlayer`); its prior may differ from the environment's.
      env: two arms, of any reward structure, or with fixed `arm_probs`.

    Returns:
      The expected regret of trials 0 to T - 1.

    Raises:
      ValueError: if `env` does not have two arms, or `player` has no `first_arm_chance`.
    """
    check_instance("env", env, Bandit)
    if isinstance(player, type) or not isinstance(player, TwoArmPlayer):
        raise ValueError(
            f"`player` must be one that chooses by counts of wins and losses, got "
            f"{short_repr(player)}. "
            "Estimate the regret of other players with `metarl.evaluate`."
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
    chances = [np.ones((1, 1))]  # n1: the probability of each state with n1 pulls of the first arm
    for trial in range(env.num_trials):
        later = [np.zeros((n1 + 1, trial - n1 + 2)) for n1 in range(trial + 2)]
        reward = 0.0
        for n1, here in enumerate(chances):
            n2 = trial - n1
            first_wins, second_wins = _win_chances(env, n1, n2)
            first = here * player.first_arm_chance(n1, n2)
            second = here - first
            first_won, second_won = first * first_wins, second * second_wins
            reward += first_won.sum() + second_won.sum()
            later[n1 + 1][1:] += first_won
            later[n1 + 1][:-1] += first - first_won
            later[n1][:, 1:] += second_won
            later[n1][:, :-1] += second - second_won
        regret[trial] = max(0.0, best - reward)  # rounding may make it negative
        chances = later
    return regret


def _win_chances(env: Bandit, n1: int, n2: int) -> np.ndarray | tuple[float, ...]:
    """Each arm's probability of winning in each state: predictive, or the fixed `arm_probs`."""
    if env.arm_probs is not None:
        return env.arm_probs
    return np.asarray(means(counts_after(n1, n2), env.reward_structure))


def _best_mean(env: Bandit) -> float:
    """The expected win probability of the better arm."""
    if env.arm_probs is not None:
        return max(env.arm_probs)
    return {"independent": 2 / 3, "correlated": 3 / 4, **PAIRS}[env.reward_structure]
