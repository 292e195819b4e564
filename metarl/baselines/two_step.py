"""Model-based and model-free players of two-step tasks, and mixtures of both.

Daw et al. 2011 (doi 10.1016/j.neuron.2011.02.027). The model-free player learns the value of a
first choice from what followed it, by SARSA(lambda). The model-based one learns only the values of
second states, and works out from the transitions, which it knows, what a first choice is worth.
Shapes: `A` actions.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_number
from metarl.envs.core import TaskFamily, TimeStep
from metarl.envs.daw import Daw
from metarl.envs.two_step import TwoStep


class TwoStepMemory(NamedTuple):
    """What is remembered between two steps.

    Attributes:
      first_values: the model-free value of each first choice.
      second_values: the value of each choice in each second state.
      first: the first choice of this trial.
      place: the entry of the last observation that was 1: 0 the first choice, 1 and 2 the second
        states, 3 the cue; -1 if there was none.
    """

    first_values: Float[Array, " 2"]
    second_values: Float[Array, "2 2"]
    first: Int[Array, ""]
    place: Int[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hybrid:
    """Chooses first by a mixture of model-based and model-free values, through a softmax.

    Attributes:
      env: the family, `TwoStep` or `Daw`: its transitions and its steps.
      learning_rate: alpha, the size of the steps towards what follows; in [0, 1].
      inverse_temperature: beta; 0 chooses uniformly.
      trace: lambda, the share of the outcome's error that a first choice learns from; in [0, 1].
      weight: the share of model-based values: 1 is the model-based player, 0 the model-free one.

    Raises:
      ValueError: at construction, if the family is another, or a number is impossible.
    """

    env: TaskFamily
    learning_rate: float = 0.5
    inverse_temperature: float = 5.0
    trace: float = 1.0
    weight: float = 0.5

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        if not isinstance(self.env, TwoStep | Daw):
            raise ValueError(
                f"The family {self.env.family} is not a two-step task: two_step or daw."
            )
        for name in ("learning_rate", "trace", "weight"):
            check_number(name, getattr(self, name), 0, 1)
        check_number("inverse_temperature", self.inverse_temperature, 0, 1e6)

    @classmethod
    def for_environment(
        cls,
        env: TaskFamily,
        alpha: float = 0.5,
        beta: float = 5.0,
        trace: float = 1.0,
        weight: float = 0.5,
    ) -> "Hybrid":
        """Makes the player of `env`.

        Raises:
          ValueError: if `env` is not a two-step task, or a constant is refused.
        """
        return cls(
            env=env, learning_rate=alpha, inverse_temperature=beta, trace=trace, weight=weight
        )

    @property
    def label(self) -> str:
        """The player's name, with its constants."""
        mixed = f"{self.weight:g} model-based"
        kind = {1.0: "model-based", 0.0: "model-free"}.get(self.weight, mixed)
        return f"{kind} (alpha {self.learning_rate:g}, beta {self.inverse_temperature:g})"

    @property
    def num_actions(self) -> int:
        """Number of actions, `A`."""
        return self.env.num_actions

    @property
    def observation_size(self) -> int:
        """Number of entries in an observation."""
        return self.env.observation_size

    def initial_memory(self, task: Any) -> TwoStepMemory:
        """All values 1/2."""
        del task
        half = jnp.full((2, 2), 0.5, jnp.float32)
        return TwoStepMemory(half[0], half, jnp.int32(-1), jnp.int32(-1))

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws Gumbel noise: the argmax of logits plus noise is a sample from their softmax."""
        return jax.random.gumbel(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: TwoStepMemory,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[TwoStepMemory, Int[Array, ""], tuple[()]]:
        """Learns from the trial that has ended, if one has, and chooses."""
        del params
        shown = timestep.observation
        place = jnp.where(shown.max() > 0, jnp.argmax(shown), -1).astype(jnp.int32)
        first = jnp.where(memory.place == 0, previous_action, memory.first)
        memory = self.learn(memory._replace(first=first), previous_action, timestep.reward)
        values = jnp.where(
            place == 0, self.first_choice(memory), memory.second_values[jnp.maximum(place - 1, 0)]
        )
        sides = self.inverse_temperature * (values - values.max())
        at_cue = place == 3
        others = jnp.full(self.num_actions - 2, -jnp.inf)
        logits = jnp.where(
            at_cue,
            jnp.where(jnp.arange(self.num_actions) == 2, 0.0, -jnp.inf),
            jnp.concatenate([sides, others]),
        )
        action = jnp.argmax(logits + noise_t).astype(jnp.int32)
        return memory._replace(place=place), action, ()

    def learn(
        self, memory: TwoStepMemory, action: Int[Array, ""], reward: Float[Array, ""]
    ) -> TwoStepMemory:
        """Learns from the outcome of a second state; from other steps, nothing."""
        second = jnp.maximum(memory.place - 1, 0)
        # In `TwoStep`, any action collects: a second state has one value.
        choice = action if isinstance(self.env, Daw) else jnp.int32(0)
        at_end = ((memory.place == 1) | (memory.place == 2)) & (action < 2)
        seconds, firsts, first = memory.second_values, memory.first_values, memory.first
        error = reward - seconds[second, choice]
        towards = seconds[second, choice] - firsts[first] + self.trace * error
        learnt = seconds.at[second, choice].add(self.learning_rate * error)
        if not isinstance(self.env, Daw):
            learnt = learnt.at[second, 1].set(learnt[second, 0])
        firsts = jnp.where(at_end, firsts.at[first].add(self.learning_rate * towards), firsts)
        return memory._replace(
            first_values=firsts, second_values=jnp.where(at_end, learnt, seconds)
        )

    def first_choice(self, memory: TwoStepMemory) -> Float[Array, " 2"]:
        """The value of each first choice, as this player sees it."""
        best = memory.second_values.max(axis=1)
        common = jnp.float32(self.env.common_probability)  # type: ignore[attr-defined]
        planned = common * best + (1 - common) * best[::-1]
        return self.weight * planned + (1 - self.weight) * memory.first_values


class ModelBased(Hybrid):
    """Works out from the transitions what a first choice is worth."""

    @classmethod
    def for_environment(  # type: ignore[override]
        cls, env: TaskFamily, alpha: float = 0.5, beta: float = 5.0
    ) -> Hybrid:
        """Makes the player of `env`; errors as of `Hybrid.for_environment`."""
        return Hybrid.for_environment(env, alpha, beta, 1.0, 1.0)


class ModelFree(Hybrid):
    """Learns what a first choice is worth from what followed it."""

    @classmethod
    def for_environment(  # type: ignore[override]
        cls, env: TaskFamily, alpha: float = 0.5, beta: float = 5.0, trace: float = 1.0
    ) -> Hybrid:
        """Makes the player of `env`; errors as of `Hybrid.for_environment`."""
        return Hybrid.for_environment(env, alpha, beta, trace, 0.0)
