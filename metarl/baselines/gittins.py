"""The Gittins index player: each arm is worth what it would be worth on its own.

With independent arms and discounted rewards without end, pulling the arm of the highest index is
Bayes-optimal (Gittins 1979, J. R. Stat. Soc. B 41). In an episode of T trials the index of the
trials that remain is a close approximation (Kaufmann 2018, Ann. Stat. 46, arXiv 1601.06069).
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from metarl.baselines.index_player import HorizonPlayer, check_independent
from metarl.checks import check_number
from metarl.envs.arm_priors import AnyArray, Counts, namespace
from metarl.envs.core import TaskFamily
from metarl.exact.gittins_indices import discounted_indices, finite_horizon_indices

LONGEST_EXACT_INDEX = 200  # trials; indices of that many take ten seconds, and grow as their cube
MAX_DISCOUNT = 0.995


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gittins(HorizonPlayer):
    """Pulls the arm with the highest Gittins index; ties are broken at random.

    The prior is uniform on each arm. Indices are computed when first needed and kept in memory: for
    100 trials in a second or two, with a discount of .99 in five, of .995 in twenty.

    Attributes:
      num_actions: number of arms, `A`.
      num_trials: number of trials in an episode, `T`; a longer one is refused.
      discount: discount of future rewards, per trial, in an endless future, at most .995; None
        counts the `T` trials of the episode alike, and none after them.
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
                    "grows as 1 / (1 - discount)^2; None is for an episode without discount."
                )

    @classmethod
    def for_environment(cls, env: TaskFamily, discount: float | None = None) -> "Gittins":
        """The player of `env`, with the constant `discount`.

        Raises:
          ValueError: if `env` is not a family of independent arms, or the indices would take long.
        """
        check_independent(env, "Gittins indices")
        if discount is None and env.num_trials > LONGEST_EXACT_INDEX:
            raise ValueError(
                f"`num_trials` must be at most {LONGEST_EXACT_INDEX} for Gittins indices without "
                f"discount, got {env.num_trials}. Name one, as in gittins:0.99."
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
        # Tables are ordered by trial, pulls, wins: with n pulls go n + 1 numbers of wins.
        row = pulls * (pulls + 1) // 2 + wins
        if self.discount is not None:
            return xp.asarray(discounted_indices(self.discount, self.num_trials))[row]
        trial = pulls.sum(axis=0, keepdims=True, dtype=np.int32)
        block = trial * (trial + 1) * (trial + 2) // 6
        return xp.asarray(finite_horizon_indices(self.num_trials))[block + row]
