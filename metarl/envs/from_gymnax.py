"""Environments of gymnax (github.com/RobertTLange/gymnax) as a task family, to be trained on.

gymnax is not a dependency of metarl: `pip install gymnax`. Its environments are pure functions in
JAX, as ours are. What a reset of gymnax draws is the task; an episode here has a fixed length.
"""

import dataclasses
import functools
import importlib
import operator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from metarl.checks import check_bool, check_number, check_shape, check_trials, short_repr
from metarl.envs.core import TaskFamily, TimeStep
from metarl.jax_settings import make_key
from metarl.registry import Origin, import_file, origin

_KEYS = "threefry2x32"
_known: dict[str, Any] = {}  # the environments of gymnax that this process knows, by name


class GymnaxTask(NamedTuple):
    """What a reset of gymnax returns: the first observation, flat, and the first state."""

    observation: Float[Array, " O"]
    state: Any


class GymnaxState(NamedTuple):
    """The state of an episode.

    Attributes:
      inner: gymnax's state.
      over: whether gymnax's episode is over; always false with `restart`.
      step: the number of steps so far.
    """

    inner: Any
    over: Bool[Array, ""]
    step: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gymnax(TaskFamily, family="gymnax"):
    """An environment of gymnax; `from_gymnax` makes one.

    An observation is gymnax's, as a flat vector; a whole number is one-hot. gymnax does not know
    the values of actions, so there is no regret.

    Attributes:
      name: the environment's name, one of gymnax's own or one that `from_gymnax` was told.
      num_trials: number of steps in an episode, `T`.
      params: gymnax's parameters that differ from the environment's default ones, as pairs of a
        name and a value.
      reward_range: the lowest and the highest reward of a step, which gymnax does not know.
      restart: what happens if gymnax's episode is over before `num_trials` steps. True: another
        begins, and the agent keeps its memory. False: later observations and rewards are zero.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    name: str
    num_trials: int
    params: tuple[tuple[str, Any], ...] = ()
    reward_range: tuple[float, float] = (0.0, 1.0)  # type: ignore[misc]
    restart: bool = False

    has_regret = False

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts; reads the environment's sizes."""
        check_trials(self.num_trials)
        check_bool("restart", self.restart)
        low, high = check_shape("reward_range", self.reward_range, [2]).tolist()
        check_number("reward_range", low, -1e6, 1e6)
        check_number("reward_range", high, low, 1e6)
        object.__setattr__(self, "reward_range", (low, high))
        plain = tuple((name, _plain(name, value)) for name, value in self.params)
        object.__setattr__(self, "params", plain)  # files hold lists
        _ = self._inner  # its sizes are read now, and not while a program is compiled

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the settings and the environment's attributes; its class is imported again."""
        kind, attributes = type(self._inner.env), vars(self._inner.env)
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return _again, (origin(kind, "environment"), kind.__qualname__, attributes, fields)

    @property
    def num_actions(self) -> int:  # type: ignore[override]
        """Number of actions, `A`."""
        return self._inner.num_actions

    @property
    def observation_size(self) -> int:
        """Number of entries in an observation, `O`."""
        return self._inner.observation_size

    @property
    def observation_range(self) -> tuple[float, float]:  # type: ignore[override]
        """The bounds that gymnax gives; zero lies between them, as all may be zero at the end."""
        return self._inner.observation_range

    def sample_task(self, key: Key[Array, ""]) -> GymnaxTask:
        """Resets gymnax's environment. The key is consumed."""
        # gymnax mixes types and ranks.
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            observation, state = self._inner.env.reset(key, self._inner.params)
        return GymnaxTask(self._flat(observation), jax.tree.map(jnp.asarray, state))

    def sample_tape(self, key: Key[Array, ""]) -> UInt32[Array, "T 2"]:
        """Draws a random key for each step. The key is consumed."""
        return jax.random.key_data(jax.random.split(key, self.num_steps))

    def reset(self, task: GymnaxTask) -> tuple[GymnaxState, TimeStep]:
        """Begins an episode in `task`."""
        state = GymnaxState(task.state, jnp.bool_(False), jnp.int32(0))
        return state, TimeStep(task.observation, jnp.float32(0.0), state.step)

    def step(
        self, state: GymnaxState, action: Int[Array, ""], tape_t: UInt32[Array, " 2"]
    ) -> tuple[GymnaxState, TimeStep]:
        """Takes an action; at the end of gymnax's episode, `restart` says what happens."""
        key = jax.random.wrap_key_data(tape_t, impl=_KEYS)
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            # gymnax begins again by itself. Between reward and info, it says why: once or twice.
            observation, inner, reward, *ends, _ = self._inner.env.step(
                key, state.inner, action, self._inner.params
            )
            ended = functools.reduce(jnp.logical_or, ends)
            inner = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), inner, state.inner)
        reward = jnp.where(state.over, 0.0, jnp.asarray(reward, jnp.float32))
        over = state.over if self.restart else state.over | ended
        shown = jnp.where(over, 0.0, self._flat(observation))
        state = GymnaxState(inner, over, state.step + 1)
        return state, TimeStep(shown, reward, state.step)

    def describe(self) -> str:
        """The environment's name."""
        return f"gymnax {self.name}"

    @property
    def _inner(self) -> "_Inner":
        return _find(self.name, self.params)

    def _flat(self, observation: Any) -> Float[Array, " O"]:
        if self._inner.one_hot:
            return jax.nn.one_hot(observation, self.observation_size, dtype=jnp.float32)
        leaves = [jnp.ravel(jnp.asarray(x, jnp.float32)) for x in jax.tree.leaves(observation)]
        return jnp.concatenate(leaves)


def from_gymnax(
    env: Any,
    params: Any = None,
    *,
    num_steps: int | None = None,
    reward_range: tuple[float, float] = (0.0, 1.0),
    restart: bool = False,
    name: str | None = None,
) -> Gymnax:
    """Makes a task family of an environment of gymnax.

    A checkpoint holds the name and the parameters of the environment. If `gymnax.make` does not
    make it, call `from_gymnax` before you load an agent that was trained on it.

    Args:
      env: the environment; its actions are discrete.
      params: its parameters; None for its default ones.
      num_steps: number of steps in an episode; None for the parameter `max_steps_in_episode`.
      reward_range: the lowest and the highest reward of a step; agents see rewards divided by the
        largest of them.
      restart: what happens after the end of gymnax's episode, see `Gymnax`.
      name: a name for an environment that `gymnax.make` does not make; None for its own.

    Raises:
      ValueError: if a value is impossible, or the name belongs to another environment.
    """
    wanted = ("step", "action_space", "observation_space", "default_params")
    if isinstance(env, type) or not all(hasattr(env, attribute) for attribute in wanted):
        raise ValueError(
            f"`env` must be an environment of gymnax, got {short_repr(env)}. "
            "`env, params = gymnax.make(...)` makes one."
        )
    name = str(env.name) if name is None else name
    if not _same(find_environment(name, env), env):
        raise ValueError(
            f"`name` must be a new name, got {name!r}, which belongs to another environment. Give "
            "this one a name of its own: `from_gymnax(..., name='my_environment')`."
        )
    defaults = env.default_params
    params = defaults if params is None else params
    names = [field.name for field in dataclasses.fields(params)]
    given, usual = (
        {key: _plain(key, getattr(x, key)) for key in names} for x in (params, defaults)
    )
    return Gymnax(
        name=name,
        num_trials=int(params.max_steps_in_episode) if num_steps is None else num_steps,
        params=tuple((key, given[key]) for key in given if given[key] != usual[key]),
        reward_range=reward_range,
        restart=restart,
    )


def find_environment(name: str, new: Any = None) -> Any:
    """Finds an environment by its name, or remembers a new one by it.

    Raises:
      ValueError: if it is neither one of gymnax's nor known, and none is given.
    """
    if name not in _known:
        gymnax = importlib.import_module("gymnax")
        if name in gymnax.registered_envs:
            _known[name] = gymnax.make(name)[0]
        elif new is not None:
            _known[name] = new
        else:
            raise ValueError(
                f"`name` must be an environment of gymnax, got {short_repr(name)}. Call "
                "`from_gymnax` first if it is one of your own."
            )
    return _known[name]


class _Inner(NamedTuple):
    """An environment, its parameters and its sizes."""

    env: Any
    params: Any
    num_actions: int
    observation_size: int
    observation_range: tuple[float, float]
    one_hot: bool


@functools.cache
def _find(name: str, params: tuple[tuple[str, Any], ...]) -> _Inner:
    env = find_environment(name)
    made = _replace(env.default_params, dict(params))
    actions, seen = env.action_space(made), env.observation_space(made)
    if getattr(actions, "n", 0) < 2:
        raise ValueError(
            f"`env` must be an environment with two or more discrete actions, got {name} with "
            f"{short_repr(actions)}."
        )
    one_hot = hasattr(seen, "n")
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        shown = jax.tree.leaves(jax.eval_shape(env.reset, make_key(0), made)[0])
    low, high = np.min(getattr(seen, "low", 0.0)), np.max(getattr(seen, "high", 1.0))
    return _Inner(
        env=env,
        params=made,
        num_actions=int(actions.n),
        observation_size=int(seen.n) if one_hot else sum(x.size for x in shown),
        observation_range=(min(float(low), 0.0), max(float(high), 0.0)),
        one_hot=one_hot,
    )


def _again(where: Origin, kind: str, attributes: dict[str, Any], fields: dict[str, Any]) -> Gymnax:
    """Builds the family in another process, which imports the environment's class."""
    module, file = where
    found = importlib.import_module(module) if file is None else import_file(file)
    kind_of = operator.attrgetter(kind)(found)
    env = kind_of.__new__(kind_of)
    vars(env).update(attributes)
    _known.setdefault(fields["name"], env)
    return Gymnax(**fields)


def _same(one: Any, other: Any) -> bool:
    """Whether two environments are of the same class, and have equal attributes."""
    ours, theirs = vars(one), vars(other)
    same = type(one) is type(other) and ours.keys() == theirs.keys()
    return same and all(np.array_equal(ours[name], theirs[name]) for name in ours)


def _replace(params: Any, changes: dict[str, Any]) -> Any:
    known = [field.name for field in dataclasses.fields(params)]
    for name in changes:
        if name not in known:
            raise ValueError(f"`params.{name}` is not a parameter. Parameters: {', '.join(known)}.")
        like, array = np.asarray(getattr(params, name)), np.asarray(changes[name])
        array = array.astype(like.dtype, casting="same_kind").reshape(like.shape)
        changes[name] = array if like.ndim else array.item()
    return dataclasses.replace(params, **changes)


def _plain(name: str, value: Any) -> Any:
    """A number, or a tuple of all numbers in an array: what files hold."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"`params.{name}` must be numbers, got {short_repr(value)}.")
    return tuple(array.ravel().tolist()) if array.ndim else array.item()
