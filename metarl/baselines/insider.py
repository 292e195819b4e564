"""The player that knows the arms' probabilities: no one can expect a higher reward."""

import dataclasses
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.envs import BanditTask, TimeStep


@dataclasses.dataclass(frozen=True)
class Insider:
    """Always pulls the arm with the highest win probability; its regret is zero."""

    def initial_memory(self, task: BanditTask) -> Float[Array, " A"]:
        """The win probabilities, which no honest player sees."""
        return task.arm_probs

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T 0"]:
        """Nothing: it leaves nothing to chance."""
        return jnp.zeros((num_steps, 0), jnp.float32)

    def act(
        self,
        params: Any,
        memory: Float[Array, " A"],
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " 0"],
    ) -> tuple[Float[Array, " A"], Int[Array, ""], tuple[()]]:
        """Returns the best arm; of equals, the first."""
        return memory, jnp.argmax(memory).astype(jnp.int32), ()
