"""The network of Wang et al. on one page, in Flax: draws the parameters and shows what they mean.

Playing and training use a faster implementation with the same parameters (`metarl.agents.lstm`);
tests check that outputs and gradients agree. Shapes: `A` actions, `H` LSTM units, `I` inputs.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Key

from metarl.agents.lstm import Memory
from metarl.agents.networks.core import Network


class LSTM(Network, network="lstm"):
    """One LSTM layer, with a linear policy and a linear value (Wang et al. 2016, 1611.05763)."""

    def __init__(
        self, num_inputs: int, num_units: int, num_actions: int, *, rngs: nnx.Rngs
    ) -> None:
        # i, f, g, o = W_i inputs + W_h hidden + b; cell = sigmoid(f) cell + sigmoid(i) tanh(g);
        # hidden = sigmoid(o) tanh(cell).
        self.lstm = nnx.OptimizedLSTMCell(
            num_inputs, num_units, bias_init=open_forget_gate, rngs=rngs
        )
        self.policy = nnx.Linear(num_units, num_actions, rngs=rngs)
        self.value = nnx.Linear(num_units, 1, rngs=rngs)

    def initial_memory(self) -> Memory:
        """Zeros."""
        zeros = jnp.zeros(self.policy.in_features, jnp.float32)
        return Memory(cell=zeros, hidden=zeros)

    def __call__(
        self, memory: Memory, inputs: Float[Array, "*batch I"]
    ) -> tuple[Memory, Float[Array, "*batch A"], Float[Array, "*batch"]]:
        """Takes one step, of one episode or of many."""
        (cell, hidden), _ = self.lstm((memory.cell, memory.hidden), inputs)
        return Memory(cell, hidden), self.policy(hidden), self.value(hidden)[..., 0]


def open_forget_gate(key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    """Biases of i, f, g and o: 1 for the forget gate, 0 for the others.

    With an open forget gate, the untrained network already remembers (Gers et al. 2000,
    doi:10.1162/089976600300015015).
    """
    del key
    return jnp.repeat(jnp.array([0, 1, 0, 0], dtype), shape[0] // 4)


def open_for_long(params: Any, num_steps: int, key: Key[Array, ""]) -> Any:
    """Lets the units of an untrained network remember for different times, up to an episode.

    A forget gate with the bias log(d) forgets with a time constant of d + 1 steps. Here d is
    uniform between 1 and the steps of the episode (Tallec & Ollivier 2018, arXiv 1804.11188). With
    the bias 1, d is 2.7: short, where an early reward has to count hundreds of steps later.

    Args:
      params: an `LSTM`'s parameters.
      num_steps: number of steps in an episode.
      key: the random key; consumed.

    Returns:
      The parameters, with other biases of the forget gates.
    """
    hidden = params["lstm"]["dense_h"]
    num_units = len(hidden["bias"]) // 4
    steps = jax.random.uniform(key, (num_units,), jnp.float32, 1.0, num_steps - 1.0)
    bias = hidden["bias"].at[num_units : 2 * num_units].set(jnp.log(steps))
    return params | {"lstm": params["lstm"] | {"dense_h": hidden | {"bias": bias}}}
