"""The N-armed Bernoulli bandit: each arm pays 1 with its own win probability, else 0."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, Key

from metarl.checks import check_choice, check_integer, check_key, short_repr
from metarl.envs.arm_priors import (
    PAIRS,
    REWARD_STRUCTURES,
    Counts,
    count,
    draw,
    expected_best,
    means,
    no_counts,
)
from metarl.envs.core import TaskFamily, TimeStep


class BanditTask(NamedTuple):
    """The win probability of each arm, fixed for an episode."""

    arm_probs: Float[Array, " A"]


class BanditState(NamedTuple):
    """The hidden state of an episode: the task, and the number of trials so far."""

    task: BanditTask
    trial: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bandit(TaskFamily):
    """Bernoulli bandits, as in experiments 1 and 2 of Wang et al. 2016 (arXiv 1611.05763).

    Attributes:
      num_arms: number of arms, `A`; at least 2.
      num_trials: number of trials in an episode, `T`; each trial is one step.
      reward_structure: how the win probabilities are drawn at the start of an episode.
        `"independent"`: each uniform on [0, 1], independently of the others.
        `"correlated"`: they sum to one, Dirichlet(1, ..., 1); for two arms p and 1 - p with uniform
        p, which experiment 2 calls uniform.
        `"easy"`, `"medium"`, `"hard"`: two arms that win with .9 and .1, .75 and .25, .6 and .4;
        either may be the better one.
      arm_probs: fixed win probabilities, one per arm, the same in every episode; None draws them
        as `reward_structure` says.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_arms: int = 2
    num_trials: int = 100
    reward_structure: str = "correlated"
    arm_probs: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer(
            "num_arms", self.num_arms, 2, "A one-armed bandit offers no choice.", maximum=10_000
        )
        check_integer(
            "num_trials", self.num_trials, 1, "An episode has at least one trial.", maximum=10**7
        )
        check_choice("reward_structure", self.reward_structure, REWARD_STRUCTURES)
        if self.reward_structure in PAIRS and self.num_arms != 2:
            raise ValueError(
                f"`num_arms` must be 2 for {self.reward_structure!r} arms, got {self.num_arms}. "
                "They are a pair that wins with p and 1 - p."
            )
        if self.arm_probs is not None:
            checked = self._checked_probs("arm_probs", self.arm_probs, 1)
            object.__setattr__(self, "arm_probs", tuple(checked.tolist()))

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """Number of actions on each step, `A`: the number of arms."""
        return self.num_arms

    def sample_task(self, key: Key[Array, ""]) -> BanditTask:
        """Draws the win probabilities of one episode. The key is consumed."""
        check_key("key", key)
        if self.arm_probs is not None:
            return BanditTask(jnp.asarray(self.arm_probs, jnp.float32))
        if self.reward_structure == "independent":
            return BanditTask(jax.random.uniform(key, (self.num_arms,), jnp.float32))
        if self.reward_structure in PAIRS:
            better = PAIRS[self.reward_structure]
            pair = jnp.asarray([better, 1 - better], jnp.float32)
            first = jax.random.bernoulli(key, jnp.float32(0.5))
            return BanditTask(jnp.where(first, pair, pair[::-1]))
        # Normalised exponentials are Dirichlet(1, ..., 1). `jax.random.dirichlet` samples the same
        # distribution with a rejection loop, which every training process would have to compile.
        weights = jax.random.exponential(key, (self.num_arms,), jnp.float32)
        return BanditTask(weights / weights.sum())

    def make_task(self, arm_probs: Sequence[float] | np.ndarray) -> BanditTask:
        """Builds the task with the given win probabilities.

        Args:
          arm_probs: one win probability per arm, each in [0, 1]; they need not sum to one.

        Returns:
          The task, as `reset` takes it.

        Raises:
          ValueError: if there is not one probability per arm, or one is not in [0, 1].
        """
        return BanditTask(jnp.asarray(self._checked_probs("arm_probs", arm_probs, 1), jnp.float32))

    def make_tasks(self, tasks: BanditTask | Float[ArrayLike, "B A"]) -> BanditTask:
        """Builds a batch of tasks, as `metarl.evaluate` takes it.

        Args:
          tasks: win probabilities, one row per task and one column per arm; an array, or a
            `BanditTask` of one.

        Returns:
          The tasks, with a leading axis `B`, in host memory.

        Raises:
          ValueError: as in `make_task`.
        """
        arm_probs = tasks.arm_probs if isinstance(tasks, BanditTask) else tasks
        probs = self._checked_probs("tasks", arm_probs, 2).astype(np.float32)
        return BanditTask(probs)  # type: ignore[arg-type]

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, "T A"]:
        """Draws the tape of one episode: arm `a` pays on trial `t` if entry [t, a] is below its p.

        The key is consumed.
        """
        check_key("key", key)
        return jax.random.uniform(key, (self.num_trials, self.num_arms), jnp.float32)

    def reset(self, task: BanditTask) -> tuple[BanditState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = BanditState(task=task, trial=jnp.int32(0))
        return state, _time_step(jnp.float32(0.0), state)

    def step(
        self, state: BanditState, action: Int[Array, ""], tape_t: Float[Array, " A"]
    ) -> tuple[BanditState, TimeStep]:
        """Pulls one arm.

        Args:
          state: the state before the pull.
          action: the index of the arm, 0 to `num_arms` - 1.
          tape_t: this trial's row of the tape.

        Returns:
          The state after the pull, and the time step that shows its reward (1 or 0).
        """
        wins = (tape_t < state.task.arm_probs).astype(jnp.float32)
        # In a batch on a CPU, a sum over a one-hot vector is several times faster than indexing.
        reward = jnp.sum(wins * jax.nn.one_hot(action, self.num_arms, dtype=jnp.float32))
        state = state._replace(trial=state.trial + 1)
        return state, _time_step(reward, state)

    def action_values(self, state: BanditState) -> Float[Array, " A"]:
        """The expected reward of each arm: its win probability."""
        return state.task.arm_probs

    @property
    def greedy_is_optimal(self) -> bool:
        """True for two arms that win with p and 1 - p: both are equally informative about p."""
        return self.num_arms == 2 and self.reward_structure != "independent"

    @property
    def prior(self) -> "Bandit":
        """The family without `arm_probs`, which players are not told."""
        return dataclasses.replace(self, arm_probs=None)

    def changed(self, **changes: Any) -> TaskFamily:
        """The family with some settings changed; a new `reward_structure` replaces `arm_probs`."""
        if "reward_structure" in changes:
            changes = {"arm_probs": None, **changes}
        return super().changed(**changes)

    @property
    def no_belief(self) -> str | None:
        """Why there is no formula for the posterior; None if there is one."""
        if self.arm_probs is None and self.reward_structure == "correlated" and self.num_arms > 2:
            return (
                f"`num_arms` must be 2 for beliefs on correlated arms, got {self.num_arms}. "
                "The posterior mean of more arms that sum to one has no formula."
            )
        return None

    def initial_belief(self) -> Counts:
        """No wins and no losses yet."""
        return no_counts(self.num_arms)

    def update_belief(
        self, belief: Counts, timestep: TimeStep, action: Int[Array, ""], next_timestep: TimeStep
    ) -> Counts:
        """Adds the outcome of a pull to the counts."""
        del timestep
        return count(belief, action, next_timestep.reward)

    def belief_values(
        self, belief: Counts, timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """The posterior mean of each arm's win probability, and of the best arm's."""
        del timestep
        if self.arm_probs is not None:
            probs = jnp.asarray(self.arm_probs, jnp.float32)
            return probs, probs.max()
        mean = jnp.asarray(means(belief, self.reward_structure))
        return mean, expected_best(belief, self.reward_structure)

    def sample_values(
        self, key: Key[Array, ""], belief: Counts, timestep: TimeStep
    ) -> Float[Array, " A"]:
        """Draws win probabilities from the posterior. The key is consumed."""
        del timestep
        if self.arm_probs is not None:
            return jnp.asarray(self.arm_probs, jnp.float32)
        return draw(key, belief, self.reward_structure)

    @property
    def action_names(self) -> tuple[str, ...]:
        """The arms, counted from one."""
        return tuple(f"arm {arm + 1}" for arm in range(self.num_arms))

    def describe(self) -> str:
        """The family in words."""
        if self.arm_probs is not None:
            return f"arms that win with {', '.join(f'{p:.9g}' for p in self.arm_probs)}"
        return f"{self.num_arms} {self.reward_structure} arms"

    def describe_task(self, task: BanditTask) -> str:
        """The arms' win probabilities in a sentence."""
        probs = ", ".join(f"arm {arm + 1}: {p:.2f}" for arm, p in enumerate(task.arm_probs))
        return f"The arms won with {probs}."

    def task_columns(self, task: BanditTask, trial: int) -> dict[str, float]:
        """The win probability of each arm, as `p1`, `p2` and so on."""
        del trial
        return {f"p{arm + 1}": float(p) for arm, p in enumerate(task.arm_probs)}

    @property
    def diagnostic_label(self) -> str:
        """What the labels of `diagnostic_tasks` mean."""
        return "win probabilities (arm 1, arm 2)" if self.num_arms == 2 else "task"

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[BanditTask, list[str]]:
        """The tasks of a raster's rows, and their labels.

        Two arms go from (1, 0) to (0, 1) in equal steps. With more arms, or fixed `arm_probs`,
        tasks are drawn and sorted by their best arm, those with the highest p of it first.
        """
        if self.num_arms == 2 and self.arm_probs is None:
            first = np.linspace(1.0, 0.0, count, dtype=np.float32)
            probs = np.stack([first, 1 - first], axis=1)
        else:
            drawn = jax.vmap(self.sample_task)(jax.random.split(key, count))
            probs = np.asarray(drawn.arm_probs)
            probs = probs[np.lexsort((-probs.max(axis=1), probs.argmax(axis=1)))]
        if self.num_arms == 2:
            labels = [f"({p:.2f}, {q:.2f})" for p, q in probs]
        else:
            labels = [f"arm {arm + 1} best" for arm in probs.argmax(axis=1)]
        return BanditTask(probs), labels  # type: ignore[arg-type]

    def _checked_probs(self, name: str, probs: object, num_axes: int) -> np.ndarray:
        """Checks win probabilities, and returns them as an array whose last axis is the arms."""
        try:
            found = np.asarray(probs, dtype=np.float64)
        except (OverflowError, RecursionError, TypeError, ValueError):
            raise ValueError(
                f"`{name}` must be numbers, one per arm, got {short_repr(probs)}."
            ) from None
        if found.ndim != num_axes or found.shape[-1] != self.num_arms:
            raise ValueError(
                f"`{name}` must have one entry for each of the {self.num_arms} arms"
                f"{', a row for each task' if num_axes == 2 else ''}, got shape {found.shape}. "
                "Change it or `num_arms`."
            )
        sound = (found >= 0) & (found <= 1)  # false for NaN as well
        if not np.all(sound):
            odd = found if num_axes == 1 else found[~sound.all(axis=1)][0]
            raise ValueError(
                f"`{name}` must be probabilities in [0, 1], got {short_repr(odd.tolist())}."
            )
        return found


def _time_step(reward: Float[Array, ""], state: BanditState) -> TimeStep:
    return TimeStep(observation=jnp.zeros((0,), jnp.float32), reward=reward, step=state.trial)
