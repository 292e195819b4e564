"""Agents with any network, from its Flax module; their gradients come from autodiff.

Shapes: `T` steps, `B` episodes, `A` actions, `I` inputs, `K = A + 1` outputs.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int, Key

from metarl.agents.actor_critic import Agent, Params
from metarl.agents.learning_agent import LearningPlayer
from metarl.agents.networks.core import Network
from metarl.checks import short_repr
from metarl.envs import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class FlaxAgent(Agent):
    """An agent with any network.

    Attributes:
      network: the network's class. Agents are equal only if it is the same one: a class that was
        edited and defined again is another.

    Raises:
      ValueError: at construction, if the network cannot be trained.
    """

    network: type[Network]

    def __post_init__(self) -> None:
        """Refuses impossible values, and networks that cannot be trained."""
        super().__post_init__()
        _check(self._module, self.num_inputs, self.num_actions)

    @property
    def _module(self) -> Any:
        """The network with shapes in place of parameters."""
        return _shapes(self.network, self.num_inputs, self.num_units, self.num_actions)

    def init(self, key: Key[Array, ""]) -> Params:
        """Draws fresh parameters: a nested dict of arrays. The key is consumed."""
        return draw_params(self.network, self.num_inputs, self.num_units, self.num_actions, key)

    def param_shapes(self) -> Params:
        """The shapes of the parameters that `init` draws."""
        shapes: Params = nnx.to_pure_dict(nnx.state(self._module))
        return shapes

    def initial_memory(self, task: Any = None) -> Any:
        """The memory at the start of every episode, as the network says."""
        del task
        return jax.tree.map(jnp.asarray, self._module.initial_memory())

    def step(
        self, params: Params, memory: Any, inputs: Float[Array, " I"]
    ) -> tuple[Any, Float[Array, " A"], Float[Array, ""]]:
        """Takes one step of the network: its memory, its logits and its value, before scaling."""
        definition, state = nnx.split(self._module)
        state = jax.tree.unflatten(jax.tree.structure(state), jax.tree.leaves(params))
        after, logits, value = nnx.merge(definition, state)(memory, inputs)
        return after, logits, value

    def learning(self) -> LearningPlayer:
        """The same agent, as a learner plays it."""
        return LearningFlaxAgent(self)


class FlaxTrace(NamedTuple):
    """What a learner stores on a step.

    Attributes:
      outputs: the logits of the policy and, last, the value before scaling.
      inputs: the network's input.
    """

    outputs: Float[Array, "*batch K"]
    inputs: Float[Array, "*batch I"]


@dataclasses.dataclass(frozen=True)
class LearningFlaxAgent(LearningPlayer):
    """The agent as a learner plays it: the backward pass replays the inputs, and differentiates."""

    def arrange(self, params: Params) -> Params:
        """Returns the parameters as they are."""
        return params

    def act(
        self,
        params: Params,
        memory: Any,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Any, Int[Array, ""], FlaxTrace]:
        """Chooses an action as the agent does; the trace is the learner's."""
        inputs = self.agent.encode(previous_action, timestep)
        memory, outputs = self._outputs(params, memory, inputs)
        action = jnp.argmax(outputs[:-1] + noise_t).astype(jnp.int32)
        return memory, action, FlaxTrace(outputs, inputs)

    def backward(
        self, params: Params, before: Any, trace: FlaxTrace, d_outputs: Float[Array, "T B K"]
    ) -> Params:
        """Computes the gradient of a loss with respect to the parameters.

        Args:
          params: the parameters.
          before: the memory before the first step, with a leading axis `B`; treated as a constant.
          trace: the activity on each step, with leading axes `T` and `B`.
          d_outputs: the gradient of the loss with respect to `trace.outputs`.

        Returns:
          The gradient, summed over steps and episodes.
        """

        def replay(params: Params) -> Array:
            def one(memory: Any, inputs: Array) -> Array:
                step = functools.partial(self._outputs, params)
                return jax.lax.scan(step, memory, inputs)[1]

            return jax.vmap(one, (0, 1), 1)(before, trace.inputs)

        gradient: Params = jax.vjp(replay, params)[1](d_outputs)[0]
        return gradient

    def _outputs(self, params: Params, memory: Any, inputs: Array) -> tuple[Any, Array]:
        memory, logits, value = self.agent.step(params, memory, inputs)
        return memory, jnp.append(logits, value)


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def draw_params(
    kind: type[Network], num_inputs: int, num_units: int, num_actions: int, key: Key[Array, ""]
) -> Params:
    """Draws the parameters of a network, as a nested dict of arrays. The key is consumed."""
    module = kind(num_inputs, num_units, num_actions, rngs=nnx.Rngs(key))
    params: Params = nnx.to_pure_dict(nnx.state(module))
    return params


@functools.cache
def _shapes(kind: Any, num_inputs: int, num_units: int, num_actions: int) -> Any:
    """The network with shapes in place of parameters."""
    return nnx.eval_shape(lambda: kind(num_inputs, num_units, num_actions, rngs=nnx.Rngs(0)))


def _check(module: Any, num_inputs: int, num_actions: int) -> None:
    """Raises ValueError if a network cannot be trained."""
    name = module.network
    definition, state = nnx.split(module)
    others = nnx.to_pure_dict(nnx.filter_state(state, nnx.Not(nnx.Param)))
    if others:
        raise ValueError(
            f"`network` must have variables of the kind `nnx.Param` only, got {name}, which also "
            f"has {short_repr(sorted(others))}."
        )
    kinds = sorted({str(leaf.dtype) for leaf in jax.tree.leaves(state)})
    if kinds != ["float32"]:
        raise ValueError(f"`network` must have float32 parameters, got {name}, with {kinds}.")

    def step(state: Any, memory: Any, inputs: Array) -> Any:
        return nnx.merge(definition, state)(memory, inputs)

    numbers = functools.partial(jax.ShapeDtypeStruct, dtype=jnp.float32)
    memory = jax.eval_shape(module.initial_memory)
    wanted = (memory, numbers((num_actions,)), numbers(()))
    found = jax.eval_shape(step, state, memory, numbers((num_inputs,)))
    if jax.tree.map(_kind, found) != jax.tree.map(_kind, wanted):
        raise ValueError(
            "`network` must return the memory as `initial_memory` returns it, a logit for each "
            f"action and one value: {short_repr(jax.tree.map(_kind, wanted))}, got {name}, which "
            f"returns {short_repr(jax.tree.map(_kind, found))}."
        )


def _kind(array: Any) -> str:
    return f"{array.dtype}{list(array.shape)}"
