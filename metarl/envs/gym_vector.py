"""A family as a vector environment of Gymnasium: a whole batch of episodes in one compiled call.

`metarl.envs.gym` is the module to import; it has the single environment, too. Letters in shapes:
`B` sub-environments, `A` actions, `I` entries of an observation.
"""

import functools
from collections.abc import Sequence
from typing import Any

import gymnasium
import jax
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from jaxtyping import Array

from metarl.checks import SEEDS, check_integer, check_seed, check_shape, short_repr
from metarl.envs.core import TaskFamily
from metarl.envs.gym_view import Episode, View, begin, take
from metarl.processes.memory import bytes_of, check_memory


@functools.partial(jax.jit, static_argnums=0)
def _begin_all(view: View, seeds: Array, numbers: Array, tasks: Any) -> tuple[Episode, Array]:
    begin_one = functools.partial(begin, view)
    axes = (Episode(state=0, tape=1), 0)  # steps come first: a step's row is then in one piece
    return jax.vmap(begin_one, out_axes=axes)(seeds, numbers, tasks)


# Most of a state is the task, which no step changes: a donated state is not copied.
@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def _take_all(view: View, state: Any, tape: Any, step: Array, actions: Array) -> Any:
    tape_t = jax.tree.map(lambda x: x[step], tape)
    return jax.vmap(functools.partial(take, view))(state, tape_t, actions)


class FamilyVectorEnv(gymnasium.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Many episodes of a family at once. Sub-environment `i` is a `FamilyEnv` with seed `seed + i`.

    All episodes have the same length, so all sub-environments end, and begin anew, on the same
    step. As `AutoresetMode.NEXT_STEP` says, the step after the last one ignores its actions: it
    returns the first observations of new episodes, and zeros for rewards.

    Args:
      env: the family.
      num_envs: number of sub-environments, `B`.
      show_previous: whether observations hold the previous action and reward.
      show_elapsed: whether they hold the fraction of the episode that has passed.

    Raises:
      ValueError: if a value is impossible.
      MemoryError: if the episodes would not fit into memory.
    """

    def __init__(
        self,
        env: TaskFamily,
        num_envs: int = 1,
        *,
        show_previous: bool = True,
        show_elapsed: bool = True,
    ) -> None:
        self._view = View(family=env, show_previous=show_previous, show_elapsed=show_elapsed)
        check_integer("num_envs", num_envs, 1)
        self.family, self.num_envs = env, num_envs
        self.metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = self._view.observation_space
        self.single_action_space = self._view.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._seeds: Any = None
        self._numbers = np.zeros(num_envs, np.uint32)
        self._episodes: Any = None
        self._step = 0
        one = jax.eval_shape(functools.partial(begin, self._view, 0, 0, None))
        check_memory("num_envs", num_envs, 2 * num_envs * bytes_of(one))

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins new episodes in all sub-environments.

        Args:
          seed: the random seed of the first sub-environment, the others' being `seed + 1` and so
            on; or one for each. None goes on with the random numbers of the last seed.
          options: `{"task": task}` for one task in all sub-environments, or as many with a leading
            axis; for these episodes only.

        Returns:
          The first observations, `[B, I]`, and an empty dict.

        Raises:
          ValueError: if a value is impossible.
        """
        seeds = self._checked_seeds(seed)
        tasks = self._view.make_tasks(options, self.num_envs)
        if isinstance(seed, int):
            super().reset(seed=seed)
        if self._seeds is None:
            self._seeds = self.np_random.integers(SEEDS, size=self.num_envs, dtype=np.uint32)
        given = np.array([one is not None for one in seeds])
        self._seeds = np.where(given, [one or 0 for one in seeds], self._seeds).astype(np.uint32)
        self._numbers = np.where(given, 0, self._numbers).astype(np.uint32)
        return self._begin(tasks), {}

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Takes an action in each sub-environment.

        Args:
          actions: a whole number below `A` for each sub-environment, `[B]`; ignored on the step
            after the last one of an episode.

        Returns:
          Observations `[B, I]`; rewards, terminated and truncated, `[B]`; and an `info` with the
          entries of `FamilyEnv.step`, each `[B]`.

        Raises:
          ValueError: if the actions are not of that kind.
          gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self._episodes is None:
            raise gymnasium.error.ResetNeeded("Call `reset` before the first `step`.")
        count, ended = self.num_envs, np.zeros(self.num_envs, bool)
        actions = check_shape("actions", actions, [count])
        if actions.dtype.kind not in "iu" or actions.min() < 0 or self._too_high(actions):
            raise ValueError(
                f"`actions` must be whole numbers from 0 to {self.family.num_actions - 1}, got "
                f"{short_repr(actions.tolist())}."
            )
        if self._step == self.family.num_steps:
            return self._begin(None), np.zeros(count), ended, ended.copy(), {}
        state, seen = _take_all(self._view, *self._episodes, self._step, actions.astype(np.int32))
        self._episodes, self._step = self._episodes._replace(state=state), self._step + 1
        infos: dict[str, Any] = {}
        for name, values in seen.info.items():
            infos[name] = np.array(values, int if name == "action" else float)
            infos[f"_{name}"] = np.ones(count, bool)
        terminated = np.full(count, self._step == self.family.num_steps)
        rewards = np.array(seen.reward, float)
        return np.array(seen.observation), rewards, terminated, ended, infos

    def _begin(self, tasks: Any) -> np.ndarray:
        self._episodes, shown = _begin_all(self._view, self._seeds, self._numbers, tasks)
        self._numbers = self._numbers + np.uint32(1)
        self._step = 0
        return np.array(shown)

    def _too_high(self, actions: np.ndarray) -> bool:
        return bool(actions.max() >= self.family.num_actions)

    def _checked_seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        """The seed of each sub-environment; None where the random numbers go on."""
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int):
            check_seed("seed", seed)
            seeds: list[int | None] = [seed + i for i in range(self.num_envs)]
        else:
            seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(
                f"`seed` must be a whole number, or one for each of the {self.num_envs} "
                f"sub-environments, got {len(seeds)}."
            )
        for one in seeds:
            if one is not None:
                check_seed("seed", one)
        return seeds
