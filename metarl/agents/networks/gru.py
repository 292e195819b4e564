"""A network of gated recurrent units (Cho et al. 2014, arXiv 1406.1078)."""

from typing import Any, ClassVar

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from metarl.agents.networks.core import Network


class GRU(Network, network="gru"):
    """One GRU layer with a linear policy and a linear value: three quarters of an LSTM's weights.

    Attributes:
      kind: the class of the layer's cell, whose memory is its hidden activity.
    """

    kind: ClassVar[Any] = nnx.GRUCell

    def __init__(
        self, num_inputs: int, num_units: int, num_actions: int, *, rngs: nnx.Rngs
    ) -> None:
        self.cell = self.kind(num_inputs, num_units, rngs=rngs)
        self.policy = nnx.Linear(num_units, num_actions, rngs=rngs)
        self.value = nnx.Linear(num_units, 1, rngs=rngs)

    def initial_memory(self) -> Float[Array, " H"]:
        """Zeros."""
        return jnp.zeros(self.policy.in_features, jnp.float32)

    def __call__(
        self, memory: Float[Array, " H"], inputs: Float[Array, " I"]
    ) -> tuple[Float[Array, " H"], Float[Array, " A"], Float[Array, ""]]:
        """Takes one step."""
        hidden, _ = self.cell(memory, inputs)
        return hidden, self.policy(hidden), self.value(hidden)[0]
