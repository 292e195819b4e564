"""A frozen agent in any environment of Gymnasium that fits its actions and its observations.

It needs Gymnasium (`pip install -e '.[gym]'`); nothing else in `metarl.play` does.
"""

import functools
import math
from typing import TYPE_CHECKING, Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from metarl.agents.actor_critic import Agent
from metarl.checks import check_instance, check_integer, check_seed, short_repr
from metarl.envs import TimeStep
from metarl.jax_settings import make_key
from metarl.play.record import COLUMNS

if TYPE_CHECKING:  # slow to import
    from pandas import DataFrame


def play_gymnasium(
    agent: Agent, params: Any, env: gymnasium.Env[Any, Any], num_episodes: int, seed: int
) -> "DataFrame":
    """Plays whole episodes with an agent whose parameters are frozen.

    Each episode begins with a fresh memory, and must end by itself or by a limit of steps. The
    agent adds its previous action and reward to what it sees, and the elapsed fraction if it was
    trained with it. So of our own environments, those with `show_previous=False` and
    `show_elapsed=False` fit.

    Args:
      agent: the agent.
      params: its parameters; never changed.
      env: the environment. It has a `Discrete` action space with as many actions as the agent.
        Its observations, flat as `gymnasium.spaces.flatten` makes them, have as many entries as the
        agent expects.
      num_episodes: number of episodes; at least 1.
      seed: the random seed of the environment and of the agent's choices.

    Returns:
      One row per step, with the columns of a game's record (`metarl.play.record.COLUMNS`). Each
      step is a trial. `regret` is the environment's, if its `info` has one, else NaN; `value` is
      the output of the agent's critic before the action.

    Raises:
      ValueError: if the agent does not fit the environment, or a value is impossible.
    """
    import pandas as pd

    check_instance("agent", agent, Agent)
    check_instance("env", env, gymnasium.Env)
    check_integer("num_episodes", num_episodes, 1)
    check_seed("seed", seed)
    first = _check_actions(agent, env)
    _check_observations(agent, env)
    _check_params(agent, params)
    params = jax.tree.map(jnp.asarray, params)
    rows: list[dict[str, Any]] = []
    for episode, key in enumerate(jax.random.split(make_key(seed), num_episodes)):
        seen, _ = env.reset(seed=seed if episode == 0 else None)
        memory, action, reward, step, ended = agent.initial_memory(), -1, 0.0, 0, False
        while not ended:
            shown = gymnasium.spaces.flatten(env.observation_space, seen)
            memory, chosen, value = _choose(
                agent, params, memory, action, np.asarray(shown, np.float32), reward, step, key
            )
            action, step = int(chosen), step + 1
            seen, gained, terminated, truncated, info = env.step(first + action)
            reward, ended = float(gained), bool(terminated or truncated)
            regret = float(info.get("regret", math.nan))
            happened = {"action": action, "reward": reward, "regret": regret, "value": float(value)}
            rows.append({"episode": episode + 1, "trial": step, "step": 1, **happened})
    table = pd.DataFrame(rows).assign(subject="agent", seed=seed)
    table["num_trials"] = table.groupby("episode")["trial"].transform("max")
    return table.reindex(columns=list(COLUMNS))


@functools.partial(jax.jit, static_argnums=0)
def _choose(
    agent: Agent,
    params: Any,
    memory: Any,
    action: int | Array,
    observation: Float[Array, " O"],
    reward: float | Array,
    step: int | Array,
    key: Key[Array, ""],
) -> tuple[Any, Array, Array]:
    """The memory after a step, the next action, and the critic's value."""
    timestep = TimeStep(
        observation=jnp.asarray(observation, jnp.float32),
        reward=jnp.asarray(reward, jnp.float32),
        step=jnp.asarray(step, jnp.int32),
    )
    noise = agent.draw_noise(jax.random.fold_in(key, step), 1)[0]
    memory, chosen, trace = agent.act(
        params, memory, jnp.asarray(action, jnp.int32), timestep, noise
    )
    return memory, chosen, trace.value


def _check_actions(agent: Agent, env: gymnasium.Env[Any, Any]) -> int:
    """Raises ValueError if the actions do not fit; returns the environment's first action."""
    space = env.action_space
    if not isinstance(space, gymnasium.spaces.Discrete):
        raise ValueError(
            f"`env` must have a Discrete action space, got {space}. An agent of metarl chooses "
            "among a number of actions."
        )
    if space.n != agent.num_actions:
        raise ValueError(
            f"`agent` must have as many actions as the environment, {space.n}, got one with "
            f"{agent.num_actions}."
        )
    return int(space.start)


def _check_observations(agent: Agent, env: gymnasium.Env[Any, Any]) -> None:
    space = env.observation_space
    if not space.is_np_flattenable:
        raise ValueError(
            f"`env` must have observations of a fixed size, got {short_repr(space)}. A wrapper can "
            "make them so."
        )
    size = gymnasium.spaces.flatdim(space)
    if size != agent.observation_size:
        raise ValueError(
            f"`agent` must have as many observation entries as the environment, {size}, got one "
            f"with {agent.observation_size}. Previous action and reward do not count: the agent "
            "adds them."
        )


def _check_params(agent: Agent, params: Any) -> None:
    wanted = jax.tree.map(lambda x: x.shape, agent.param_shapes())
    found = jax.tree.map(np.shape, params)
    if found != wanted:
        raise ValueError(
            f"`params` must have the agent's shapes, {short_repr(wanted)}, got {short_repr(found)}."
        )
