"""The greedy Bayesian: always takes the action with the highest expected value under the belief.

If all choices are equally informative, exploring gains nothing, and the greedy player is
Bayes-optimal. This holds for two arms that win with p and 1 - p.
"""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from metarl.baselines.belief import BeliefPlayer
from metarl.baselines.index_player import best_arm
from metarl.envs.arm_priors import means
from metarl.envs.core import TimeStep
from metarl.exact.states import chance_of_best, counts_after


@dataclasses.dataclass(frozen=True, kw_only=True)
class Greedy(BeliefPlayer):
    """Takes the action with the highest expected value; ties are broken at random.

    Attributes:
      env: the family, which is the player's prior.
    """

    label: ClassVar[str] = "greedy"

    def choose(
        self, belief: object, timestep: TimeStep, noise_t: Float[Array, " A"]
    ) -> Int[Array, ""]:
        """The action with the highest expected value."""
        return best_arm(jnp.asarray(self.expected_values(belief, timestep)), noise_t)

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability of choosing the first of two arms: see `metarl.exact.states`."""
        return chance_of_best(np.asarray(means(counts_after(n1, n2), self.structure)))
