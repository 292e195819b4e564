"""The oracle: it knows the task, so that no player can expect a higher reward."""

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.envs.core import TaskFamily, TimeStep


@dataclasses.dataclass(frozen=True)
class Oracle:
    """Always takes the action with the highest expected reward given the task: no regret."""

    label: ClassVar[str] = "oracle"

    @classmethod
    def for_environment(cls, env: TaskFamily) -> "Oracle":
        """Makes the oracle of `env`.

        Raises:
          ValueError: if the family does not know the values of its actions.
        """
        if not env.has_regret:
            raise ValueError(
                f"The family {env.family} does not know the values of its actions: a choice "
                "changes later trials."
            )
        return cls()

    def initial_memory(self, task: Any) -> tuple[()]:
        """Empty: the oracle is told what it needs."""
        del task
        return ()

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T 0"]:
        """Empty: the oracle makes no random choices."""
        del key
        return jnp.zeros((num_steps, 0), jnp.float32)

    def act_on_values(self, action_values: Float[Array, " A"]) -> Int[Array, ""]:
        """The best action; in a tie, the first. Honest players have no such method."""
        return jnp.argmax(action_values).astype(jnp.int32)

    def act(
        self,
        params: Any,
        memory: tuple[()],
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " 0"],
    ) -> tuple[tuple[()], Int[Array, ""], tuple[()]]:
        """Refuses: `metarl.rollout` calls `act_on_values` instead.

        Raises:
          RuntimeError: always.
        """
        raise RuntimeError("The oracle needs the action values: play it with `metarl.rollout`.")
