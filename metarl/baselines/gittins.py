"""The Gittins index player: each arm's index depends on that arm alone.

For independent arms and an infinite horizon with discount, pulling the arm with the highest index
is Bayes-optimal (Gittins 1979, J. R. Stat. Soc. B 41). In an episode of T trials, the index for the
remaining trials is a close approximation (Kaufmann 2018, Ann. Stat. 46, arXiv 1601.06069).
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from metarl.baselines.index_player import HorizonPlayer, check_independent
from metarl.checks import check_number
from metarl.envs.arm_priors import AnyArray, Counts, namespace
from metarl.envs.core import TaskFamily
from metarl.exact.gittins_indices import discounted_indices, finite_horizon_indices

LONGEST_EXACT_INDEX = 200  # trials; their indices take ten seconds; time grows with the cube
MAX_DISCOUNT = 0.995


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gittins(HorizonPlayer):
    """Pulls the arm with the highest Gittins index; ties are broken at random.

    The prior is uniform on each arm. Indices are computed on first use and kept in memory: 100
    trials take a second or two, a discount of .99 takes five, .995 twenty.

    Attributes:
      num_actions: number of arms, `A`.
      num_trials: number of trials in an episode, `T`; longer episodes are refused.
      discount: discount of future rewards per trial, over an infinite horizon; at most .995. None
        means a finite horizon: the `T` trials of the episode, without discount.
    """

    discount: float | None = None

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        if self.discount is not None:
            check_number("discount", self.discount, 0)
            if self.discount > MAX_DISCOUNT:
                raise ValueError(
                    f"`discount` must be at most {MAX_DISCOUNT}, got {self.discount!r}. The work "
                    "grows with 1 / (1 - discount)^2. Use None for no discount."
                )

    @classmethod
    def for_environment(cls, env: TaskFamily, discount: float | None = None) -> "Gittins":
        """Makes the player of `env`, with the constant `discount`.

        Raises:
          ValueError: if `env` is not a family of independent arms, or has too many trials.
        """
        check_independent(env, "Gittins indices")
        if discount is None and env.num_trials > LONGEST_EXACT_INDEX:
            raise ValueError(
                f"`num_trials` must be at most {LONGEST_EXACT_INDEX} for Gittins indices without "
                f"discount, got {env.num_trials}. Give a discount, as in gittins:0.99."
            )
        return cls(num_actions=env.num_actions, num_trials=env.num_trials, discount=discount)

    @property
    def label(self) -> str:
        """The player's name, with its constants."""
        return (
            f"Gittins ({self.num_trials} trials)"
            if self.discount is None
            else f"Gittins (discount {self.discount:g})"
        )

    def scores(self, counts: Counts) -> Float[AnyArray, " A *grid"]:
        """The index of each arm."""
        xp = namespace(counts.wins)
        wins = counts.wins.astype(np.int32)
        pulls = wins + counts.losses.astype(np.int32)
        # Tables are ordered by trial, pulls, wins; n pulls have n + 1 possible numbers of wins.
        row = pulls * (pulls + 1) // 2 + wins
        if self.discount is not None:
            return xp.asarray(discounted_indices(self.discount, self.num_trials))[row]
        trial = pulls.sum(axis=0, keepdims=True, dtype=np.int32)
        block = trial * (trial + 1) * (trial + 2) // 6
        return xp.asarray(finite_horizon_indices(self.num_trials))[block + row]
