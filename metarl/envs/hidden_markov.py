"""Hidden-Markov arms: each arm is in a good or a bad state, and changes state without notice.

If the arms differ in what they tell or in how long it stays true, an ideal player sometimes pulls
the one that brings less now, for what it teaches. The optimal policy is found by value iteration
over beliefs.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from metarl.checks import check_number, check_trials
from metarl.envs.arms import ArmsTask, ChangingArms, weigh
from metarl.envs.core import TimeStep
from metarl.envs.planning import Outcomes, look_up, plan

_GRID = 81


@dataclasses.dataclass(frozen=True, kw_only=True)
class HiddenMarkov(ChangingArms, family="hidden_markov"):
    """Two arms, each in a good or a bad state: it wins with p in the good one, else with 1 - p.

    At the start of an episode, each arm is in either state with probability 1/2.

    Attributes:
      num_trials: number of trials in an episode, `T`.
      win_probability: p of the first arm.
      second_win_probability: p of the second arm.
      stay_probability: the probability that the first arm stays in its state for the next trial.
      second_stay_probability: the same of the second arm.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 300
    win_probability: float = 0.9
    second_win_probability: float = 0.9
    stay_probability: float = 0.9
    second_stay_probability: float = 0.9

    num_actions = 2

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        for name in ("win_probability", "second_win_probability"):
            check_number(name, getattr(self, name), 0.5, 1)
        for name in ("stay_probability", "second_stay_probability"):
            check_number(name, getattr(self, name), 0, 1)

    def sample_task(self, key: Key[Array, ""]) -> ArmsTask:
        """Draws the state of each arm on each trial. The key is consumed."""
        leave = 1 - jnp.tile(self._stay, (self.num_trials, 1))
        changes = jax.random.bernoulli(key, leave.at[0].set(0.5))
        return ArmsTask(self._chances(jnp.cumsum(changes, axis=0) % 2 == 0))

    def initial_belief(self) -> Float[Array, " 2"]:
        """The probability that each arm is in its good state: 1/2."""
        return jnp.full(2, 0.5, jnp.float32)

    def update_belief(
        self,
        belief: Float[Array, " 2"],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, " 2"]:
        """Applies Bayes' rule to the pulled arm, then the chance of a change to both."""
        del timestep
        return self._after(belief, action, next_timestep.reward)

    def belief_values(
        self, belief: Float[Array, " 2"], timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """Each arm's win probability under the belief, and the better arm's."""
        del timestep
        states = jnp.array([[True, True], [True, False], [False, True], [False, False]])
        chances = jnp.prod(jnp.where(states, belief, 1 - belief), axis=1)
        return self._expected(belief), jnp.sum(chances * self._chances(states).max(axis=1))

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, " 2"], timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws the state of each arm. The key is consumed."""
        del timestep
        return self._chances(jax.random.bernoulli(key, belief))

    def planned_values(self, belief: Float[Array, " 2"], timestep: TimeStep) -> Float[Array, " 2"]:
        """The expected number of wins from this trial to the last, for each arm."""
        return look_up(jnp.asarray(_plan(self)), timestep.step, belief)

    def outcomes(self, belief: Float[Array, " 2"]) -> Outcomes:
        """A win and a loss of each arm."""
        wins = self._expected(belief)
        rewards = jnp.array([1.0, 0.0], jnp.float32)
        after = [[self._after(belief, jnp.int32(a), reward) for reward in rewards] for a in (0, 1)]
        return Outcomes(
            chance=jnp.stack([wins, 1 - wins], axis=1),
            reward=jnp.tile(rewards, (2, 1)),
            belief=jnp.stack([jnp.stack(row) for row in after]),
        )

    def describe(self) -> str:
        """The family in words."""
        return "hidden-Markov arms"

    @property
    def _stay(self) -> Float[Array, " 2"]:
        return jnp.array([self.stay_probability, self.second_stay_probability], jnp.float32)

    def _chances(self, is_good: Bool[Array, "*batch 2"]) -> Float[Array, "*batch 2"]:
        p = jnp.array([self.win_probability, self.second_win_probability], jnp.float32)
        return jnp.where(is_good, p, 1 - p)

    def _expected(self, belief: Float[Array, " 2"]) -> Float[Array, " 2"]:
        good, bad = self._chances(jnp.bool_([True, True])), self._chances(jnp.bool_([False, False]))
        return belief * good + (1 - belief) * bad

    def _after(
        self, belief: Float[Array, " 2"], action: Int[Array, ""], reward: Float[Array, ""]
    ) -> Float[Array, " 2"]:
        chances = self._chances(jnp.array([[True, True], [False, False]]))[:, action]
        here = belief[action]
        seen = weigh(jnp.stack([here, 1 - here]), chances, reward)[0]
        posterior = jnp.where(jnp.arange(2, dtype=jnp.int32) == action, seen, belief)
        return posterior * self._stay + (1 - posterior) * (1 - self._stay)


@functools.lru_cache(maxsize=4)
def _plan(env: HiddenMarkov) -> Float[np.ndarray, "T G G 2"]:
    with jax.ensure_compile_time_eval():
        return np.asarray(plan(env.outcomes, 2, env.num_trials, _GRID))
