"""Playing: any player in any environment, one episode at a time; batches by `jax.vmap`.

Shapes: `T` steps, `A` actions.
"""

import functools
import logging
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.envs import HasBelief, TaskFamily, TimeStep

logger = logging.getLogger("metarl")


@runtime_checkable
class Player(Protocol):
    """Anything that plays: memory in, choice out. Agents and baselines are both players."""

    def initial_memory(self, task: Any) -> Any:
        """The memory at the start of an episode. Only a player that cheats looks at the task."""

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Any:
        """Draws the player's own random numbers for `num_steps` steps. The key is consumed."""

    def act(
        self,
        params: Any,
        memory: Any,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Any,
    ) -> tuple[Any, Int[Array, ""], Any]:
        """Returns the memory after this step, the action, and a trace of how it was chosen."""


@runtime_checkable
class KnowsValues(Protocol):
    """A player that is told the action values, which no honest player sees; such as the oracle."""

    def act_on_values(self, action_values: Float[Array, " A"]) -> Int[Array, ""]:
        """Returns the action, given the reward each one can still bring in this trial."""


class Carry(NamedTuple):
    """The state of an episode between two steps.

    Attributes:
      state: the environment's state.
      timestep: what the environment shows on the next step.
      previous_action: the action of the step before; -1 on the first step of an episode.
      memory: the player's memory after the step before.
    """

    state: Any
    timestep: TimeStep
    previous_action: Int[Array, ""]
    memory: Any


class Trajectory(NamedTuple):
    """A record of consecutive steps.

    Attributes:
      observations: what the task showed before the action of each step.
      actions: the action of each step.
      rewards: the reward of that action, on the same step.
      action_values: the expected reward each action could still bring in this trial, given the
        task; players do not see it.
      trace: what the player reports of its choices (for an agent, an `AgentTrace`).
      forced: whether the environment chose the action, see `TaskFamily.forced_action`; `()` in a
        family in which it never does.
    """

    observations: Float[Array, "T O"]
    actions: Int[Array, " T"]
    rewards: Float[Array, " T"]
    action_values: Float[Array, "T A"]
    trace: Any
    forced: Any = ()


def expected_regret(
    action_values: Float[Array, "*batch A"], actions: Int[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """The expected reward of the best action minus that of the chosen one; never below zero.

    It is computed from expected rewards, not from sampled ones.
    """
    picked = jax.nn.one_hot(actions, action_values.shape[-1], dtype=action_values.dtype)
    chosen = jnp.sum(action_values * picked, axis=-1)
    return jnp.max(action_values, axis=-1) - chosen  # +0.0, not -0.0, where both are equal


def belief_regret(
    env: HasBelief,
    belief: Any,
    first: TimeStep,
    observations: Float[Array, "T O"],
    actions: Int[Array, " T"],
    rewards: Float[Array, " T"],
    last: TimeStep,
    start: int | Array,
) -> tuple[Float[Array, " T"], Any]:
    """The expected regret of each choice, given the belief of an ideal observer at that step.

    Args:
      env: the family, whose Bayes filter is the observer.
      belief: the observer's belief before the first step.
      first: the time step before the first action.
      observations: what was shown before each action.
      actions: the actions.
      rewards: the reward of each.
      last: the time step after the last action.
      start: the index of the first step.

    Returns:
      The regrets, never below zero, and the belief after the last step.
    """
    before = TimeStep(
        observation=observations,
        reward=jnp.concatenate([first.reward[None], rewards[:-1]]),
        step=start + jnp.arange(len(actions), dtype=jnp.int32),
    )
    after = jax.tree.map(lambda x, end: jnp.concatenate([x[1:], end[None]]), before, last)

    def observe(belief: Any, happened: tuple[TimeStep, Array, TimeStep]) -> tuple[Any, Any]:
        return env.update_belief(belief, *happened), belief

    belief, beliefs = jax.lax.scan(observe, belief, (before, actions, after))
    means, best = jax.vmap(env.belief_values)(beliefs, before)
    chosen = jnp.sum(means * jax.nn.one_hot(actions, means.shape[1], dtype=means.dtype), axis=1)
    return best - chosen, belief


def check_player(player: Player, params: Any, env: TaskFamily) -> None:
    """Raises ValueError if `player` does not fit `env`, or `params` do not fit `player`."""
    _check_fits(player, env)
    if getattr(player, "use_trial_index", False):
        trained: int = player.num_steps  # type: ignore[attr-defined]
        if env.num_steps > trained:
            _warn_of_length(trained, env.num_steps)
    if hasattr(player, "check_params"):
        player.check_params(params)


@functools.cache
def _warn_of_length(trained: int, played: int) -> None:
    """Warns once that episodes are longer than those the agent was trained on."""
    logger.warning(
        "The agent was trained on episodes of %d steps, and one of its inputs is the elapsed "
        "fraction. In episodes of %d steps, that input stays at 1 from step %d on.",
        *(trained, played, trained),
    )


def _check_fits(player: Player, env: TaskFamily) -> None:
    for name, what in (("num_actions", "actions"), ("observation_size", "observation entries")):
        ours, theirs = getattr(env, name), getattr(player, name, getattr(env, name))
        if ours != theirs:
            raise ValueError(
                f"`player` must have as many {what} as the environment, {ours}, "
                f"got one with {theirs}."
            )


def begin(player: Player, env: TaskFamily, task: Any) -> Carry:
    """Begins an episode in `task`, with a fresh memory.

    Raises:
      ValueError: if the player's numbers of actions or observation entries do not fit.
    """
    _check_fits(player, env)
    state, seen = env.reset(task)
    return Carry(
        state=state,
        timestep=TimeStep(
            observation=jnp.asarray(seen.observation, jnp.float32),
            reward=jnp.asarray(seen.reward, jnp.float32),
            step=jnp.asarray(seen.step, jnp.int32),
        ),
        previous_action=jnp.int32(-1),
        memory=player.initial_memory(task),
    )


def _as_type_of(new: Any, old: Any) -> Any:
    """`new` with the dtype of `old`: with 64-bit types on, a family may compute wider ones."""
    return new if jnp.result_type(new) == old.dtype else jnp.asarray(new, old.dtype)


def unroll(
    player: Player, params: Any, env: TaskFamily, carry: Carry, tape: Any, noise: Any
) -> tuple[Carry, Trajectory]:
    """Plays on from `carry` for as many steps as `tape` and `noise` have.

    Args:
      player: the player.
      params: the player's parameters; `()` if it has none.
      env: the environment.
      carry: the state of the episode before these steps.
      tape: the environment's random draws for these steps, with a leading axis `T`.
      noise: the player's own random draws for these steps, with a leading axis `T`.

    Returns:
      The state of the episode after these steps, and the trajectory.
    """

    def one_step(carry: Carry, chance: tuple[Any, Any]) -> tuple[Carry, Trajectory]:
        tape_t, noise_t = chance
        action_values = env.action_values(carry.state)
        if isinstance(player, KnowsValues):
            memory, action, trace = carry.memory, player.act_on_values(action_values), ()
        else:
            memory, action, trace = player.act(
                params, carry.memory, carry.previous_action, carry.timestep, noise_t
            )
        forced: Any = env.forced_action(carry.state)
        if forced is not None:
            is_forced = forced >= 0
            action = jnp.where(is_forced, forced, action).astype(jnp.int32)
            action_values = jnp.where(is_forced, action_values[action], action_values)
        state, timestep = jax.tree.map(
            _as_type_of, env.step(carry.state, action, tape_t), (carry.state, carry.timestep)
        )
        happened = Trajectory(
            observations=carry.timestep.observation,
            actions=action,
            rewards=timestep.reward,
            action_values=action_values,
            trace=trace,
            forced=() if forced is None else is_forced,
        )
        return Carry(state, timestep, action, memory), happened

    return jax.lax.scan(one_step, carry, (tape, noise))


def rollout(
    player: Player, params: Any, env: TaskFamily, task: Any, key: Key[Array, ""]
) -> Trajectory:
    """Plays one whole episode in `task`. The key is consumed.

    The tape depends only on the key and the environment, so two players given the same key get
    the same random draws.
    """
    tape_key, noise_key = jax.random.split(key)
    tape = env.sample_tape(tape_key)
    noise = player.draw_noise(noise_key, env.num_steps)
    return unroll(player, params, env, begin(player, env, task), tape, noise)[1]
