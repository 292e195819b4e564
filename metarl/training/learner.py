"""The update every trainer shares: play some episodes, and compute one gradient from them.

Shapes: `B` episodes, `T` steps, `K = A + 1` outputs, `P` parameters, as one flat vector (so that a
gradient is one array to send, whatever the network).
"""

import dataclasses
import functools
import itertools
import math
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, ArrayLike, Float, Int, Key

from metarl.agents.actor_critic import Params
from metarl.config import AgentConfig
from metarl.config.recipe import derive
from metarl.envs import HasBelief, TaskFamily
from metarl.rollout import Carry, Trajectory, begin, belief_regret, expected_regret, unroll
from metarl.training.losses import (
    ActorCriticLoss,
    actor_critic_loss,
    generalized_advantages,
    n_step_returns,
)
from metarl.training.optimizer import Settings, scheduled


class Episodes(NamedTuple):
    """A batch of unfinished episodes; the belief is `()` unless rewards are made of it."""

    carry: Carry
    tape: Any
    noise: Any
    belief: Any = ()


class Metrics(NamedTuple):
    """Measurements of one update, as means over its steps and episodes.

    Attributes:
      reward: sampled reward per step.
      regret: expected regret per step.
      policy_loss, value_loss, entropy: see `ActorCriticLoss`.
    """

    reward: Float[ArrayLike, "*batch"]
    regret: Float[ArrayLike, "*batch"]
    policy_loss: Float[ArrayLike, "*batch"]
    value_loss: Float[ArrayLike, "*batch"]
    entropy: Float[ArrayLike, "*batch"]


# At XLA's lower level of optimisation, these compile a sixth faster and run as fast.
_quick_jit = functools.partial(
    jax.jit, static_argnums=0, compiler_options={"xla_backend_optimization_level": 1}
)


class Learner:
    """One experiment's update rule, compiled once per process.

    Attributes:
      agent: the network.
      episodes_per_update: number of episodes in a batch, `B`.
      unrolls_per_episode: updates that one batch of episodes gives.
      total_updates: updates in the whole of training.
      total_steps: environment steps in the whole of training, in whole batches of episodes.
      num_params: number of parameters, `P`.
    """

    def __init__(self, env: TaskFamily, config: AgentConfig) -> None:
        self.env = env
        self.config = config = derive(config, env)
        self.agent = config.build(env)
        self._player = self.agent.learning()
        believes = config.advantage_rewards == "belief"
        self._filter = cast(HasBelief, env) if believes else None  # checked by `TrainConfig`
        self.unrolls_per_episode = math.ceil(env.num_steps / config.max_unroll_steps)
        self.episodes_per_update = cast(int, config.episodes_per_update)
        steps_per_batch = self.episodes_per_update * env.num_steps
        batches = math.ceil(cast(int, config.training_steps) / steps_per_batch)
        self.total_updates = batches * self.unrolls_per_episode
        self.total_steps = batches * steps_per_batch

        leaves, self._structure = jax.tree.flatten(self.agent.param_shapes())
        ends = list(itertools.accumulate(leaf.size for leaf in leaves))
        self._places = [(slice(e - x.size, e), x.shape) for e, x in zip(ends, leaves, strict=True)]
        self.num_params = ends[-1]
        self._program = (env, self.agent, dataclasses.replace(config, training_steps=1))

    def __eq__(self, other: object) -> bool:
        """Learners are equal if they share their compiled programs, however long they train."""
        if not isinstance(other, Learner):
            return NotImplemented
        return self._program == other._program

    def __hash__(self) -> int:
        """A hash of what the compiled programs depend on."""
        return hash(self._program)

    @_quick_jit
    def init(self, key: Key[Array, ""]) -> Float[Array, " P"]:
        """Draws fresh parameters. The key is consumed."""
        return self.ravel(self.agent.init(key))

    def ravel(self, params: Params) -> Float[Array, " P"]:
        """The parameters as one flat vector."""
        return ravel_pytree(params)[0]

    def unravel(self, flat_params: Any) -> Params:
        """The parameters as the network's nested dict: for a numpy vector, views, uncompiled."""
        leaves = [flat_params[place].reshape(shape) for place, shape in self._places]
        return jax.tree.unflatten(self._structure, leaves)

    def done(self, updates: Any) -> Any:
        """The fraction of training that `updates` are: 0 at the first update, 1 at the last."""
        return updates / max(1, self.total_updates - 1)

    def unroll_lengths(self) -> list[int]:
        """The number of steps of each unroll of an episode: the last may be shorter."""
        longest = math.ceil(self.env.num_steps / self.unrolls_per_episode)
        return [min(longest, self.env.num_steps - i) for i in range(0, self.env.num_steps, longest)]

    def begin_episodes(self, key: Key[Array, ""]) -> Episodes:
        """Draws a batch of tasks, and the random draws of their episodes. The key is consumed."""

        def one(key: Array) -> Episodes:
            task_key, tape_key, noise_key = jax.random.split(key, 3)
            return Episodes(
                carry=begin(self.agent, self.env, self.env.sample_task(task_key)),
                tape=self.env.sample_tape(tape_key),
                noise=self.agent.draw_noise(noise_key, self.env.num_steps),
                belief=self._filter.initial_belief() if self._filter else (),
            )

        return jax.vmap(one)(jax.random.split(key, self.episodes_per_update))

    @_quick_jit
    def first_gradient(
        self, flat_params: Float[ArrayLike, " P"], key: Array, batch: ArrayLike, done: ArrayLike
    ) -> tuple[Float[Array, " P"], Metrics, Episodes | None]:
        """Begins episodes, and computes the gradient of their first unroll, all in one call.

        Args:
          flat_params: the parameters.
          key: the key of all batches; not consumed.
          batch: the index of this one.
          done: the fraction of all updates that came before, on which the schedules depend.

        Returns:
          What `gradient` returns; no episodes if they have ended.
        """
        begun = self.begin_episodes(jax.random.fold_in(key, batch))
        length, *later = self.unroll_lengths()
        gradient, metrics, episodes = self.gradient(flat_params, begun, done, length, 0)
        return gradient, metrics, episodes if later else None

    @functools.partial(jax.jit, static_argnums=(0, 4))
    def gradient(
        self,
        flat_params: Float[Array, " P"],
        episodes: Episodes,
        done: Float[ArrayLike, ""],
        length: int,
        start: int | Int[Array, ""],
        settings: Settings | None = None,
    ) -> tuple[Float[Array, " P"], Metrics, Episodes]:
        """Plays a batch of episodes on for `length` steps and differentiates their loss.

        Activations are kept, not recomputed; actions and rewards are constants, as in a replay.

        Args:
          flat_params: the parameters.
          episodes: the episodes, `start` steps after their beginning.
          done: the fraction of all updates that came before, on which the schedules depend.
          length: the number of steps to play.
          start: the index of the first of them.
          settings: discounts and costs, if they are not those of the config.

        Returns:
          The gradient of the loss, the metrics, and the episodes `length` steps on.
        """
        params = self.unravel(flat_params)
        tape, noise = jax.tree.map(
            lambda x: jax.lax.dynamic_slice_in_dim(x, start, length, axis=1),
            (episodes.tape, episodes.noise),
        )
        arranged = self._player.arrange(params)
        play = jax.vmap(
            functools.partial(unroll, self._player, arranged, self.env), out_axes=(0, 1)
        )
        carry, trajectory = play(episodes.carry, tape, noise)
        ended = start + length >= self.env.num_steps
        bootstrap = jnp.where(ended, 0.0, jax.vmap(self._value_ahead, (None, 0))(params, carry))
        trace, before = trajectory.trace, episodes.carry.memory
        r_t, belief = self._advantage_rewards(episodes, trajectory, carry, start)

        def loss(outputs: Array) -> tuple[Array, ActorCriticLoss]:
            forced = trajectory.forced
            parts = self.loss(outputs, trajectory.actions, r_t, bootstrap, done, settings, forced)
            return parts.total, parts

        d_outputs, parts = jax.grad(loss, has_aux=True)(trace.outputs)
        # The memory carries over to the next unroll, but gradients do not flow back through it.
        gradient = self._player.backward(arranged, before, trace, d_outputs)
        metrics = Metrics(
            reward=trajectory.rewards.mean(),
            regret=expected_regret(trajectory.action_values, trajectory.actions).mean(),
            policy_loss=parts.policy,
            value_loss=parts.value,
            entropy=parts.entropy,
        )
        return self.ravel(gradient), metrics, episodes._replace(carry=carry, belief=belief)

    def loss(
        self,
        outputs: Float[Array, "T B K"],
        actions: Int[Array, "T B"],
        r_t: Float[Array, "T B"],
        bootstrap_value: Float[Array, " B"],
        done: Float[ArrayLike, ""],
        settings: Settings | None = None,
        forced: Any = (),
    ) -> ActorCriticLoss:
        """Computes the loss of a batch of unrolls.

        Args:
          outputs: the network's: the logits of the policy and, last, the value.
          actions: the actions taken.
          r_t: the rewards that returns and advantages are computed from, see `AgentConfig`.
          bootstrap_value: the critic's value of what follows each unroll; zero where it ended.
          done: the fraction of all updates that came before.
          settings: discounts and costs, if they are not those of the config.
          forced: see `Trajectory`.

        Returns:
          The loss and its parts, as means over the batch.
        """
        config = self.config
        using = settings or Settings.of(config)
        discount, gae_lambda, entropy_cost = (
            scheduled(using, name, done) for name in ("discount", "gae_lambda", "entropy_cost")
        )
        logits, value = outputs[..., :-1], outputs[..., -1]

        def estimate(r_t: Array, v_t: Array, bootstrap_value: Array) -> tuple[Array, Array]:
            if config.advantage_estimator == "n_step":
                return_t = n_step_returns(r_t, discount, bootstrap_value)
                return return_t - v_t, return_t
            advantage_t = generalized_advantages(r_t, v_t, discount, gae_lambda, bootstrap_value)
            return advantage_t, advantage_t + v_t

        advantage_t, return_t = jax.lax.stop_gradient(
            jax.vmap(estimate, (1, 1, 0), 1)(r_t, value, bootstrap_value)
        )
        size = jnp.sqrt(jnp.mean(jnp.square(advantage_t))) + 1e-6
        if config.normalize_advantage:
            advantage_t /= size
        value_cost = using.value_cost / (jnp.square(size) if config.normalize_value_loss else 1)
        costs = functools.partial(
            actor_critic_loss, value_cost=value_cost, entropy_cost=entropy_cost
        )
        free_t = jnp.ones_like(r_t) if isinstance(forced, tuple) else 1 - forced.astype(r_t.dtype)
        parts = jax.vmap(costs, 1)(logits, value, actions, advantage_t, return_t, free_t)
        return jax.tree.map(jnp.mean, parts)

    def _value_ahead(self, params: Params, carry: Carry) -> Float[Array, ""]:
        inputs = self.agent.encode(carry.previous_action, carry.timestep)
        return self.agent.step(params, carry.memory, inputs)[2]

    def _advantage_rewards(
        self, episodes: Episodes, trajectory: Trajectory, after: Carry, start: int | Array
    ) -> tuple[Float[Array, "T B"], Any]:
        """The scaled rewards that returns are computed from, and the belief after the unroll."""
        rewards, belief = self._unscaled(episodes, trajectory, after, start)
        return rewards / jnp.float32(self.agent.reward_scale), belief

    def _unscaled(
        self, episodes: Episodes, trajectory: Trajectory, after: Carry, start: int | Array
    ) -> tuple[Float[Array, "T B"], Any]:
        if self.config.advantage_rewards == "sampled":
            return trajectory.rewards, ()
        if self._filter is None:
            return -expected_regret(trajectory.action_values, trajectory.actions), ()
        observe = functools.partial(belief_regret, self._filter)
        regret, belief = jax.vmap(observe, (0, 0, 1, 1, 1, 0, None), (1, 0))(
            episodes.belief,
            episodes.carry.timestep,
            trajectory.observations,
            trajectory.actions,
            trajectory.rewards,
            after.timestep,
            start,
        )
        forced = trajectory.forced
        return -(regret if isinstance(forced, tuple) else jnp.where(forced, 0, regret)), belief
