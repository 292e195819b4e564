"""The greedy Bayesian: always the arm with the highest posterior mean.

Where two arms win with p and 1 - p, a pull of either tells exactly as much about p. No choice can
be worth making for the sake of what it teaches, so the greedy player is Bayes-optimal there.
"""

import dataclasses

from jaxtyping import Float

from metarl.baselines.beta import AnyArray, Counts, check_family, means
from metarl.baselines.scores import ScorePlayer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Greedy(ScorePlayer):
    """Pulls the arm with the highest posterior mean; ties are broken at random.

    Attributes:
      num_actions: number of arms, `A`.
      reward_structure: the family its prior is: `"independent"`, or with two arms `"correlated"`,
        `"easy"`, `"medium"` or `"hard"`.

    Raises:
      ValueError: at construction, for more than two arms that are not independent.
    """

    reward_structure: str

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_family(self.num_actions, self.reward_structure)

    def scores(self, counts: Counts) -> Float[AnyArray, " A *grid"]:
        """The posterior mean of each arm."""
        return means(counts, self.reward_structure)
