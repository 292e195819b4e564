"""An LSTM that learns what it remembers at the start of an episode (Wang et al. 2018, methods)."""

from typing import NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from metarl.agents.lstm import Memory
from metarl.agents.networks.core import Network
from metarl.agents.networks.lstm import LSTM


class Started(NamedTuple):
    """The LSTM's memory, and whether the episode has begun: 0 before its first step, then 1."""

    memory: Memory
    begun: Float[Array, ""]


class LearntStart(Network, network="learnt_start"):
    """The LSTM; on the first step of an episode, its memory is a parameter."""

    def __init__(
        self, num_inputs: int, num_units: int, num_actions: int, *, rngs: nnx.Rngs
    ) -> None:
        self.lstm = LSTM(num_inputs, num_units, num_actions, rngs=rngs)
        self.cell = nnx.Param(jnp.zeros(num_units, jnp.float32))
        self.hidden = nnx.Param(jnp.zeros(num_units, jnp.float32))

    def initial_memory(self) -> Started:
        """Nothing yet."""
        return Started(self.lstm.initial_memory(), jnp.float32(0.0))

    def __call__(
        self, memory: Started, inputs: Float[Array, " I"]
    ) -> tuple[Started, Float[Array, " A"], Float[Array, ""]]:
        """Takes one step."""
        first = 1 - memory.begun
        start = Memory(
            cell=memory.memory.cell + first * self.cell[...],
            hidden=memory.memory.hidden + first * self.hidden[...],
        )
        after, logits, value = self.lstm(start, inputs)
        return Started(after, jnp.float32(1.0)), logits, value
