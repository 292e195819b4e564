"""The LSTM (Hochreiter & Schmidhuber 1997): a step forward, and the way back through many.

The way back is written out by hand, for training spends most of its time on it. Shapes: `B`
episodes, `T` steps, `I` inputs, `H` units, `K` outputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Steps the way back takes at a time: what it needs for so many fits a processor's cache.
_CHUNK_STEPS = 20


class Memory(NamedTuple):
    """The LSTM's activity: all that changes while a frozen agent learns."""

    cell: Float[Array, "*batch H"]
    hidden: Float[Array, "*batch H"]


class Gates(NamedTuple):
    """What the LSTM did with its memory on one step.

    Attributes:
      take: how much of the candidate went into the cell, 0 to 1 (the input gate).
      keep: how much of the cell stayed, 0 to 1 (the forget gate).
      candidate: what was offered to the cell, -1 to 1.
      show: how much of the cell is seen from outside, 0 to 1 (the output gate).
    """

    take: Float[Array, "*batch H"]
    keep: Float[Array, "*batch H"]
    candidate: Float[Array, "*batch H"]
    show: Float[Array, "*batch H"]


def lstm_step(params: Any, memory: Memory, inputs: Float[Array, " I"]) -> tuple[Memory, Gates]:
    """Takes one step: cell = keep * cell + take * candidate, hidden = show * tanh(cell).

    Args:
      params: `dense_i` for the inputs and `dense_h` for the hidden activity, named and laid out
        as in `flax.nnx.OptimizedLSTMCell`, the columns of one gate after those of another.
      memory: the memory before this step.
      inputs: this step's inputs.

    Returns:
      The memory after this step, and what the gates did.
    """
    kernel = jnp.concatenate([params["dense_i"]["kernel"], params["dense_h"]["kernel"]])
    drive = jnp.concatenate([inputs, memory.hidden]) @ kernel + params["dense_h"]["bias"]
    take, keep, candidate, show = jnp.split(drive, 4)
    gates = Gates(
        take=jax.nn.sigmoid(take),
        keep=jax.nn.sigmoid(keep),
        candidate=jnp.tanh(candidate),
        show=jax.nn.sigmoid(show),
    )
    cell = gates.keep * memory.cell + gates.take * gates.candidate
    return Memory(cell=cell, hidden=gates.show * jnp.tanh(cell)), gates


def lstm_backward(
    params: Any,
    before: Memory,
    inputs: Float[Array, "T B I"],
    memory: Memory,
    gates: Gates,
    d_outputs: Float[Array, "T B K"],
    output_kernel: Float[Array, "H K"],
) -> Any:
    """Computes the gradient of a loss by backpropagation through time (Werbos 1990).

    With `dh_t`, `dc_t` and `dz_t` for the loss's gradient with respect to the hidden activity, the
    cell and the gates before their nonlinearities, from the last step to the first:
      dh_t = d_outputs_t W_out^T + dz_{t+1} W_h^T
      dc_t = dc_{t+1} keep_{t+1} + dh_t show_t (1 - tanh(cell_t)^2)
      dz_t = each gate's slope, times what it multiplies, times dc_t (dh_t for the gate `show`)
    It is what autodiff computes, in about two thirds of the time: nothing is computed twice, and
    the weights' gradients are one matrix product over many steps.

    Args:
      params: as in `lstm_step`.
      before: the memory before the first step, with a leading axis `B`; taken as a constant.
      inputs: the inputs of each step.
      memory: the memory after each step, with leading axes `T` and `B`.
      gates: what the gates did on each step, with leading axes `T` and `B`.
      d_outputs: the gradient of the loss with respect to each step's outputs, which are the
        hidden activity times `output_kernel`.
      output_kernel: the weights from hidden activity to outputs.

    Returns:
      The gradient of the loss with respect to `params`, summed over steps and episodes.
    """
    num_steps, _, num_inputs = inputs.shape
    num_chunks = -(-num_steps // _CHUNK_STEPS)
    missing = -num_steps % num_chunks

    def chunked(x: Array) -> Array:
        """Cuts the steps into chunks; steps of zeros at the end contribute nothing."""
        if missing:
            x = jnp.pad(x, ((0, missing), (0, 0), (0, 0)))
        return x.reshape(num_chunks, -1, *x.shape[1:])

    def one_step(later: tuple[Array, Array], step: Any) -> tuple[tuple[Array, Array], Array]:
        dh_later, dc_later = later
        dh_outputs, keep, dcell_dhidden, slopes, show_slope = step
        dh = dh_outputs + dh_later
        dc = dc_later + dh * dcell_dhidden
        dz = jnp.concatenate([*(dc * slope for slope in slopes), dh * show_slope], axis=-1)
        return (dz @ params["dense_h"]["kernel"].T, dc * keep), dz

    def one_chunk(carry: Any, chunk: Any) -> tuple[Any, None]:
        later, d_kernel, d_bias = carry
        seen, cell_before, cell, (take, keep, candidate, show), d_outputs = chunk
        shown = jnp.tanh(cell)
        slopes = (
            candidate * take * (1 - take),
            cell_before * keep * (1 - keep),
            take * (1 - candidate * candidate),
        )
        show_slope = shown * show * (1 - show)
        steps = (d_outputs @ output_kernel.T, keep, show * (1 - shown * shown), slopes, show_slope)
        later, dz = jax.lax.scan(one_step, later, steps, reverse=True)
        d_kernel += jnp.tensordot(seen, dz, axes=((0, 1), (0, 1)))
        return (later, d_kernel, d_bias + dz.sum((0, 1))), None

    before_each = jax.tree.map(lambda m0, m: jnp.concatenate([m0[None], m[:-1]]), before, memory)
    seen = jnp.concatenate([inputs, before_each.hidden], axis=-1)
    steps = (seen, before_each.cell, memory.cell, gates, d_outputs)
    nothing = jnp.zeros_like(before.cell)
    bias = params["dense_h"]["bias"]
    carry = ((nothing, nothing), jnp.zeros((seen.shape[-1], bias.size)), jnp.zeros_like(bias))
    chunks = jax.tree.map(chunked, steps)
    (_, d_kernel, d_bias), _ = jax.lax.scan(one_chunk, carry, chunks, reverse=True)
    return {
        "dense_i": {"kernel": d_kernel[:num_inputs]},
        "dense_h": {"kernel": d_kernel[num_inputs:], "bias": d_bias},
    }
