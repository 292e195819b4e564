"""The best possible performance: the regret of the Bayes-optimal player, where it is known exactly.

For two arms that win with p and 1 - p, the greedy player is optimal (`metarl.baselines.greedy` says
why), and there are formulas. For independent arms, it is computed by dynamic programming.
"""

import numpy as np
import scipy  # its submodules are imported when they are first used
from jaxtyping import Float

from metarl.checks import check_choice, check_instance, check_integer
from metarl.envs import Bandit, TaskFamily
from metarl.envs.arm_priors import PAIRS
from metarl.exact.dynamic_programme import EASY_TRIALS, MAX_TRIALS, solve_two_arms
from metarl.exact.regret import exact_regret


def optimum(env: TaskFamily) -> Float[np.ndarray, " T"] | None:
    """The expected regret of the best possible player on each step; None where it is not known."""
    if not isinstance(env, Bandit) or env.num_arms != 2 or env.arm_probs is not None:
        return None
    if env.reward_structure == "independent" and env.num_trials > MAX_TRIALS:
        return None
    return best_possible_regret(env)


def is_soon_solved(env: Bandit) -> bool:
    """Whether `bayes_optimal_value` takes seconds: independent arms, and few trials."""
    return env.reward_structure == "independent" and env.num_trials <= EASY_TRIALS


def best_possible_regret(env: Bandit) -> Float[np.ndarray, " T"]:
    """Computes the regret of each trial of the Bayes-optimal player, which knows the task family.

    Args:
      env: two arms of any reward structure; at most 200 trials if they are independent.

    Returns:
      The expected regret of trials 0 to T - 1. No player can expect a smaller sum. Over 100 trials:
      independent 1.74825, correlated 1.22136, easy .62500, medium 1.00000, hard 2.31208.

    Raises:
      ValueError: if there are more than two arms, or their `arm_probs` are fixed.
    """
    check_instance("env", env, Bandit)
    if env.num_arms != 2:
        raise ValueError(
            f"`env.num_arms` must be 2, got {env.num_arms}. "
            "For more arms and few trials, use `bayes_optimal_value`."
        )
    if env.arm_probs is not None:
        raise ValueError(
            f"`env.arm_probs` must be None, got {env.arm_probs}. "
            "With only one task, a player that knows the family has no regret."
        )
    if env.reward_structure == "independent":
        return exact_regret(solve_two_arms(env.num_trials), env)
    if env.reward_structure == "correlated":
        return correlated_pair_regret(env.num_trials)
    return discrete_pair_regret(env.reward_structure, env.num_trials)


def correlated_pair_regret(num_trials: int) -> Float[np.ndarray, " T"]:
    """The smallest expected regret of each trial that any player can reach on correlated pairs.

    After t trials, let k of them be evidence for the first arm (it won, or the second lost). As p
    is uniform, every k from 0 to t is equally likely, and the posterior is Beta(k + 1, t - k + 1).
    The best choice wins with probability max(k + 1, t - k + 1) / (t + 2); a player that knows p
    wins with E max(p, 1 - p) = 3/4.

    Args:
      num_trials: number of trials in an episode, `T`.

    Returns:
      The expected regret of trials 0 to T - 1. Their sum for T = 100 is 1.22136.
    """
    check_integer("num_trials", num_trials, 1, "An episode has at least one trial.")
    regret = np.empty(num_trials)
    for t in range(num_trials):
        k = np.arange(t + 1)
        regret[t] = 0.75 - np.mean(np.maximum(k + 1, t - k + 1)) / (t + 2)
    return regret


def discrete_pair_regret(reward_structure: str, num_trials: int) -> Float[np.ndarray, " T"]:
    """The smallest expected regret of each trial on easy, medium or hard pairs.

    The better arm wins with p. Of t trials, Binomial(t, p) are evidence for it. The best choice is
    wrong if fewer than half are, and wrong half the time if half are; a wrong choice costs 2p - 1.

    Args:
      reward_structure: `"easy"`, `"medium"` or `"hard"`.
      num_trials: number of trials in an episode, `T`.

    Returns:
      The expected regret of trials 0 to T - 1.
    """
    check_choice("reward_structure", reward_structure, tuple(PAIRS))
    check_integer("num_trials", num_trials, 1, "An episode has at least one trial.")
    better, trials = PAIRS[reward_structure], np.arange(num_trials)
    # `bdtr` is the binomial CDF; `scipy.stats` would take a second to import.
    at_most_half = scipy.special.bdtr(trials // 2, trials, better)
    below_half = scipy.special.bdtr((trials[1:] - 1) // 2, trials[1:], better)
    below_half = np.concatenate([[0.0], below_half])  # with no trials, none is below half
    return (2 * better - 1) * (at_most_half + below_half) / 2
