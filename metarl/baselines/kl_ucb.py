"""KL-UCB: upper confidence bounds as tight as Bernoulli rewards allow.

Garivier & Cappé (2011), COLT, arXiv 1102.2490.
"""

import dataclasses

import jax.scipy.special
import numpy as np
import scipy.special
from jaxtyping import Float

from metarl.baselines.index_player import IndexPlayer, check_arms
from metarl.checks import check_number
from metarl.envs.arm_priors import AnyArray, Counts, namespace
from metarl.envs.core import TaskFamily

BISECTIONS = 24  # of [0, 1]: as fine as single precision


@dataclasses.dataclass(frozen=True, kw_only=True)
class KLUCB(IndexPlayer):
    """Pulls the arm whose win probability might be the highest; ties are broken at random.

    An arm with mean m of n pulls might win with any q for which n KL(m, q) <= ln t + c ln ln t,
    where KL is the divergence of Bernoulli laws and t the number of pulls so far. The arm's score
    is the largest such q. An arm that was never pulled comes first.

    Attributes:
      num_actions: number of arms, `A`.
      constant: `c`; 3 in the paper's theorem, 0 in its experiments.
    """

    constant: float = 0.0

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        check_number("constant", self.constant, 0)

    @classmethod
    def for_environment(cls, env: TaskFamily, constant: float = 0.0) -> "KLUCB":
        """The player of `env`, with the constant `c`.

        Raises:
          ValueError: if it is not a family of arms that win or lose, or the constant is impossible.
        """
        check_arms(env)
        return cls(num_actions=env.num_actions, constant=constant)

    @property
    def label(self) -> str:
        """The player's name, with its constants."""
        return f"KL-UCB (c {self.constant:g})"

    def scores(self, counts: Counts) -> Float[AnyArray, " A *grid"]:
        """The largest plausible win probability of each arm; 2 for one that was never pulled."""
        xp = namespace(counts.wins)
        pulls = counts.wins + counts.losses
        all_pulls = xp.maximum(pulls.sum(axis=0, keepdims=True), 2)
        log_t = xp.log(all_pulls)
        budget = xp.maximum(log_t + self.constant * xp.log(log_t), 0)
        rel_entr = scipy.special.rel_entr if xp is np else jax.scipy.special.rel_entr
        low = counts.wins / xp.maximum(pulls, 1)
        high = xp.ones_like(low)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            divergence = rel_entr(counts.wins, pulls * middle)  # n times that from the mean
            divergence += rel_entr(counts.losses, pulls * (1 - middle))
            low = xp.where(divergence <= budget, middle, low)
            high = xp.where(divergence <= budget, high, middle)
        return xp.where(pulls > 0, low, 2.0)
