"""The base class of players that hold the ideal observer's belief, such as greedy and Thompson."""

import dataclasses
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.envs.bandit import Bandit
from metarl.envs.core import HasBelief, TaskFamily, TimeStep, why_no_belief


class BeliefMemory(NamedTuple):
    """A belief that has yet to be updated with the outcome of the last action.

    Attributes:
      belief: the belief before that action.
      timestep: the time step before that action.
    """

    belief: Any
    timestep: TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class BeliefPlayer:
    """A player that updates a belief by the family's Bayes filter. Subclasses define `choose`.

    Attributes:
      env: the family, which is the player's prior.

    Raises:
      ValueError: at construction, if the family has no Bayes filter.
    """

    env: TaskFamily

    def __post_init__(self) -> None:
        """Refuses a family without a Bayes filter."""
        reason = why_no_belief(self.env)
        if reason is not None:
            raise ValueError(reason)

    @classmethod
    def for_environment(cls, env: TaskFamily) -> "BeliefPlayer":
        """Makes the player of `env`; it knows `env.prior`, not settings that fix the task."""
        return cls(env=env.prior)

    @property
    def filter(self) -> HasBelief:
        """The family as a Bayes filter."""
        return cast(HasBelief, self.env)

    @property
    def num_actions(self) -> int:
        """Number of actions, `A`."""
        return self.env.num_actions

    @property
    def observation_size(self) -> int:
        """Number of entries in an observation."""
        return self.env.observation_size

    def choose(self, belief: Any, timestep: TimeStep, noise_t: Any) -> Int[Array, ""]:
        """The action, given the belief, the time step before it, and this step's noise."""
        raise NotImplementedError

    def initial_memory(self, task: Any) -> BeliefMemory:
        """The belief at the start of an episode."""
        del task
        unseen = TimeStep(
            observation=jnp.zeros(self.env.observation_size, jnp.float32),
            reward=jnp.float32(0.0),
            step=jnp.int32(0),
        )
        return BeliefMemory(self.filter.initial_belief(), unseen)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Any:
        """Draws the numbers that break ties. The key is consumed."""
        return jax.random.uniform(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: BeliefMemory,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Any,
    ) -> tuple[BeliefMemory, Int[Array, ""], tuple[()]]:
        """Updates the belief with the outcome of the last action, and chooses."""
        updated = self.filter.update_belief(
            memory.belief, memory.timestep, previous_action, timestep
        )
        first = timestep.step == 0
        belief = jax.tree.map(lambda new, old: jnp.where(first, old, new), updated, memory.belief)
        action = self.choose(belief, timestep, noise_t)
        return BeliefMemory(belief, timestep), action.astype(jnp.int32), ()

    @property
    def structure(self) -> str:
        """The arms' reward structure, for exact computations.

        Raises:
          ValueError: if the family is not a bandit.
        """
        if not isinstance(self.env, Bandit):
            raise ValueError(
                f"`player` must hold a belief about a bandit, got one about {self.env.family}. "
                "Estimate its regret with `metarl.evaluate`."
            )
        return self.env.reward_structure

    def expected_values(self, belief: Any, timestep: TimeStep) -> Float[Array, " A"]:
        """The expected `action_values` under the belief."""
        return jnp.asarray(self.filter.belief_values(belief, timestep)[0])
