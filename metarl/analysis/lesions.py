"""Agents with something broken: a memory that is reset, a unit that is held still.

Each is a player like the agent itself: give it to `metarl.evaluate` with the agent's parameters.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.agents.actor_critic import Agent, Heads
from metarl.checks import check_bool, check_integer, check_number, short_repr
from metarl.envs import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lesioned:
    """The base class: an agent whose memory is changed before each step, see `change`.

    Attributes:
      agent: the agent.
    """

    agent: Agent

    @property
    def num_actions(self) -> int:
        """Number of actions, `A`."""
        return self.agent.num_actions

    @property
    def observation_size(self) -> int:
        """Number of entries in an observation."""
        return self.agent.observation_size

    def check_params(self, params: Any) -> None:
        """Raises ValueError if the parameters are not the agent's."""
        if hasattr(self.agent, "check_params"):
            self.agent.check_params(params)

    def initial_memory(self, task: Any = None) -> Any:
        """The agent's memory at the start of an episode."""
        return self.agent.initial_memory(task)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """The agent's noise. The key is consumed."""
        return self.agent.draw_noise(key, num_steps)

    def change(self, memory: Any, timestep: TimeStep) -> Any:
        """The memory that the agent has on this step, given the one it would have."""
        raise NotImplementedError

    def act(
        self,
        params: Any,
        memory: Any,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Any, Int[Array, ""], Any]:
        """Acts as the agent does, with the changed memory."""
        changed = self.change(memory, timestep)
        return self.agent.act(params, changed, previous_action, timestep, noise_t)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MemoryReset(Lesioned):
    """The agent forgets everything at the beginning of each trial but the last action and reward.

    Attributes:
      agent: the agent.
      steps_per_trial: number of steps in a trial of the task it plays.
    """

    steps_per_trial: int = 1

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("steps_per_trial", self.steps_per_trial, 1)

    def change(self, memory: Any, timestep: TimeStep) -> Any:
        """The memory of an episode's start, on the first step of each trial."""
        begins = timestep.step % self.steps_per_trial == 0
        return jax.tree.map(
            lambda start, now: jnp.where(begins, start, now), self.initial_memory(), memory
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class UnitClamped(Lesioned):
    """One unit's cell and hidden activity are held at a value, whatever the network does.

    Attributes:
      agent: an agent with an LSTM.
      unit: the unit's index.
      value: the value that its activity is held at.
    """

    unit: int
    value: float = 0.0

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        if type(self.agent) is not Agent:
            raise ValueError(f"`agent` must be one with an LSTM, got {short_repr(self.agent)}.")
        check_integer("unit", self.unit, 0, maximum=self.agent.num_units - 1)
        check_number("value", self.value, -1e6, 1e6)

    def act(
        self,
        params: Any,
        memory: Any,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Any, Int[Array, ""], Any]:
        """Acts on what the other units say, and on the held one."""
        _, _, trace = super().act(params, memory, previous_action, timestep, noise_t)
        held = self.change(trace.memory, timestep)
        heads = Heads.of(params)
        outputs = held.hidden @ heads.kernel + heads.bias
        value = outputs[-1] * jnp.float32(self.agent.reward_scale)
        trace = trace._replace(logits=outputs[:-1], value=value, memory=held)
        return held, jnp.argmax(trace.logits + noise_t).astype(jnp.int32), trace

    def change(self, memory: Any, timestep: TimeStep) -> Any:
        """The memory with the unit at its value."""
        del timestep
        return jax.tree.map(lambda x: x.at[..., self.unit].set(self.value), memory)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stimulated(Lesioned):
    """An agent whose prediction errors are blocked or added to after certain outcomes.

    Its network must be `prediction_error`. In simulation 6 of Wang et al. 2018, errors are blocked
    after a risky win, blocked after a safe reward, or added after a risky loss.

    Attributes:
      agent: the agent.
      action: the action after whose outcome the error is changed.
      paid: whether that is after a reward above zero, or after none.
      gain: what the error is multiplied by; 0 blocks it.
      added: what is then added, in units of the scaled reward.
    """

    action: int
    paid: bool
    gain: float = 1.0
    added: float = 0.0

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        network = getattr(getattr(self.agent, "network", None), "network", "lstm")
        if network != "prediction_error":
            raise ValueError(
                "`agent` must have the network 'prediction_error', which is told its errors, got "
                f"one with {network!r}."
            )
        check_integer("action", self.action, 0, maximum=self.agent.num_actions - 1)
        check_bool("paid", self.paid)
        check_number("gain", self.gain, -1e6, 1e6)
        check_number("added", self.added, -1e6, 1e6)

    def act(
        self,
        params: Any,
        memory: Any,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Any, Int[Array, ""], Any]:
        """Acts as the agent does, with the changed error."""
        here = (previous_action == self.action) & ((timestep.reward > 0) == self.paid)
        memory = memory._replace(
            gain=jnp.where(here, self.gain, 1.0).astype(jnp.float32),
            added=jnp.where(here, self.added, 0.0).astype(jnp.float32),
        )
        return self.agent.act(params, memory, previous_action, timestep, noise_t)
