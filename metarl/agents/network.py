"""The network on one page, in Flax: draws the parameters and shows what they mean.

Playing and training use a faster implementation with the same parameters (`metarl.agents.lstm`);
tests check that outputs and gradients agree. Shapes: `A` actions, `H` LSTM units, `I` inputs.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from metarl.agents.lstm import Memory


class Network(nnx.Module):
    """One LSTM layer, with a linear policy and a linear value (Wang et al. 2016, 1611.05763).

    Args:
      num_inputs: number of inputs, `I`: previous action (one-hot), previous reward and the rest.
      num_units: number of LSTM units, `H`.
      num_actions: number of actions, `A`.
      rngs: the keys that the weights are drawn from.
    """

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

    def __call__(
        self, memory: Memory, inputs: Float[Array, "*batch I"]
    ) -> tuple[Memory, Float[Array, "*batch A"], Float[Array, "*batch"]]:
        """Takes one step.

        Args:
          memory: the memory after the step before; zero at the start of an episode.
          inputs: the network's input on this step.

        Returns:
          The memory after this step, the logits of the policy, and the value: the critic's estimate
          of the discounted return from this step on.
        """
        (cell, hidden), _ = self.lstm((memory.cell, memory.hidden), inputs)
        return Memory(cell, hidden), self.policy(hidden), self.value(hidden)[..., 0]


def open_forget_gate(key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    """Biases of i, f, g and o: 1 for the forget gate, 0 for the others.

    With an open forget gate, the untrained network already remembers (Gers et al. 2000,
    doi:10.1162/089976600300015015).
    """
    del key
    return jnp.repeat(jnp.array([0, 1, 0, 0], dtype), shape[0] // 4)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def draw_params(num_inputs: int, num_units: int, num_actions: int, key: Array) -> dict:
    """Draws the parameters of a `Network`, as a nested dict of arrays. The key is consumed."""
    network = Network(num_inputs, num_units, num_actions, rngs=nnx.Rngs(key))
    return nnx.to_pure_dict(nnx.state(network, nnx.Param))
