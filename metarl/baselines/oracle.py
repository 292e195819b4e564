"""The oracle knows the task: no one can expect a higher reward."""

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.envs.core import TaskFamily, TimeStep


@dataclasses.dataclass(frozen=True)
class Oracle:
    """Always takes the action with the highest value to one who knows the task: no regret."""

    label: ClassVar[str] = "oracle"

    @classmethod
    def for_environment(cls, env: TaskFamily) -> "Oracle":
        """The oracle of `env`.

        Raises:
          ValueError: if the family does not know the values of actions.
        """
        if not env.has_regret:
            raise ValueError(
                f"The family {env.family} does not know the values of its actions: a choice "
                "changes later trials."
            )
        return cls()

    def initial_memory(self, task: Any) -> tuple[()]:
        """Nothing: it is told what it needs."""
        del task
        return ()

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T 0"]:
        """Nothing: it leaves nothing to chance."""
        del key
        return jnp.zeros((num_steps, 0), jnp.float32)

    def act_on_values(self, action_values: Float[Array, " A"]) -> Int[Array, ""]:
        """The best action; of equals, the first. No honest player is asked this."""
        return jnp.argmax(action_values).astype(jnp.int32)

    def act(
        self,
        params: Any,
        memory: tuple[()],
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " 0"],
    ) -> tuple[tuple[()], Int[Array, ""], tuple[()]]:
        """Refuses: `metarl.rollout` asks `act_on_values` instead.

        Raises:
          RuntimeError: always.
        """
        raise RuntimeError("An oracle acts on the values of actions: play it by `metarl.rollout`.")
