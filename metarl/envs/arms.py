"""What families of arms have in common whose win probabilities change by themselves."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, Key

from metarl.envs.core import TaskFamily, TimeStep


class ArmsTask(NamedTuple):
    """The win probability of each arm on each trial."""

    probs: Float[Array, "T A"]


class ArmsState(NamedTuple):
    """The task, and the number of trials so far."""

    task: ArmsTask
    trial: Int[Array, ""]


class ChangingArms(TaskFamily, abstract=True):
    """Arms that win or lose; each one's win probability follows a path of its own.

    A family that inherits from this class defines `sample_task` and its settings. Nothing but the
    rewards can be seen.
    """

    def sample_tape(self, key: Key[Array, ""]) -> Float[Array, "T A"]:
        """Draws the tape: arm `a` pays on trial `t` if entry [t, a] is below its win probability.

        The key is consumed.
        """
        return jax.random.uniform(key, (self.num_trials, self.num_actions), jnp.float32)

    def reset(self, task: ArmsTask) -> tuple[ArmsState, TimeStep]:
        """Begins an episode in `task`; the first time step shows no reward."""
        state = ArmsState(task=task, trial=jnp.int32(0))
        return state, _time_step(jnp.float32(0.0), state)

    def step(
        self, state: ArmsState, action: Int[Array, ""], tape_t: Float[Array, " A"]
    ) -> tuple[ArmsState, TimeStep]:
        """Pulls one arm; returns the state after it, and the time step with its reward, 1 or 0."""
        wins = (tape_t < self.action_values(state)).astype(jnp.float32)
        reward = jnp.sum(wins * jax.nn.one_hot(action, self.num_actions, dtype=jnp.float32))
        state = state._replace(trial=state.trial + 1)
        return state, _time_step(reward, state)

    def action_values(self, state: ArmsState) -> Float[Array, " A"]:
        """Each arm's win probability on this trial."""
        return state.task.probs[state.trial]

    @property
    def action_names(self) -> tuple[str, ...]:
        """The arms, counted from one."""
        return tuple(f"arm {arm + 1}" for arm in range(self.num_actions))

    def describe_task(self, task: ArmsTask) -> str:
        """The arms' win probabilities at the beginning and at the end, in a sentence."""
        begins, ends = np.asarray(task.probs)[[0, -1]]
        arms = [
            f"arm {arm + 1} from {p:.2f} to {q:.2f}"
            for arm, (p, q) in enumerate(zip(begins, ends, strict=True))
        ]
        return f"Win probabilities went from first to last trial: {', '.join(arms)}."

    def task_columns(self, task: ArmsTask, trial: int) -> dict[str, float]:
        """The win probability of each arm on a trial, as `p1`, `p2` and so on."""
        probs = np.asarray(task.probs[trial], np.float64)
        return {f"p{arm + 1}": round(float(p), 6) for arm, p in enumerate(probs)}


class MirroredArms(ChangingArms, abstract=True):
    """Two arms that win with p and 1 - p; p follows a path of its own."""

    num_actions = 2

    @property
    def greedy_is_optimal(self) -> bool:
        """True: both arms are equally informative about p."""
        return True


def mirrored(first: Float[Array, "*batch"]) -> ArmsTask:
    """The task of two arms that win with p and 1 - p, by the path of p; or many of them."""
    return ArmsTask(jnp.stack([first, 1 - first], axis=-1))


def weigh(
    weights: Float[Array, " *shape"],
    chances: Float[ArrayLike, " *shape"],
    reward: Float[Array, ""],
    move: Callable[[Any], Any] = lambda x: x,
) -> Float[Array, " *shape"]:
    """Bayes' rule for a set of hypotheses, and what may happen before the next trial.

    Args:
      weights: the probability of each hypothesis before a pull.
      chances: the probability that the pull wins, under each.
      reward: 1 if it won, else 0.
      move: from the probabilities after the pull to those before the next one.

    Returns:
      The new probabilities.
    """
    likelihood = jnp.where(reward > 0, chances, 1 - chances)
    posterior = weights * likelihood
    return move(posterior / jnp.maximum(posterior.sum(), 1e-30))


def _time_step(reward: Float[Array, ""], state: ArmsState) -> TimeStep:
    return TimeStep(observation=jnp.zeros((0,), jnp.float32), reward=reward, step=state.trial)
