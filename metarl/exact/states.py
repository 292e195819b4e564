"""Grids of all states that two Bernoulli arms can be in after given numbers of pulls.

After `n1` pulls of the first arm and `n2` of the second, a state is the number of wins of each: row
`w1` from 0 to `n1`, column `w2` from 0 to `n2`. Exact expectations need only a player's rule on
such grids: see `metarl.exact.regret`.
"""

from typing import Protocol, runtime_checkable

import numpy as np
import scipy  # its submodules are imported when they are first used
from jaxtyping import Float

from metarl.envs.arm_priors import Counts, log_odds, posterior


@runtime_checkable
class TwoArmPlayer(Protocol):
    """A player of two arms whose choice depends only on the arms' counts and its own noise."""

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first arm in each state after `n1` and `n2` pulls."""


def counts_after(n1: int, n2: int) -> Counts:
    """The counts of all states after `n1` pulls of the first arm and `n2` of the second.

    Returns:
      Wins and losses, each `[2, n1+1, n2+1]`.
    """
    wins = np.indices((n1 + 1, n2 + 1), dtype=np.float64)
    return Counts(wins=wins, losses=np.array([n1, n2]).reshape(2, 1, 1) - wins)


def chance_of_best(scores: Float[np.ndarray, " 2 *grid"]) -> Float[np.ndarray, "*grid"]:
    """The probability of choosing the first arm: 1 if its score is higher, 1/2 in a tie, else 0."""
    return ((scores[0] > scores[1]) + 0.5 * (scores[0] == scores[1])).astype(np.float64)


def chance_first_is_better(n1: int, n2: int, structure: str) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
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
    B(c, d)), P(X > Y) rises by h/a when a grows by one and falls by h/b when b does (Cook 2005,
    "Exact calculation of beta inequalities"). Replacing a loss by a win thus adds
    h(a, b - 1) (1/a + 1/(b - 1)). Only positive terms are summed, so no digits are lost.
    """
    c, d = np.arange(1.0, n2 + 2), np.arange(n2 + 1.0, 0, -1)
    a, rest = np.arange(1.0, n1 + 1)[:, None], np.arange(n1 + 0.0, 0, -1)[:, None]
    scale = scipy.special.betaln(c, d)
    no_wins = np.exp(scipy.special.betaln(c, d + n1 + 1) - scale)  # E (1 - Y)^(n1 + 1)
    h = np.exp(scipy.special.betaln(a + c, rest + d) - scipy.special.betaln(a, rest) - scale)
    return np.cumsum(np.vstack([no_wins, h * (1 / a + 1 / rest)]), axis=0)
