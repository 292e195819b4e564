"""The LSTM agent as a learner plays it: few arrays per step, and a backward pass by hand.

Shapes: `T` steps, `B` episodes, `A` actions, `K = A + 1` outputs.
"""

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.agents.actor_critic import Agent, Heads, Params
from metarl.agents.lstm import Memory, Residuals, Weights, arrange, lstm_backward, lstm_step
from metarl.envs import TimeStep


class LearningTrace(NamedTuple):
    """The activity that a learner stores on a step, in few arrays: each costs a kernel launch.

    Attributes:
      outputs: the logits of the policy and, last, the value.
      residuals: what the LSTM's gradient needs.
    """

    outputs: Float[Array, "*batch K"]
    residuals: Residuals


@dataclasses.dataclass(frozen=True)
class LearningPlayer:
    """What an agent has in common with itself as a learner plays it."""

    agent: Agent

    def initial_memory(self, task: Any = None) -> Any:
        """Returns the agent's initial memory."""
        return self.agent.initial_memory(task)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the agent's noise."""
        return self.agent.draw_noise(key, num_steps)


@dataclasses.dataclass(frozen=True)
class LearningAgent(LearningPlayer):
    """The agent as a learner plays it; `act` takes the parameters that `arrange` returns."""

    def arrange(self, params: Params) -> tuple[Weights, Heads]:
        """Arranges the parameters for speed, once for all steps."""
        return arrange(params["lstm"]), Heads.of(params)

    def act(
        self,
        params: tuple[Weights, Heads],
        memory: Memory,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Memory, Int[Array, ""], LearningTrace]:
        """Chooses an action as `Agent.act` does; the trace is the learner's."""
        weights, heads = params
        memory, residuals = lstm_step(weights, memory, self.agent.encode(previous_action, timestep))
        outputs = memory.hidden @ heads.kernel + heads.bias
        action = jnp.argmax(outputs[:-1] + noise_t).astype(jnp.int32)
        return memory, action, LearningTrace(outputs, residuals)

    def backward(
        self,
        params: tuple[Weights, Heads],
        before: Memory,
        trace: LearningTrace,
        d_outputs: Float[Array, "T B K"],
    ) -> Params:
        """Computes the gradient of a loss with respect to the parameters.

        Args:
          params: what `arrange` returned.
          before: the memory before the first step, with a leading axis `B`; treated as a constant.
          trace: the activity on each step, with leading axes `T` and `B`.
          d_outputs: the gradient of the loss with respect to `trace.outputs`.

        Returns:
          The gradient, summed over steps and episodes.
        """
        weights, heads = params
        residuals = trace.residuals
        d_lstm = lstm_backward(weights, before, residuals, d_outputs @ heads.kernel.T)
        hidden = residuals.gates[..., -self.agent.num_units :] * jnp.tanh(residuals.cell)
        d_kernel = jnp.tensordot(hidden, d_outputs, axes=((0, 1), (0, 1)))
        d_bias = d_outputs.sum((0, 1))
        return {
            "lstm": d_lstm,
            "policy": {"kernel": d_kernel[:, :-1], "bias": d_bias[:-1]},
            "value": {"kernel": d_kernel[:, -1:], "bias": d_bias[-1:]},
        }
