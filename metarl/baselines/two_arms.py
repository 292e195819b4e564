"""Every state that two Bernoulli arms can be in after so many pulls of each, as one grid.

After `n1` pulls of the first arm and `n2` of the second, a state is a number of wins of each: row
`w1` from 0 to `n1`, column `w2` from 0 to `n2`. A player's rule on such grids is all that exact
expectations need: see `metarl.baselines.exact_regret`.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from metarl.envs.arm_priors import Counts


@runtime_checkable
class TwoArmPlayer(Protocol):
    """A player of two arms whose choice depends on the arms' counts alone, and on chance."""

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
    """The probability of choosing the first arm: 1 if its score is higher, in a tie 1/2, else 0."""
    return ((scores[0] > scores[1]) + 0.5 * (scores[0] == scores[1])).astype(np.float64)
