"""The LSTM (Hochreiter & Schmidhuber 1997): one step, and backpropagation through time.

The backward pass is written by hand, because training spends most of its time in it. Shapes: `B`
episodes, `T` steps, `I` inputs, `H` units, `G = 4 H` gates of all units, `J = I + H`.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Memory(NamedTuple):
    """The LSTM's state: all that changes while an agent with frozen weights learns."""

    cell: Float[Array, "*batch H"]
    hidden: Float[Array, "*batch H"]


class Weights(NamedTuple):
    """The LSTM's weights as a step uses them, see `arrange`.

    Attributes:
      kernel: from the inputs and the hidden activity to the sums of the four gates.
      bias: of those sums.
    """

    kernel: Float[Array, "J G"]
    bias: Float[Array, " G"]


class Residuals(NamedTuple):
    """What a step stores for the backward pass.

    Attributes:
      seen: the inputs, and the hidden activity before the step.
      gates: the input gate, the forget gate, the candidate and the output gate.
      cell: the cell after the step.
    """

    seen: Float[Array, "*batch J"]
    gates: Float[Array, "*batch G"]
    cell: Float[Array, "*batch H"]


def arrange(params: Any) -> Weights:
    """Arranges the weights for one matrix product and one nonlinearity per step.

    The sums of the three gates are halved, for sigmoid(x) = (tanh(x / 2) + 1) / 2.

    Args:
      params: `dense_i` for the inputs and `dense_h` for the hidden activity, named and laid out
        as in `flax.nnx.OptimizedLSTMCell`: blocks of columns for i, f, g and o, in this order.
    """
    scale, _ = _tanh_to_gates(params["dense_h"]["kernel"].shape[0])
    kernel = jnp.concatenate([params["dense_i"]["kernel"], params["dense_h"]["kernel"]])
    return Weights(kernel * scale[None], params["dense_h"]["bias"] * scale)


def lstm_step(
    weights: Weights, memory: Memory, inputs: Float[Array, " I"]
) -> tuple[Memory, Residuals]:
    """Takes one step: cell = f * cell + i * g, hidden = o * tanh(cell).

    The input, forget and output gates `i`, `f` and `o` are between 0 and 1; the candidate `g`, the
    new content offered to the cell, is between -1 and 1.

    Args:
      weights: see `arrange`.
      memory: the memory before this step.
      inputs: this step's inputs.

    Returns:
      The memory after this step, and what `lstm_backward` needs to know of it.
    """
    seen = jnp.concatenate([inputs, memory.hidden])
    scale, shift = _tanh_to_gates(len(memory.hidden))
    gates = jnp.tanh(seen @ weights.kernel + weights.bias) * scale + shift
    i, f, g, o = jnp.split(gates, 4)
    cell = f * memory.cell + i * g
    return Memory(cell=cell, hidden=o * jnp.tanh(cell)), Residuals(seen, gates, cell)


def lstm_backward(
    weights: Weights,
    before: Memory,
    residuals: Residuals,
    d_hidden: Float[Array, "T B H"],
) -> Any:
    """Computes the gradient of a loss by backpropagation through time (Werbos 1990).

    With `dh_t`, `dc_t` and `ds_t` for the loss's gradient with respect to the hidden activity, the
    cell and the sums behind the gates, from the last step to the first::

      dh_t = d_hidden_t + ds_{t+1} W_h^T
      dc_t = dh_t o_t (1 - tanh(c_t)^2) + dc_{t+1} f_{t+1}
      ds_t = dc_t g_t i_t (1 - i_t), dc_t c_{t-1} f_t (1 - f_t), dc_t i_t (1 - g_t^2) and
             dh_t tanh(c_t) o_t (1 - o_t), for i, f, g and o.

    It is what autodiff computes, but quicker: few arrays are kept from the forward pass, each step
    takes one matrix product, and each weight gradient takes one for all steps.

    Args:
      weights: those of the forward pass.
      before: the memory before the first step, with a leading axis `B`; treated as a constant.
      residuals: the residuals of each step, with leading axes `T` and `B`.
      d_hidden: the gradient of the loss with respect to the hidden activity after each step, by
        way of that step's outputs alone.

    Returns:
      The gradient of the loss with respect to the `params` that `arrange` took, summed over steps
      and episodes.
    """
    num_units = d_hidden.shape[-1]
    scale, _ = _tanh_to_gates(num_units)
    back = (weights.kernel[-num_units:] / scale[None]).T
    gates = jnp.split(residuals.gates, 4, axis=-1)
    cell_before = jnp.concatenate([before.cell[None], residuals.cell[:-1]])

    def one_step(later: tuple[Array, Array], step: Any) -> tuple[tuple[Array, Array], Array]:
        ds_later, dc_later = later
        d_hidden_t, (i, f, g, o), cell_before_t, squashed = step
        dh = ds_later @ back + d_hidden_t
        dc = dh * o * (1 - squashed * squashed) + dc_later
        by_gate = [
            dc * g * i * (1 - i),
            dc * cell_before_t * f * (1 - f),
            dc * i * (1 - g * g),
            dh * squashed * o * (1 - o),
        ]
        ds = jnp.concatenate(by_gate, axis=-1)
        return (ds, dc * f), ds

    end = (jnp.zeros_like(residuals.gates[0]), jnp.zeros_like(before.cell))
    steps = (d_hidden, gates, cell_before, jnp.tanh(residuals.cell))
    _, ds = jax.lax.scan(one_step, end, steps, reverse=True)
    inputs, hidden_before = residuals.seen[..., :-num_units], residuals.seen[..., -num_units:]
    all_steps = ((0, 1), (0, 1))
    return {
        "dense_i": {"kernel": jnp.tensordot(inputs, ds, all_steps)},
        "dense_h": {
            "kernel": jnp.tensordot(hidden_before, ds, all_steps),
            "bias": ds.sum((0, 1)),
        },
    }


def _tanh_to_gates(num_units: int) -> tuple[Float[Array, " G"], Float[Array, " G"]]:
    """The scale and the shift in gates = tanh(scale * sums) * scale + shift.

    A gate is sigmoid(x) = tanh(x / 2) / 2 + 1 / 2; the candidate is tanh(x).
    """
    factors, shifts = jnp.array([[0.5, 0.5, 1, 0.5], [0.5, 0.5, 0, 0.5]], jnp.float32)
    return jnp.repeat(factors, num_units), jnp.repeat(shifts, num_units)
