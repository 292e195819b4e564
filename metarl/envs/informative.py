"""The informative arm: Wang et al. 2016 (arXiv 1611.05763), experiment 3.

One of ten arms, the target, pays 5 and the others 1; an eleventh arm pays a tenth of the target's
number. That arm is the worst one to pull, and the only one that tells at once where the target is.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from metarl.checks import check_bool, check_integer, check_number, check_trials
from metarl.envs.core import TaskFamily, TimeStep


class InformativeTask(NamedTuple):
    """The index of the target, from zero."""

    target: Int[Array, ""]


class InformativeState(NamedTuple):
    """The task, and the number of trials so far."""

    task: InformativeTask
    trial: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Informative(TaskFamily, family="informative"):
    """Arms of which one pays more; a further, last arm pays little and tells which one it is.

    Rewards are certain. Of `n` arms, number k being the target, the last arm pays k / n.

    Attributes:
      num_arms: number of arms besides the informative one, `n`.
      num_trials: number of trials in an episode, `T`.
      prize: what the target pays; the other arms pay 1.
      one_hot_reward: whether the reward of the step before is also shown as a one-hot observation,
        with an entry for each reward there is, as in the paper. The first step shows zeros.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_arms: int = 10
    num_trials: int = 5
    prize: float = 5.0
    one_hot_reward: bool = True

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_arms", self.num_arms, 1, maximum=10_000)
        check_trials(self.num_trials)
        check_number("prize", self.prize, 1.001, 1e6)
        check_bool("one_hot_reward", self.one_hot_reward)

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """One for each arm; the last is the informative one."""
        return self.num_arms + 1

    @property
    def observation_size(self) -> int:
        """An entry for each reward there is: 1 / n to 1, and the prize."""
        return self.num_arms + 1 if self.one_hot_reward else 0

    @property
    def reward_range(self) -> tuple[float, float]:  # type: ignore[override]
        """From 1 / n to the prize."""
        return 1 / self.num_arms, float(self.prize)

    def sample_task(self, key: Key[Array, ""]) -> InformativeTask:
        """Draws the target. The key is consumed."""
        return InformativeTask(jax.random.randint(key, (), 0, self.num_arms))

    def reset(self, task: InformativeTask) -> tuple[InformativeState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = InformativeState(task, jnp.int32(0))
        shown = jnp.zeros(self.observation_size, jnp.float32)
        return state, TimeStep(observation=shown, reward=jnp.float32(0.0), step=jnp.int32(0))

    def step(
        self, state: InformativeState, action: Int[Array, ""], tape_t: Float[Array, ""]
    ) -> tuple[InformativeState, TimeStep]:
        """Pulls one arm; returns the state after it, and the time step with its reward."""
        del tape_t
        reward = self.action_values(state)[action]
        state = state._replace(trial=state.trial + 1)
        shown = jnp.zeros(self.observation_size, jnp.float32)
        if self.one_hot_reward:
            entry = jnp.where(reward == self.prize, self.num_arms, self._number(reward) - 1)
            shown = jax.nn.one_hot(entry, self.observation_size, dtype=jnp.float32)
        return state, TimeStep(observation=shown, reward=reward, step=state.trial)

    def action_values(self, state: InformativeState) -> Float[Array, " A"]:
        """What each arm pays."""
        target = state.task.target
        pays = jnp.where(jnp.arange(self.num_actions) == target, self.prize, 1.0)
        return pays.at[-1].set((target + 1) / self.num_arms).astype(jnp.float32)

    def initial_belief(self) -> Bool[Array, " n"]:
        """Which arms may be the target: all but the informative one."""
        return jnp.ones(self.num_arms, bool)

    def update_belief(
        self,
        belief: Bool[Array, " n"],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Bool[Array, " n"]:
        """Whichever arms are still possible after a reward."""
        del timestep
        arms, reward = jnp.arange(self.num_arms, dtype=jnp.int32), next_timestep.reward
        told = arms == self._number(reward) - 1
        pulled = jnp.where(reward == self.prize, arms == action, arms != action)
        return belief & jnp.where(action == self.num_arms, told, pulled)

    def belief_values(
        self, belief: Bool[Array, " n"], timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """What each arm pays on average, if every possible target is equally likely."""
        del timestep
        weights = belief.astype(jnp.float32) / belief.sum(dtype=jnp.float32)
        numbers = jnp.arange(1, self.num_arms + 1, dtype=jnp.float32) / self.num_arms
        pays = 1 + (self.prize - 1) * weights
        values = jnp.append(pays, jnp.sum(weights * numbers))
        return values, jnp.float32(self.prize)

    def sample_values(
        self, key: Key[Array, ""], belief: Bool[Array, " n"], timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws the target. The key is consumed."""
        del timestep
        target = jax.random.categorical(key, jnp.where(belief, 0.0, -jnp.inf))
        return self.action_values(InformativeState(InformativeTask(target), jnp.int32(0)))

    def planned_values(self, belief: Bool[Array, " n"], timestep: TimeStep) -> Float[Array, " A"]:
        """The expected reward from this trial to the last, for each arm."""
        left = self.num_trials - timestep.step  # trials, this one included
        after = jnp.asarray(_search_values(self))[jnp.maximum(left - 1, 0)]
        possible = belief.sum(dtype=jnp.int32)
        now, _ = self.belief_values(belief, timestep)
        known = self.prize * (left - 1).astype(jnp.float32)
        count = possible.astype(jnp.float32)
        found = (known + (count - 1) * after[possible - 1]) / count
        later = jnp.where(belief, found, after[possible])
        return now + jnp.append(later, known)

    @property
    def action_names(self) -> tuple[str, ...]:
        """The arms, counted from one."""
        return tuple(f"arm {arm + 1}" for arm in range(self.num_actions))

    def describe(self) -> str:
        """The family in words."""
        return f"{self.num_arms} arms and an informative one"

    def describe_task(self, task: InformativeTask) -> str:
        """Which arm was the target, in a sentence."""
        return f"Arm {int(task.target) + 1} paid {self.prize:g}."

    def task_columns(self, task: InformativeTask, trial: int) -> dict[str, float]:
        """The number of the target, from one."""
        del trial
        return {"target": float(task.target + 1)}

    def diagnostic_tasks(
        self, count: int, key: Key[Array, ""]
    ) -> tuple[InformativeTask, list[str]]:
        """One task for each arm as the target, in turn."""
        del key
        targets = (np.arange(count) * self.num_arms // count).astype(np.int32)
        return InformativeTask(targets), [f"arm {arm + 1} pays" for arm in targets]  # type: ignore[arg-type]

    def _number(self, reward: Float[Array, ""]) -> Int[Array, ""]:
        """The arm that a reward of the informative arm names, counted from one."""
        return jnp.round(reward * self.num_arms).astype(jnp.int32)


@functools.cache
def _search_values(env: Informative) -> Float[np.ndarray, "T N"]:
    """The best expected reward of the last k trials, if n arms may be the target; [k, n].

    By dynamic programming: an arm that may be the target, or the informative one. Its average pay
    depends on which arms are left, and is taken to be that of all: with two arms or more left, the
    informative arm is pulled at once or never, so this is exact where it matters.
    """
    n = env.num_arms
    values = np.zeros((env.num_trials, n + 1))
    for k in range(1, env.num_trials):
        for possible in range(1, n + 1):
            known = env.prize * (k - 1)
            missed = 1 + values[k - 1, possible - 1] if possible > 1 else 0.0
            search = (env.prize + known + (possible - 1) * missed) / possible
            told = (n + 1) / (2 * n) + known
            values[k, possible] = max(search, told)
    return values.astype(np.float32)
