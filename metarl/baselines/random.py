"""The random player: it chooses every action with equal probability and learns nothing."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_integer
from metarl.envs.core import TaskFamily, TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Random:
    """Chooses uniformly. On bandits, its expected regret per trial is max(p) - mean(p).

    Attributes:
      num_actions: number of actions, `A`; at least 2.
    """

    label: ClassVar[str] = "random"
    num_actions: int

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "With one action there is no choice.")

    @classmethod
    def for_environment(cls, env: TaskFamily) -> "Random":
        """Makes the player of `env`."""
        return cls(num_actions=env.num_actions)

    def initial_memory(self, task: Any) -> tuple[()]:
        """Empty: the player remembers nothing."""
        del task
        return ()

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Int[Array, " T"]:
        """Draws the actions themselves. The key is consumed."""
        return jax.random.randint(key, (num_steps,), 0, self.num_actions, jnp.int32)

    def act(
        self,
        params: Any,
        memory: tuple[()],
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Int[Array, ""],
    ) -> tuple[tuple[()], Int[Array, ""], tuple[()]]:
        """Returns the action drawn for this step."""
        return memory, noise_t, ()

    def first_arm_chance(self, n1: int, n2: int) -> Float[np.ndarray, "{n1}+1 {n2}+1"]:
        """One half in every state."""
        return np.full((n1 + 1, n2 + 1), 0.5)
