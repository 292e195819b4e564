"""The Bayes-optimal player of two independent arms: no one can expect more under the uniform prior.

Its choices come from an exact dynamic programme over all states (n1, w1, n2, w2): pulls and wins of
each arm (Bradt, Johnson & Karlin 1956, Ann. Math. Stat. 27; Bellman 1956, Sankhya 16).
"""

import dataclasses
import functools
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float, Int8

from metarl.baselines.index_player import HorizonPlayer, check_independent
from metarl.baselines.two_arms import counts_after
from metarl.envs.arm_priors import AnyArray, Counts, means, namespace
from metarl.envs.core import TaskFamily

MAX_TRIALS = 200
# Choices whose values differ by less are equal; rounding errors are a thousandth of this.
TIE = 1e-10


class Solution(NamedTuple):
    """The dynamic programme's result.

    Attributes:
      value: the best possible expected total reward of an episode.
      choices: of every state, 1 if the first arm is the better choice, -1 if the second, 0 if both
        are as good. Ordered by trial t, pulls n1 of the first arm, wins w1, wins w2.
    """

    value: float
    choices: Int8[np.ndarray, " states"]


@functools.cache
def solve_two_arms(num_trials: int) -> Solution:
    """Solves two independent Bernoulli arms with uniform priors, exactly.

    From the last trial back, with p_i = (w_i + 1) / (n_i + 2):
    V_t = max_i [p_i (1 + V_{t+1}(arm i won)) + (1 - p_i) V_{t+1}(arm i lost)].

    Args:
      num_trials: number of trials in an episode, `T`; 100 take half a second and 5 MB, 200 five
        seconds and 70 MB (in memory for as long as the process lives; twice that meanwhile).

    Returns:
      The value of an episode, and the best choice in each of its binom(T + 3, 4) states.
    """
    values = [np.zeros((n1 + 1, num_trials - n1 + 1)) for n1 in range(num_trials + 1)]
    choices: list[np.ndarray] = []
    for trial in reversed(range(num_trials)):
        advantages = []
        for n1 in range(trial + 1):
            p1, p2 = means(counts_after(n1, trial - n1), "independent")
            lost, won = values[n1 + 1][:-1], values[n1 + 1][1:]
            first = lost + p1 * (1 + won - lost)
            lost, won = values[n1][:, :-1], values[n1][:, 1:]  # still those of the trial after
            second = lost + p2 * (1 + won - lost)
            values[n1] = np.maximum(first, second)
            advantages.append((first - second).ravel())
        advantage = np.concatenate(advantages)
        choices.append((np.sign(advantage) * (np.abs(advantage) > TIE)).astype(np.int8))
    return Solution(value=float(values[0][0, 0]), choices=np.concatenate(choices[::-1]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class BayesOptimal(HorizonPlayer):
    """Pulls the arm that is the better choice for the whole rest of the episode; ties go by lot.

    The prior is uniform on each of two independent arms. (Where they win with p and 1 - p,
    `Greedy` is the Bayes-optimal player.)

    Attributes:
      num_actions: number of arms; 2.
      num_trials: number of trials in an episode, `T`, at most 200; a longer one is refused.
    """

    label: ClassVar[str] = "Bayes-optimal"
    num_actions: int = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        super().__post_init__()
        if self.num_actions != 2:
            raise ValueError(
                f"`num_actions` must be 2, got {self.num_actions}. More arms have too many states; "
                "`Gittins` comes close to the optimum."
            )
        if self.num_trials > MAX_TRIALS:
            raise ValueError(
                f"`num_trials` must be at most {MAX_TRIALS}, got {self.num_trials}. "
                "The table of choices grows as its fourth power."
            )

    @classmethod
    def for_environment(cls, env: TaskFamily) -> "BayesOptimal":
        """The player of `env`.

        Raises:
          ValueError: if `env` is not a family of two independent arms over at most 200 trials.
        """
        check_independent(env, "the Bayes-optimal table")
        return cls(num_actions=env.num_actions, num_trials=env.num_trials)

    def scores(self, counts: Counts) -> Float[AnyArray, " 2 *grid"]:
        """The first arm: 1, 0 or -1 as it is the better choice, as good or worse; the second: 0."""
        xp = namespace(counts.wins)
        w1, w2 = counts.wins.astype(np.int32)
        n1, n2 = (counts.wins + counts.losses).astype(np.int32)
        t = n1 + n2
        # In front of this state: all states of earlier trials, binom(t + 3, 4); those of this trial
        # with fewer pulls of the first arm, the sum of (k + 1)(t - k + 1) over k < n1; and w1 rows.
        earlier = (t + 3) * (t + 2) // 2 * (t * (t + 1) // 2) // 6
        fewer = n1 * (n1 + 1) // 2 * (t + 2) - n1 * (n1 + 1) * (2 * n1 + 1) // 6
        position = earlier + fewer + w1 * (n2 + 1) + w2
        choice = xp.asarray(solve_two_arms(self.num_trials).choices)[position]
        first = choice.astype(counts.wins.dtype)
        return xp.stack([first, xp.zeros_like(first)])
