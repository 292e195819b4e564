"""The protocol every task family follows, and what a player sees of it.

Letters in shapes: `B` episodes in a batch, `T` steps, `A` actions, `O` observation entries.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int, Key


class TimeStep(NamedTuple):
    """What a player may see before it acts on a step.

    Attributes:
      observation: what the task shows on this step; empty in a bandit.
      reward: the reward of the step before; zero on the first step of an episode.
      step: the index of this step within its episode, counted from zero.
    """

    observation: Float[Array, " O"]
    reward: Float[Array, ""]
    step: Int[Array, ""]


@runtime_checkable
class Environment(Protocol):
    """A family of tasks, as pure functions on explicit state.

    Everything here is for one episode; write `jax.vmap` around it for many. All chance within an
    episode is drawn beforehand, as a *tape*: two players that are given the same task and the same
    tape share their luck, which is the fair way to compare them, and `step` itself draws nothing.
    """

    @property
    def num_actions(self) -> int:
        """Number of actions on each step, `A`."""

    @property
    def num_steps(self) -> int:
        """Number of steps in an episode, `T`."""

    @property
    def observation_size(self) -> int:
        """Number of entries in an observation, `O`."""

    def sample_task(self, key: Key[Array, ""]) -> Any:
        """Draws a task from the family. The key is consumed."""

    def sample_tape(self, key: Key[Array, ""]) -> Any:
        """Draws the luck of one episode, `T` entries long. The key is consumed."""

    def reset(self, task: Any) -> tuple[Any, TimeStep]:
        """Begins an episode in `task`."""

    def step(self, state: Any, action: Int[Array, ""], tape_t: Any) -> tuple[Any, TimeStep]:
        """Takes `action` in `state`, with this step's luck `tape_t`."""

    def action_values(self, state: Any) -> Float[Array, " A"]:
        """The expected reward of each action in `state`, to someone who knows the task."""


@runtime_checkable
class BeliefEnvironment(Environment, Protocol):
    """A family of tasks whose ideal observer has a formula."""

    def belief_advantage(
        self, actions: Int[Array, " T"], rewards: Float[Array, " T"]
    ) -> Float[Array, " T"]:
        """The expected advantage of each choice, to an ideal observer of the steps before it."""
