"""Thompson sampling: each arm is pulled as often as it is believed to be the best.

Thompson (1933), Biometrika 25, doi:10.2307/2332286.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.beta import Counts, check_family, count, draw, log_odds, no_counts, posterior
from metarl.baselines.two_arms import counts_after
from metarl.envs import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Thompson:
    """Draws win probabilities from their posterior, and pulls the arm that is best under them.

    Attributes:
      num_actions: number of arms, `A`.
      reward_structure: the family its prior is: `"independent"`, or with two arms `"correlated"`,
        `"easy"`, `"medium"` or `"hard"`.

    Raises:
      ValueError: at construction, for more than two arms that are not independent.
    """

    num_actions: int
    reward_structure: str

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_family(self.num_actions, self.reward_structure)

    def initial_memory(self, task: Any) -> Counts:
        """No wins and no losses yet."""
        del task
        return no_counts(self.num_actions)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Key[Array, " T"]:
        """Splits the key into one for each step. The key is consumed."""
        return jax.random.split(key, num_steps)

    def act(
        self,
        params: Any,
        memory: Counts,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Key[Array, ""],
    ) -> tuple[Counts, Int[Array, ""], tuple[()]]:
        """Counts the outcome of the trial before, and returns the best arm of one draw."""
        counts = count(memory, previous_action, timestep)
        drawn = draw(noise_t, counts, self.reward_structure)
        return counts, jnp.argmax(drawn).astype(jnp.int32), ()

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """The probability that the first of two arms is the better one, in each state."""
        if self.reward_structure == "independent":
            return _chance_of_larger(n1, n2)
        counts = counts_after(n1, n2)
        if self.reward_structure == "correlated":
            wins, losses = posterior(counts, self.reward_structure)
            return scipy.special.betainc(losses[0], wins[0], 0.5)  # P(p > 1/2)
        return scipy.special.expit(log_odds(counts, self.reward_structure)[0])


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
