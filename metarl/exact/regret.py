"""The exact expected regret of a player of two arms, without playing: no luck, no standard error.

A player whose choice depends on the counts of wins and losses alone walks through states
(n1, w1, n2, w2) as a Markov chain. The chance of every state is carried forward, trial by trial.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from metarl.checks import check_instance, short_repr
from metarl.envs import Bandit
from metarl.envs.arm_priors import PAIRS, means
from metarl.exact.states import TwoArmPlayer, counts_after


def exact_regret(player: Any, env: Bandit) -> Float[np.ndarray, " T"]:
    """Computes the expected regret of each trial, over tasks, luck and the player's own chance.

    It is what the mean of `metarl.evaluate(player, (), env, ...).regret` tends to. Work and memory
    grow as T^4 and T^3: a second for 100 trials and about ten for 200.

    Args:
      player: one of ours whose choice depends on counts alone, or any that says how it does
        (`metarl.exact.states.TwoArmPlayer`); its prior need not be the environment's.
      env: two arms, of any family, or with `arm_probs` given by hand.

    Returns:
      The expected regret of trials 0 to T - 1.

    Raises:
      ValueError: if the environment has not two arms, or the player no `first_arm_chance`.
    """
    check_instance("env", env, Bandit)
    if isinstance(player, type) or not isinstance(player, TwoArmPlayer):
        raise ValueError(
            f"`player` must be one that chooses by counts of wins and losses, got "
            f"{short_repr(player)}. "
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
            first = here * player.first_arm_chance(n1, n2)
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
