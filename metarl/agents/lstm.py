"""The LSTM (Hochreiter & Schmidhuber 1997): one step, and backpropagation through time.

The backward pass is written by hand, because training spends most of its time in it. Shapes: `B`
episodes, `T` steps, `I` inputs, `H` units, `K` outputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Memory(NamedTuple):
    """The LSTM's state: all that changes while an agent with frozen weights learns."""

    cell: Float[Array, "*batch H"]
    hidden: Float[Array, "*batch H"]


class Residuals(NamedTuple):
    """What a step stores for the backward pass: derivatives for the chain rule, unit by unit.

    The first four are taken with respect to pre-activations: the sums that go into sigmoid or tanh.

    Attributes:
      input: d cell / d pre-activation of the input gate.
      forget: d cell / d pre-activation of the forget gate.
      candidate: d cell / d pre-activation of the candidate.
      output: d hidden / d pre-activation of the output gate.
      cell: d cell / d cell of the step before.
      hidden: d hidden / d cell.
    """

    input: Float[Array, "*batch H"]
    forget: Float[Array, "*batch H"]
    candidate: Float[Array, "*batch H"]
    output: Float[Array, "*batch H"]
    cell: Float[Array, "*batch H"]
    hidden: Float[Array, "*batch H"]


def lstm_step(params: Any, memory: Memory, inputs: Float[Array, " I"]) -> tuple[Memory, Residuals]:
    """Takes one step: cell = f * cell + i * g, hidden = o * tanh(cell).

    The input, forget and output gates `i`, `f` and `o` are between 0 and 1; the candidate `g`, the
    new content offered to the cell, is between -1 and 1.

    Args:
      params: `dense_i` for the inputs and `dense_h` for the hidden activity, named and laid out
        as in `flax.nnx.OptimizedLSTMCell`: blocks of columns for i, f, g and o, in this order.
      memory: the memory before this step.
      inputs: this step's inputs.

    Returns:
      The memory after this step, and the residuals that `lstm_backward` multiplies.
    """
    kernel = jnp.concatenate([params["dense_i"]["kernel"], params["dense_h"]["kernel"]])
    sums = jnp.concatenate([inputs, memory.hidden]) @ kernel + params["dense_h"]["bias"]
    i, f, g, o = jnp.split(sums, 4)
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
    cell = f * memory.cell + i * g
    squashed = jnp.tanh(cell)
    residuals = Residuals(
        input=g * i * (1 - i),
        forget=memory.cell * f * (1 - f),
        candidate=i * (1 - g * g),
        output=squashed * o * (1 - o),
        cell=f,
        hidden=o * (1 - squashed * squashed),
    )
    return Memory(cell=cell, hidden=o * squashed), residuals


def lstm_backward(
    params: Any,
    output_kernel: Float[Array, "H K"],
    before: Memory,
    inputs: Float[Array, "T B I"],
    memory: Memory,
    residuals: Residuals,
    d_outputs: Float[Array, "T B K"],
) -> Any:
    """Computes the gradient of a loss by backpropagation through time (Werbos 1990).

    The loss depends on the LSTM only through the outputs, `hidden_t W_o`. Let `dh_t`, `dc_t` and
    `ds_t` be its gradients with respect to the hidden activity, the cell and the pre-activations.
    From the last step to the first:
      dh_t = ds_{t+1} W_h^T + d_outputs_t W_o^T
      dc_t = dh_t hidden'_t + dc_{t+1} cell'_{t+1}
      ds_t = dc_t times the residual of the input gate, the forget gate and the candidate;
             dh_t times that of the output gate
    where a prime marks a residual. Autodiff computes the same, but slower: here the residuals come
    from the forward pass, dh_t is one matrix product, and so is each weight gradient.

    Args:
      params: as in `lstm_step`.
      output_kernel: the weights from the hidden activity to the outputs, `W_o`.
      before: the memory before the first step, with a leading axis `B`; treated as a constant.
      inputs: the inputs of each step.
      memory: the memory after each step, with leading axes `T` and `B`.
      residuals: the residuals of each step, with leading axes `T` and `B`.
      d_outputs: the gradient of the loss with respect to each step's outputs.

    Returns:
      The gradient of the loss with respect to `params`, summed over steps and episodes.
    """
    kernel = jnp.concatenate([params["dense_h"]["kernel"], output_kernel], axis=1)

    def one_step(later: tuple[Array, Array], step: Any) -> tuple[tuple[Array, Array], Array]:
        ds_later, dc_later = later
        residual, d_outputs_t = step
        dh = jnp.concatenate([ds_later, d_outputs_t], axis=-1) @ kernel.T
        dc = dh * residual.hidden + dc_later
        through_cell = [dc * residual.input, dc * residual.forget, dc * residual.candidate]
        ds = jnp.concatenate([*through_cell, dh * residual.output], axis=-1)
        return (ds, dc * residual.cell), ds

    no_cell = jnp.zeros_like(before.cell)
    no_sums = jnp.concatenate([no_cell] * 4, axis=-1)
    ds = jax.lax.scan(one_step, (no_sums, no_cell), (residuals, d_outputs), reverse=True)[1]
    hidden_before = jnp.concatenate([before.hidden[None], memory.hidden[:-1]])
    all_steps = ((0, 1), (0, 1))
    return {
        "dense_i": {"kernel": jnp.tensordot(inputs, ds, all_steps)},
        "dense_h": {
            "kernel": jnp.tensordot(hidden_before, ds, all_steps),
            "bias": ds.sum((0, 1)),
        },
    }
