"""Tiny tasks with a known answer, that must be learnt in seconds."""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp

from metarl.envs import TaskFamily, TimeStep


class ProbeState(NamedTuple):
    """The target of this episode, the previous action, and the number of steps made."""

    target: jax.Array
    previous_action: jax.Array
    step: jax.Array


@dataclasses.dataclass(frozen=True)
class Probe(TaskFamily):
    """An environment whose right action is certain, given `rule`.

    `"fixed"`: action 1 always pays. `"alternate"`: the action that differs from the previous one
    pays. `"shuffled"`: one action pays, another one each episode, so that only memory helps.
    """

    rule: str
    num_actions: int = 2
    num_trials: int = 10

    def sample_task(self, key):
        if self.rule == "shuffled":
            return jax.random.randint(key, (), 0, self.num_actions)
        return jnp.int32(1)

    def sample_tape(self, key):
        return jnp.zeros((self.num_steps, 1))

    def reset(self, task):
        state = ProbeState(task, jnp.int32(0), jnp.int32(0))
        return state, TimeStep(jnp.zeros((0,)), jnp.float32(0), state.step)

    def step(self, state, action, tape_t):
        reward = self.action_values(state)[action]
        state = state._replace(previous_action=action, step=state.step + 1)
        return state, TimeStep(jnp.zeros((0,)), reward, state.step)

    def action_values(self, state):
        right = 1 - state.previous_action if self.rule == "alternate" else state.target
        return jax.nn.one_hot(right, self.num_actions)
