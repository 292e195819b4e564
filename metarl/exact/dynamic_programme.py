"""Dynamic programmes over the counts of independent arms: optimal values and choices.

Bradt, Johnson & Karlin 1956, Ann. Math. Stat. 27; Bellman 1956, Sankhya 16.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int8

from metarl.checks import check_integer
from metarl.envs.arm_priors import means
from metarl.exact.states import counts_after

MAX_TRIALS = 200
EASY_TRIALS = 15  # up to this many trials, any number of arms is solved in seconds
MAX_STATES = 500_000
# Choices whose values differ by less are ties; rounding errors are a thousandth of this.
TIE = 1e-10


class Solution(NamedTuple):
    """The dynamic programme's result.

    Attributes:
      value: the best possible expected total reward of an episode.
      choices: for every state, 1 if the first arm is the better choice, -1 if the second is, 0 in a
        tie. Ordered by trial t, pulls n1 of the first arm, wins w1, wins w2.
    """

    value: float
    choices: Int8[np.ndarray, " states"]

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first arm in each state after `n1` and `n2` pulls."""
        begin = first_position(n1, n2, n1 + n2)
        choices = self.choices[begin : begin + (n1 + 1) * (n2 + 1)].reshape(n1 + 1, n2 + 1)
        return (1 + choices) / 2


def first_position(n1: Any, n2: Any, t: Any) -> Any:
    """Where in `Solution.choices` the states with these pulls begin; takes numbers or arrays.

    Before them come all states of earlier trials, binom(t + 3, 4), and those of this trial with
    fewer pulls of the first arm, the sum of (k + 1)(t - k + 1) over k < n1.
    """
    earlier = (t + 3) * (t + 2) // 2 * (t * (t + 1) // 2) // 6
    return earlier + n1 * (n1 + 1) // 2 * (t + 2) - n1 * (n1 + 1) * (2 * n1 + 1) // 6


@functools.cache
def solve_two_arms(num_trials: int) -> Solution:
    """Solves two independent Bernoulli arms with uniform priors exactly.

    Backwards from the last trial, with p_i = (w_i + 1) / (n_i + 2):
    V_t = max_i [p_i (1 + V_{t+1}(arm i won)) + (1 - p_i) V_{t+1}(arm i lost)].

    Args:
      num_trials: number of trials in an episode, `T`; 100 take half a second and 5 MB, 200 five
        seconds and 70 MB (kept in memory until the process ends; twice that while computing).

    Returns:
      The value of an episode, and the best choice in each of its binom(T + 3, 4) states.

    Raises:
      ValueError: if there are more than 200 trials.
    """
    if num_trials > MAX_TRIALS:
        raise ValueError(f"`num_trials` must be at most {MAX_TRIALS}, got {num_trials}.")
    values = [np.zeros((n1 + 1, num_trials - n1 + 1)) for n1 in range(num_trials + 1)]
    choices: list[np.ndarray] = []
    for trial in reversed(range(num_trials)):
        advantages = []
        for n1 in range(trial + 1):
            p1, p2 = means(counts_after(n1, trial - n1), "independent")
            lost, won = values[n1 + 1][:-1], values[n1 + 1][1:]
            first = lost + p1 * (1 + won - lost)
            lost, won = values[n1][:, :-1], values[n1][:, 1:]  # still those of the next trial
            second = lost + p2 * (1 + won - lost)
            values[n1] = np.maximum(first, second)
            advantages.append((first - second).ravel())
        advantage = np.concatenate(advantages)
        choices.append((np.sign(advantage) * (np.abs(advantage) > TIE)).astype(np.int8))
    return Solution(value=float(values[0][0, 0]), choices=np.concatenate(choices[::-1]))


def bayes_optimal_value(num_arms: int, num_trials: int) -> float:
    """Computes the best possible expected total reward on independent arms with uniform priors.

    The order of the arms does not matter, so a state is the multiset of the counts of the arms
    pulled so far. That makes short episodes with many arms feasible: 5 arms and 10 trials, 3 arms
    and 30, any number of arms and 15.

    Args:
      num_arms: number of arms, at least 2.
      num_trials: number of trials in an episode, `T`; at most 200.

    Returns:
      The value; V(2, 100) = 64.91842, V(5, 10) = 6.65999.

    Raises:
      ValueError: if there are too many states.
    """
    check_integer("num_arms", num_arms, 2, "One arm offers no choice.")
    check_integer("num_trials", num_trials, 1, "An episode has at least one trial.")
    if num_trials > MAX_TRIALS:
        raise ValueError(f"`num_trials` must be at most {MAX_TRIALS}, got {num_trials}.")
    if num_arms == 2:
        return solve_two_arms(num_trials).value

    @functools.cache
    def value(pulled: tuple[tuple[int, int], ...], remaining: int) -> float:
        """The value of the remaining trials, given the sorted counts of the arms pulled so far."""
        if remaining == 0:
            return 0.0
        if value.cache_info().currsize > MAX_STATES:
            raise ValueError(
                f"`num_trials` must be smaller for {num_arms} arms, got {num_trials}. "
                f"There are over {MAX_STATES:,} states; up to {EASY_TRIALS} trials always work."
            )
        best = 0.0
        for arm in set(pulled) | ({(0, 0)} if len(pulled) < num_arms else set()):
            wins, losses = arm
            others = list(pulled)
            if arm in pulled:
                others.remove(arm)
            p = (wins + 1) / (wins + losses + 2)
            won = tuple(sorted([*others, (wins + 1, losses)]))
            lost = tuple(sorted([*others, (wins, losses + 1)]))
            later = p * value(won, remaining - 1) + (1 - p) * value(lost, remaining - 1)
            best = max(best, p + later)
        return best

    return value((), num_trials)
