"""The player that plans: its choices are best for the rest of the episode, not only for now."""

import dataclasses
from typing import cast

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from metarl.baselines.belief import BeliefPlayer
from metarl.baselines.index_player import best_arm
from metarl.envs.core import HasPlan, TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planner(BeliefPlayer):
    """Takes the action with the highest planned value; ties are broken at random.

    Attributes:
      env: the family, which is the player's prior.

    Raises:
      ValueError: at construction, if the family knows no such values.
    """

    def __post_init__(self) -> None:
        """Refuses a family without planned values."""
        super().__post_init__()
        if not isinstance(self.env, HasPlan):
            raise ValueError(
                f"The family {self.env.family} knows no optimal policy (`metarl.envs.HasPlan`)."
            )

    @property
    def label(self) -> str:
        """Bayes-optimal, unless the family says otherwise."""
        return str(getattr(self.env, "plan_label", "Bayes-optimal"))

    def choose(
        self, belief: object, timestep: TimeStep, noise_t: Float[Array, " A"]
    ) -> Int[Array, ""]:
        """The action that is best for the rest of the episode."""
        family = cast(HasPlan, self.env)  # checked at construction
        return best_arm(jnp.asarray(family.planned_values(belief, timestep)), noise_t)
