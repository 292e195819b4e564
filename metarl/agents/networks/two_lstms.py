"""Separate networks for policy and value, which share nothing but their inputs."""

from typing import NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from metarl.agents.lstm import Memory
from metarl.agents.networks.core import Network
from metarl.agents.networks.lstm import open_forget_gate


class TwoMemories(NamedTuple):
    """The memories of the two LSTMs."""

    policy: Memory
    value: Memory


class TwoLSTMs(Network, network="two_lstms"):
    """An LSTM with a linear policy beside an LSTM with a linear value: actor and critic apart."""

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

    def initial_memory(self) -> TwoMemories:
        """Zeros."""
        zeros = jnp.zeros(self.policy.in_features, jnp.float32)
        return TwoMemories(Memory(zeros, zeros), Memory(zeros, zeros))

    def __call__(
        self, memory: TwoMemories, inputs: Float[Array, " I"]
    ) -> tuple[TwoMemories, Float[Array, " A"], Float[Array, ""]]:
        """Takes one step."""
        actor, acts_on = self.policy_lstm((memory.policy.cell, memory.policy.hidden), inputs)
        critic, judges_by = self.value_lstm((memory.value.cell, memory.value.hidden), inputs)
        memory = TwoMemories(Memory(*actor), Memory(*critic))
        return memory, self.policy(acts_on), self.value(judges_by)[0]
