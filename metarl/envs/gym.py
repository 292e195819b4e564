"""Families as environments of Gymnasium: importing this module registers all of ours.

`gymnasium.make("metarl/TwoStep-v0")` makes one environment, `gymnasium.make_vec` a batch that is
played in one compiled call. Keyword arguments are the family's settings, `show_previous` and
`show_elapsed`. `FamilyEnv` and `FamilyVectorEnv` wrap any family, a user's own as well.
"""

import functools
from typing import Any

import gymnasium
import jax
import numpy as np

from metarl.checks import SEEDS, check_seed, short_repr
from metarl.envs.core import TaskFamily, families
from metarl.envs.gym_vector import FamilyVectorEnv
from metarl.envs.gym_view import View, begin, take

__all__ = ["FamilyEnv", "FamilyVectorEnv"]

_OTHERS = "metarl.envs.from_gymnax"  # its family is a wrapper, and cannot be made by its settings
_begin_one = functools.partial(jax.jit, static_argnums=0)(begin)


@functools.partial(jax.jit, static_argnums=0)
def _take_one(view: View, state: Any, tape: Any, step: jax.Array, action: jax.Array) -> Any:
    return take(view, state, jax.tree.map(lambda x: x[step], tape), action)


class FamilyEnv(gymnasium.Env[np.ndarray, np.integer[Any]]):
    """Episodes of a family, one after the other.

    An episode in one task ends with `terminated`: its length is part of the task family. The
    observations are described in `metarl.envs.gym_view.View`.

    Args:
      env: the family.
      show_previous: whether observations hold the previous action and reward.
      show_elapsed: whether they hold the fraction of the episode that has passed.

    Raises:
      ValueError: if a value is impossible.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own type)

    def __init__(
        self, env: TaskFamily, *, show_previous: bool = True, show_elapsed: bool = True
    ) -> None:
        self._view = View(family=env, show_previous=show_previous, show_elapsed=show_elapsed)
        self.family = env
        self.observation_space = self._view.observation_space
        self.action_space: Any = self._view.action_space
        self._seed: int | None = None
        self._number = 0
        self._episode: Any = None
        self._step = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins a new episode.

        Args:
          seed: the random seed, below 2**32. The same seed and actions give the same episodes. None
            goes on with the random numbers of the last seed.
          options: `{"task": task}` for a task by hand, as the family's `sample_task` returns it;
            for this episode only.

        Returns:
          The first observation, and an empty dict.

        Raises:
          ValueError: if a value is impossible.
        """
        if seed is not None:
            check_seed("seed", seed)
        tasks = self._view.make_tasks(options, 1)
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._number = seed, 0
        elif self._seed is None:
            self._seed = int(self.np_random.integers(SEEDS))
        task = jax.tree.map(lambda x: x[0], tasks)
        self._episode, shown = _begin_one(self._view, np.uint32(self._seed), self._number, task)
        self._number += 1
        self._step = 0
        return np.array(shown), {}

    def step(
        self, action: int | np.integer[Any] | np.ndarray
    ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Takes an action.

        Args:
          action: a whole number from 0 to `A` - 1.

        Returns:
          The observation before the next action; the reward; whether the episode is over; False;
          and an `info`. In families that have a regret, `regret` is the expected reward that the
          best action could still have brought in this trial, minus that of this action. In families
          with forced actions, `action` is the one that was taken.

        Raises:
          ValueError: if there is no such action.
          gymnasium.error.ResetNeeded: before the first `reset`, and after the end of an episode.
        """
        if self._episode is None or self._step == self.family.num_steps:
            raise gymnasium.error.ResetNeeded("The episode is over. Call `reset` before `step`.")
        if not self.action_space.contains(action):
            raise ValueError(
                f"`action` must be a whole number from 0 to {self.family.num_actions - 1}, got "
                f"{short_repr(action)}."
            )
        state, tape = self._episode
        state, seen = _take_one(self._view, state, tape, self._step, int(action))
        self._episode, self._step = self._episode._replace(state=state), self._step + 1
        info = {name: np.asarray(value).item() for name, value in seen.info.items()}
        ended = self._step == self.family.num_steps
        return np.array(seen.observation), np.asarray(seen.reward).item(), ended, False, info


def make_one(
    family: str, *, show_previous: bool = True, show_elapsed: bool = True, **settings: Any
) -> FamilyEnv:
    """Makes an environment of a family by its name and settings; for `gymnasium.make`."""
    env = _make_family(family, settings)
    return FamilyEnv(env, show_previous=show_previous, show_elapsed=show_elapsed)


def make_many(
    family: str,
    num_envs: int = 1,
    *,
    show_previous: bool = True,
    show_elapsed: bool = True,
    **settings: Any,
) -> FamilyVectorEnv:
    """Makes a vector environment by a family's name and settings; for `gymnasium.make_vec`."""
    env = _make_family(family, settings)
    return FamilyVectorEnv(env, num_envs, show_previous=show_previous, show_elapsed=show_elapsed)


def _make_family(family: str, settings: dict[str, Any]) -> TaskFamily:
    kind: Any = families.find(family)
    known = list(kind.__dataclass_fields__)
    for name in settings:
        if name not in known:  # Gymnasium expects this error, and so does stable-baselines3
            raise TypeError(
                f"`{name}` is not a setting of {family}. Settings: {', '.join(known)}, "
                "show_previous, show_elapsed."
            )
    plain = {name: tuple(x) if isinstance(x, list) else x for name, x in settings.items()}
    env: TaskFamily = kind(**plain)  # a specification in a file holds lists
    return env


def _register() -> None:
    """Registers the families that ship with metarl."""
    for family in families.names():
        kind = families.find(family)
        name, module = f"metarl/{kind.__name__}-v0", kind.__module__
        ours = module.startswith("metarl.envs.") and module != _OTHERS
        if ours and name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point=f"{__name__}:make_one",
                vector_entry_point=f"{__name__}:make_many",
                kwargs={"family": family},
            )


_register()
