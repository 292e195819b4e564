"""The LSTM (Hochreiter & Schmidhuber 1997): a step forward, and the way back through many.

The way back is written out by hand, for training spends most of its time on it. Shapes: `B`
episodes, `T` steps, `I` inputs, `H` units, `K` outputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Memory(NamedTuple):
    """The LSTM's activity: all that changes while a frozen agent learns."""

    cell: Float[Array, "*batch H"]
    hidden: Float[Array, "*batch H"]


class Slopes(NamedTuple):
    """How a step's result depends on what made it: the factors of the chain rule, unit by unit.

    The first four are for the weighted sums that the gates squash.

    Attributes:
      take: of the cell, by the sum behind the gate `take`.
      keep: of the cell, by the sum behind the gate `keep`.
      candidate: of the cell, by the sum behind the candidate.
      show: of the hidden activity, by the sum behind the gate `show`.
      cell: of the cell, by the cell before.
      hidden: of the hidden activity, by the cell.
    """

    take: Float[Array, "*batch H"]
    keep: Float[Array, "*batch H"]
    candidate: Float[Array, "*batch H"]
    show: Float[Array, "*batch H"]
    cell: Float[Array, "*batch H"]
    hidden: Float[Array, "*batch H"]


def lstm_step(params: Any, memory: Memory, inputs: Float[Array, " I"]) -> tuple[Memory, Slopes]:
    """Takes one step: cell = keep * cell + take * candidate, hidden = show * tanh(cell).

    The gates `take`, `keep` and `show` (input, forget and output gate) are between 0 and 1; the
    candidate is what is offered to the cell, between -1 and 1.

    Args:
      params: `dense_i` for the inputs and `dense_h` for the hidden activity, named and laid out
        as in `flax.nnx.OptimizedLSTMCell`, the columns of one gate after those of another.
      memory: the memory before this step.
      inputs: this step's inputs.

    Returns:
      The memory after this step, and the slopes that `lstm_backward` multiplies.
    """
    kernel = jnp.concatenate([params["dense_i"]["kernel"], params["dense_h"]["kernel"]])
    sums = jnp.concatenate([inputs, memory.hidden]) @ kernel + params["dense_h"]["bias"]
    take, keep, candidate, show = jnp.split(sums, 4)
    take, keep, show = jax.nn.sigmoid(take), jax.nn.sigmoid(keep), jax.nn.sigmoid(show)
    candidate = jnp.tanh(candidate)
    cell = keep * memory.cell + take * candidate
    shown = jnp.tanh(cell)
    slopes = Slopes(
        take=candidate * take * (1 - take),
        keep=memory.cell * keep * (1 - keep),
        candidate=take * (1 - candidate * candidate),
        show=shown * show * (1 - show),
        cell=keep,
        hidden=show * (1 - shown * shown),
    )
    return Memory(cell=cell, hidden=show * shown), slopes


def lstm_backward(
    params: Any,
    output_kernel: Float[Array, "H K"],
    before: Memory,
    inputs: Float[Array, "T B I"],
    memory: Memory,
    slopes: Slopes,
    d_outputs: Float[Array, "T B K"],
) -> Any:
    """Computes the gradient of a loss by backpropagation through time (Werbos 1990).

    The loss sees the LSTM through its outputs, `hidden_t W_o`. With `dh_t`, `dc_t` and `ds_t` for
    the loss's gradient with respect to the hidden activity, the cell and the sums behind the gates,
    from the last step to the first:
      dh_t = ds_{t+1} W_h^T + d_outputs_t W_o^T
      dc_t = dh_t hidden'_t + dc_{t+1} cell'_{t+1}
      ds_t = dc_t times the slope of `take`, `keep` and `candidate`; dh_t times that of `show`
    where a prime marks a slope. It is what autodiff computes, but quicker: the slopes are left from
    the way forward, dh_t is one matrix product, and the weights' gradients are one over all steps.

    Args:
      params: as in `lstm_step`.
      output_kernel: the weights from the hidden activity to the outputs, `W_o`.
      before: the memory before the first step, with a leading axis `B`; taken as a constant.
      inputs: the inputs of each step.
      memory: the memory after each step, with leading axes `T` and `B`.
      slopes: the slopes of each step, with leading axes `T` and `B`.
      d_outputs: the gradient of the loss with respect to each step's outputs.

    Returns:
      The gradient of the loss with respect to `params`, summed over steps and episodes.
    """
    kernel = jnp.concatenate([params["dense_h"]["kernel"], output_kernel], axis=1)

    def one_step(later: tuple[Array, Array], step: Any) -> tuple[tuple[Array, Array], Array]:
        ds_later, dc_later = later
        slope, d_outputs_t = step
        dh = jnp.concatenate([ds_later, d_outputs_t], axis=-1) @ kernel.T
        dc = dh * slope.hidden + dc_later
        through_cell = [dc * slope.take, dc * slope.keep, dc * slope.candidate]
        ds = jnp.concatenate([*through_cell, dh * slope.show], axis=-1)
        return (ds, dc * slope.cell), ds

    no_cell = jnp.zeros_like(before.cell)
    no_sums = jnp.concatenate([no_cell] * 4, axis=-1)
    ds = jax.lax.scan(one_step, (no_sums, no_cell), (slopes, d_outputs), reverse=True)[1]
    hidden_before = jnp.concatenate([before.hidden[None], memory.hidden[:-1]])
    all_steps = ((0, 1), (0, 1))
    return {
        "dense_i": {"kernel": jnp.tensordot(inputs, ds, all_steps)},
        "dense_h": {
            "kernel": jnp.tensordot(hidden_before, ds, all_steps),
            "bias": ds.sum((0, 1)),
        },
    }
