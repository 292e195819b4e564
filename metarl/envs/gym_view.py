"""What Gymnasium sees of a family: spaces, observations, tasks by hand, and single steps.

Letters in shapes: `T` steps, `A` actions, `I` entries of an observation.
"""

import dataclasses
from typing import Any, NamedTuple

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from metarl.checks import check_bool, check_hashable, check_instance, check_shape, short_repr
from metarl.envs.core import TaskFamily, TimeStep
from metarl.jax_settings import make_key


class Episode(NamedTuple):
    """An episode, or a batch of them, between two steps.

    Attributes:
      state: the family's state.
      tape: the random draws of all steps; the first axis is `T`, in a batch as well.
    """

    state: Any
    tape: Any


class Outcome(NamedTuple):
    """What a step shows.

    Attributes:
      observation: what is seen before the next action.
      reward: the reward of this step.
      info: `regret`, in families that have one: the expected reward that the best action could
        still have brought in this trial, minus that of this action. `action`, in families with
        forced actions: the action that was taken.
    """

    observation: Float[Array, "*batch I"]
    reward: Float[Array, "*batch"]
    info: dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """A family as a learner of Gymnasium sees it.

    By default, an observation is the input of metarl's own networks: the previous action (one-hot;
    zeros on the first step), the previous reward divided by the largest of `reward_range`, what the
    task shows, and the fraction of the episode that has passed.

    Attributes:
      family: the family.
      show_previous: whether the previous action and the previous reward are shown.
      show_elapsed: whether the fraction of the episode that has passed is shown.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    family: TaskFamily
    show_previous: bool = True
    show_elapsed: bool = True

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_instance("env", self.family, TaskFamily)
        check_hashable("env", self.family)
        check_bool("show_previous", self.show_previous)
        check_bool("show_elapsed", self.show_elapsed)

    @property
    def observation_space(self) -> gymnasium.spaces.Box:
        """The bounds of each entry of an observation, `[I]`."""
        env = self.family
        bounds = [env.observation_range] * env.observation_size
        if self.show_previous:
            low, high = (reward / self._reward_scale for reward in env.reward_range)
            bounds = [(0.0, 1.0)] * env.num_actions + [(min(low, 0.0), max(high, 0.0)), *bounds]
        if self.show_elapsed:
            bounds = [*bounds, (0.0, 1.0)]
        lowest, highest = np.asarray(bounds, np.float32).reshape(-1, 2).T  # there may be none
        return gymnasium.spaces.Box(lowest, highest, dtype=np.float32)

    @property
    def action_space(self) -> gymnasium.spaces.Discrete:
        """The actions, from 0."""
        return gymnasium.spaces.Discrete(self.family.num_actions)

    def make_tasks(self, options: dict[str, Any] | None, count: int) -> Any:
        """The tasks that a user gives to `reset`.

        Args:
          options: `{"task": task}`, where the task is as `TaskFamily.sample_task` returns it, or
            `count` of them with a leading axis; a task that is one array may be given as the array
            itself.
          count: the number of tasks.

        Returns:
          The tasks, with a leading axis; None if none is given.

        Raises:
          ValueError: if there is another option, or it is not a task of the family.
        """
        options = options or {}
        if options.keys() - {"task"}:
            known = "`{'task': ...}`"
            raise ValueError(f"`options` must be {known} or None, got {short_repr(options)}.")
        task = options.get("task")
        if task is None:
            return None
        env = self.family
        wanted = jax.eval_shape(env.sample_task, make_key(0))
        leaves = jax.tree.leaves(wanted)
        structure: Any = jax.tree.structure(wanted)
        try:
            found = structure.flatten_up_to(task)
        except (TypeError, ValueError):
            found = [task] if len(leaves) == 1 else []
        if len(found) != len(leaves):
            raise ValueError(
                f"`task` must be a task of the family {env.family}, got {short_repr(task)}. "
                f"`sample_task` of the family returns one: {short_repr(wanted)}."
            )
        arrays = [_rows(*pair, count) for pair in zip(found, leaves, strict=True)]
        tasks = jax.tree.unflatten(structure, arrays)
        return env.make_tasks(tasks) if hasattr(env, "make_tasks") else tasks

    def encode(self, previous_action: Int[Array, ""], timestep: TimeStep) -> Float[Array, " I"]:
        """Builds an observation; the previous action is -1 on the first step of an episode."""
        env = self.family
        reward = jnp.asarray(timestep.reward, jnp.float32) / jnp.float32(self._reward_scale)
        previous = [jax.nn.one_hot(previous_action, env.num_actions), reward[None]]
        elapsed = jnp.asarray(timestep.step, jnp.float32)[None] / env.num_steps
        parts = [
            *(previous if self.show_previous else []),
            timestep.observation,
            *([elapsed] if self.show_elapsed else []),
        ]
        return jnp.concatenate([jnp.asarray(part, jnp.float32) for part in parts])

    @property
    def _reward_scale(self) -> float:
        return max(map(abs, self.family.reward_range)) or 1.0


def begin(
    view: View, seed: int | Array, number: int | Array, task: Any
) -> tuple[Episode, Float[Array, " I"]]:
    """Begins an episode.

    Args:
      view: what is shown of which family.
      seed: the random seed.
      number: how many episodes came before this one since the seed was set.
      task: the task; None draws it.

    Returns:
      The episode, and its first observation.
    """
    env = view.family
    key = jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), number)
    task_key, tape_key = jax.random.split(key)
    state, timestep = env.reset(env.sample_task(task_key) if task is None else task)
    tape = env.sample_tape(tape_key)
    return Episode(state, tape), view.encode(jnp.int32(-1), timestep)


def take(view: View, state: Any, tape_t: Any, action: Int[Array, ""]) -> tuple[Any, Outcome]:
    """Takes an action, or the forced one; returns the next state, and what is seen."""
    env = view.family
    action = jnp.asarray(action, jnp.int32)
    values, forced = env.action_values(state), env.forced_action(state)
    info: dict[str, Any] = {}
    if forced is not None:
        action = info["action"] = jnp.where(forced >= 0, forced, action).astype(jnp.int32)
    if env.has_regret:
        # In a batch on a CPU, a sum over a one-hot vector is several times faster than indexing.
        chosen = jnp.sum(values * jax.nn.one_hot(action, env.num_actions, dtype=values.dtype))
        regret = values.max() - chosen
        info["regret"] = regret if forced is None else jnp.where(forced >= 0, 0.0, regret)
    state, timestep = env.step(state, action, tape_t)
    return state, Outcome(view.encode(action, timestep), timestep.reward, info)


def _rows(found: Any, wanted: jax.ShapeDtypeStruct, count: int) -> np.ndarray:
    """An array of a task, or of `count` tasks, as one of `count` tasks.

    Raises:
      ValueError: if it has another shape, or numbers of another kind.
    """
    several = np.ndim(found) == len(wanted.shape) + 1
    shape = (*([count] if several else []), *wanted.shape)
    array = check_shape("task", found, shape)
    cast = array.astype(wanted.dtype)
    if not np.isfinite(array).all() or (wanted.dtype.kind != "f" and (cast != array).any()):
        raise ValueError(f"`task` must have finite numbers of type {wanted.dtype}, got {array}.")
    return np.broadcast_to(cast, (count, *wanted.shape))
