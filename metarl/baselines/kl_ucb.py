"""KL-UCB: upper confidence bounds as tight as Bernoulli rewards allow.

Garivier & Cappé (2011), COLT, arXiv 1102.2490.
"""

import dataclasses

import jax.scipy.special
import numpy as np
import scipy  # its submodules are imported when they are first used
from jaxtyping import Float

from metarl.baselines.index_player import IndexPlayer, check_arms
from metarl.checks import check_number
from metarl.envs.arm_priors import AnyArray, Counts, namespace
from metarl.envs.core import TaskFamily

BISECTIONS = 24  # of [0, 1], to single precision


@dataclasses.dataclass(frozen=True, kw_only=True)
class KLUCB(IndexPlayer):
    """Pulls the arm with the highest plausible win probability; ties are broken at random.

    For an arm with mean m after n pulls, every q with n KL(m, q) <= ln t + c ln ln t is plausible,
    where KL is the divergence between Bernoulli distributions and t the number of pulls so far of
    all arms. The arm's score is the largest such q. Arms that were never pulled come first.

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
        """Makes the player of `env`, with the constant `c`.

        Raises:
          ValueError: if `env` is not a family of arms that win or lose, or `constant` is refused.
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
            divergence = rel_entr(counts.wins, pulls * middle)  # the sum is n KL(m, middle)
            divergence += rel_entr(counts.losses, pulls * (1 - middle))
            low = xp.where(divergence <= budget, middle, low)
            high = xp.where(divergence <= budget, high, middle)
        return xp.where(pulls > 0, low, 2.0)
