"""The Bayes-optimal player of two independent arms: no player can expect more under uniform priors.

Its choices come from an exact dynamic programme over all states (n1, w1, n2, w2): pulls and wins of
each arm (Bradt, Johnson & Karlin 1956, Ann. Math. Stat. 27; Bellman 1956, Sankhya 16).
"""

import dataclasses
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from metarl.baselines.belief import BeliefPlayer
from metarl.baselines.index_player import HorizonPlayer, check_independent
from metarl.baselines.planner import Planner
from metarl.envs.arm_priors import AnyArray, Counts, namespace
from metarl.envs.core import HasPlan, TaskFamily
from metarl.exact.dynamic_programme import MAX_TRIALS, first_position, solve_two_arms


@dataclasses.dataclass(frozen=True, kw_only=True)
class BayesOptimal(HorizonPlayer):
    """Pulls the arm that is best for the rest of the episode; ties are broken at random.

    The prior is uniform on each of two independent arms. (For arms that win with p and 1 - p,
    `Greedy` is Bayes-optimal.)

    Attributes:
      num_actions: number of arms; 2.
      num_trials: number of trials in an episode, `T`, at most 200; longer episodes are refused.
    """

    label: ClassVar[str] = "Bayes-optimal"
    num_actions: int = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        if self.num_actions != 2:
            raise ValueError(
                f"`num_actions` must be 2, got {self.num_actions}. More arms have too many states; "
                "use `Gittins`, which comes close to the optimum."
            )
        if self.num_trials > MAX_TRIALS:
            raise ValueError(
                f"`num_trials` must be at most {MAX_TRIALS}, got {self.num_trials}. "
                "The table of choices grows with its fourth power."
            )

    @classmethod
    def for_environment(  # type: ignore[override]
        cls, env: TaskFamily
    ) -> "BayesOptimal | BeliefPlayer":
        """Makes the player of `env`: a `Planner` if the family itself knows the optimal policy.

        Raises:
          ValueError: if it does not, and is not of two independent arms with at most 200 trials.
        """
        if isinstance(env, HasPlan):
            return Planner.for_environment(env)
        check_independent(env, "the Bayes-optimal table")
        return cls(num_actions=env.num_actions, num_trials=env.num_trials)

    def scores(self, counts: Counts) -> Float[AnyArray, " 2 *grid"]:
        """The first arm's score is 1 if it is better, 0 in a tie, else -1; the second's is 0."""
        xp = namespace(counts.wins)
        w1, w2 = counts.wins.astype(np.int32)
        n1, n2 = (counts.wins + counts.losses).astype(np.int32)
        position = first_position(n1, n2, n1 + n2) + w1 * (n2 + 1) + w2
        choice = xp.asarray(solve_two_arms(self.num_trials).choices)[position]
        first = choice.astype(counts.wins.dtype)
        return xp.stack([first, xp.zeros_like(first)])
