"""An actor that is told the critic's prediction errors, not the rewards: Wang et al. 2018, sim. 6.

The critic, a network of its own, stands for the reward system, the actor for the prefrontal cortex:
dopamine is not only what teaches the actor's weights, but also an input of it.
"""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from metarl.agents.lstm import Memory
from metarl.agents.networks.core import Network
from metarl.agents.networks.lstm import open_forget_gate


class ErrorMemory(NamedTuple):
    """The memories of both networks, and what the next prediction error is made of.

    Attributes:
      policy: the actor's memory.
      value: the critic's memory.
      expected: the critic's value on the step before.
      begun: 0 before the first step of an episode, then 1; there is no error on the first step.
      gain: what the error is multiplied by: 1. Whoever stimulates the network changes it.
      added: what is added to the error: 0. Whoever stimulates the network changes it.
    """

    policy: Memory
    value: Memory
    expected: Float[Array, ""]
    begun: Float[Array, ""]
    gain: Float[Array, ""]
    added: Float[Array, ""]


class PredictionError(Network, network="prediction_error"):
    """Two LSTMs: the critic's inputs are those of any network; the actor's hold an error instead.

    In place of the reward, the actor is given r + discount * V_now - V_before, a constant to the
    gradient: no gradient of the policy reaches the critic. `discount` is that of the paper. Train
    with the same, and on sampled rewards, of which the errors are made:
    `AgentConfig(network="prediction_error", discount=0.9, discount_end=0.9)`.
    """

    discount: ClassVar[float] = 0.9

    def __init__(
        self, num_inputs: int, num_units: int, num_actions: int, *, rngs: nnx.Rngs
    ) -> None:
        def lstm() -> nnx.OptimizedLSTMCell:
            return nnx.OptimizedLSTMCell(
                num_inputs, num_units, bias_init=open_forget_gate, rngs=rngs
            )

        self.policy_lstm, self.value_lstm = lstm(), lstm()
        self.policy = nnx.Linear(num_units, num_actions, rngs=rngs)
        self.value = nnx.Linear(num_units, 1, rngs=rngs)

    def initial_memory(self) -> ErrorMemory:
        """Zeros, and no stimulation."""
        zeros, zero = jnp.zeros(self.policy.in_features, jnp.float32), jnp.float32(0.0)
        memory = Memory(zeros, zeros)
        return ErrorMemory(memory, memory, zero, zero, gain=jnp.float32(1.0), added=zero)

    def __call__(
        self, memory: ErrorMemory, inputs: Float[Array, " I"]
    ) -> tuple[ErrorMemory, Float[Array, " A"], Float[Array, ""]]:
        """Takes one step: first the critic, then the actor, who is told the error."""
        critic, judges_by = self.value_lstm((memory.value.cell, memory.value.hidden), inputs)
        value = self.value(judges_by)[0]
        error = self.error(memory, inputs, value)
        place = self.policy.out_features  # the reward follows the one-hot action
        told = inputs.at[place].set(error)
        actor, acts_on = self.policy_lstm((memory.policy.cell, memory.policy.hidden), told)
        after = memory._replace(
            policy=Memory(*actor),
            value=Memory(*critic),
            expected=jax.lax.stop_gradient(value),
            begun=jnp.float32(1.0),
        )
        return after, self.policy(acts_on), value

    def error(
        self, memory: ErrorMemory, inputs: Float[Array, " I"], value: Float[Array, ""]
    ) -> Float[Array, ""]:
        """The prediction error that the actor is told, given the critic's new value."""
        reward = inputs[self.policy.out_features]
        error = memory.begun * (reward + self.discount * value - memory.expected)
        return jax.lax.stop_gradient(memory.gain * error + memory.added)
