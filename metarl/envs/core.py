"""The protocol every task family follows, and the time step a player sees.

Letters in shapes: `B` episodes in a batch, `T` steps, `A` actions, `O` observation entries.
"""

import abc
import dataclasses
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from metarl.registry import Origin, Registry, origin

_HELPERS = ("core", "gym", "gym_view", "gym_vector", "from_gymnax")
families = Registry("family", "task family", "metarl.envs", others=_HELPERS)


class TimeStep(NamedTuple):
    """What a player sees before it acts on a step.

    Attributes:
      observation: what the task shows on this step; empty in a bandit.
      reward: the reward of the step before; zero on the first step of an episode.
      step: the index of this step within its episode, counted from zero.
    """

    observation: Float[Array, " O"]
    reward: Float[Array, ""]
    step: Int[Array, ""]


class TaskFamily(abc.ABC):
    """A distribution of tasks, as pure functions on explicit state.

    A family is a frozen dataclass (`@dataclasses.dataclass(frozen=True, kw_only=True)`) whose
    fields are its settings. Config files, the command line, `--help` and checkpoints read the
    settings from these fields, and their meanings from the class's docstring. Defining the class
    registers it: `class TwoStep(TaskFamily, family="two_step")`. Without `family=`, the name is
    the class name in snake case: `two_step`. `abstract=True` marks a base class of several.

    All methods handle one episode; use `jax.vmap` for many. All random draws within an episode are
    made beforehand, as a *tape*: two players with the same task and the same tape face the same
    random draws (common random numbers), and `step` itself draws nothing.

    A family whose ideal observer is a Bayes filter defines the methods of `HasBelief` as well.

    Attributes:
      family: the name of the family.
      steps_per_trial: number of steps in a trial.
      reward_range: the lowest and the highest reward of a step.
      observation_range: the lowest and the highest entry of an observation.
      has_regret: whether `action_values` are known. False where a choice changes later trials.
      num_forced_trials: number of trials on which the environment chooses, see `forced_action`.
        Rewards per trial leave them out; so this is zero where all trials are forced.
      num_trials: number of trials in an episode.
      num_actions: number of actions on each step, `A`; at least 2. A field or a property.
    """

    family: ClassVar[str]
    steps_per_trial: ClassVar[int] = 1
    reward_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    observation_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    has_regret: ClassVar[bool] = True
    num_forced_trials: int = 0
    num_trials: int
    num_actions: int

    def __init_subclass__(
        cls, *, family: str | None = None, abstract: bool = False, **options: Any
    ) -> None:
        """Registers the class under the family's name."""
        super().__init_subclass__(**options)
        if not abstract:
            cls.family = families.register(cls, family)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the settings; a class from a user's file is imported by its path."""
        fields = {name: getattr(self, name) for name in _field_names(self)}
        return _again, (self.family, origin(type(self), "environment"), fields)

    @property
    def num_steps(self) -> int:
        """Number of steps in an episode, `T`."""
        return self.num_trials * self.steps_per_trial

    @property
    def observation_size(self) -> int:
        """Number of entries in an observation, `O`; none by default."""
        return 0

    @abc.abstractmethod
    def sample_task(self, key: Key[Array, ""]) -> Any:
        """Draws a task from the family. The key is consumed."""

    def sample_tape(self, key: Key[Array, ""]) -> Any:
        """Draws the tape of one episode; every array's leading axis is `T`. The key is consumed.

        By default it is zeros: nothing is random but the draw of the task.
        """
        del key
        return jnp.zeros(self.num_steps, jnp.float32)

    @abc.abstractmethod
    def reset(self, task: Any) -> tuple[Any, TimeStep]:
        """Begins an episode in `task`; returns the state and the first time step."""

    @abc.abstractmethod
    def step(self, state: Any, action: Int[Array, ""], tape_t: Any) -> tuple[Any, TimeStep]:
        """Takes `action` in `state`, with this step's row of the tape.

        Returns the next state, and the next time step, which holds the reward of `action`.
        """

    def action_values(self, state: Any) -> Float[Array, " A"]:
        """The expected reward each action can still bring in this trial, given the task.

        That is the expected sum of rewards from this step to the end of its trial, if every later
        step is played as well as possible. Zeros, and never used, if `has_regret` is false.
        """
        del state
        if self.has_regret:
            raise NotImplementedError(
                f"{type(self).__name__} must define `action_values`, or set `has_regret = False`."
            )
        return jnp.zeros(self.num_actions, jnp.float32)

    def forced_action(self, state: Any) -> Int[Array, ""] | None:
        """The action that the environment takes in `state`, whatever the player chooses; or -1.

        It is what is recorded, and what the player sees as its previous action. Such a step has no
        regret, and teaches the critic but not the policy. None, as by default, if there are none.
        """
        del state
        return None

    def available_actions(self, state: Any) -> Bool[Array, " A"]:
        """Which actions are allowed in `state`: by default all, or the forced one.

        Only the game and its records use it. The policy is not masked: an agent has to learn it.
        """
        forced = self.forced_action(state)
        if forced is None:
            return jnp.ones(self.num_actions, bool)
        return (forced < 0) | (jnp.arange(self.num_actions) == forced)

    @property
    def greedy_is_optimal(self) -> bool:
        """Whether the player that is greedy on `belief_values` is Bayes-optimal."""
        return False

    @property
    def prior(self) -> "TaskFamily":
        """The family as players know it: without settings that fix the task (`arm_probs`)."""
        return self

    def changed(self, **changes: Any) -> "TaskFamily":
        """The family with some of its settings changed.

        Raises:
          ValueError: if a name is not a setting, or a value is refused.
        """
        for name in changes:
            if name not in _field_names(self):
                known = ", ".join(_field_names(self))
                raise ValueError(
                    f"`environment.{name}` is not a setting of {self.family}. Settings: {known}."
                )
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    @property
    def action_names(self) -> tuple[str, ...]:
        """The name of each action in tables, figures and the game."""
        return tuple(f"action {action + 1}" for action in range(self.num_actions))

    def describe(self) -> str:
        """The family in a few words, for titles."""
        return self.family.replace("_", " ")

    def describe_task(self, task: Any) -> str:
        """A task in one sentence, shown to a person after the game; empty for none."""
        del task
        return ""

    def describe_step(self, timestep: TimeStep) -> str:
        """What a person is shown on a step, in a few words; empty if the task shows nothing."""
        del timestep
        return ""

    def task_columns(self, task: Any, trial: int) -> dict[str, float]:
        """The columns that describe the task on a trial in a game's record; by default none.

        Trials are counted from zero here.
        """
        del task, trial
        return {}

    @property
    def diagnostic_label(self) -> str:
        """What the labels of `diagnostic_tasks` mean: the axis label."""
        return "task"

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[Any, list[str]]:
        """The tasks of a raster's rows, and the rows' labels.

        Args:
          count: the number of tasks.
          key: the random key, for families that draw the tasks, as by default. It is consumed.

        Returns:
          The tasks, with a leading axis, and a label for each.
        """
        tasks = jax.vmap(self.sample_task)(jax.random.split(key, count))
        return tasks, [f"task {row + 1}" for row in range(count)]

    def to_dict(self) -> dict[str, Any]:
        """The family's name and settings, as configs and checkpoints store them."""
        return {"family": self.family, **{name: getattr(self, name) for name in _field_names(self)}}


def _again(family: str, origin: Origin, fields: dict[str, Any]) -> TaskFamily:
    """Builds a family in another process."""
    again: TaskFamily = families.import_again(family, origin)(**fields)
    return again


def _field_names(env: TaskFamily) -> list[str]:
    return [field.name for field in dataclasses.fields(env)]  # type: ignore[arg-type]


@runtime_checkable
class HasBelief(Protocol):
    """A family whose ideal observer is a Bayes filter.

    The observer knows the family and sees what a player sees. These four methods provide belief
    rewards, a greedy player, a Thompson player, and targets for decoding.
    """

    def initial_belief(self) -> Any:
        """The belief at the start of an episode: a pytree of arrays."""

    def update_belief(
        self, belief: Any, timestep: TimeStep, action: Int[Array, ""], next_timestep: TimeStep
    ) -> Any:
        """The belief after a step.

        Args:
          belief: the belief before the step.
          timestep: the time step before the action.
          action: the action.
          next_timestep: the time step after the action, with its reward.
        """

    def belief_values(
        self, belief: Any, timestep: TimeStep
    ) -> tuple[Float[Array, " A"], Float[Array, ""]]:
        """The expectation of `action_values`, and of their maximum, under a belief."""

    def sample_values(
        self, key: Key[Array, ""], belief: Any, timestep: TimeStep
    ) -> Float[Array, " A"]:
        """The `action_values` of a task drawn from the belief. The key is consumed."""


@runtime_checkable
class HasPlan(Protocol):
    """A family whose Bayes-optimal policy is known, as a function of the ideal observer's belief.

    A family whose policy is only good, not optimal, names it in `plan_label`. Families in which the
    greedy player is optimal (`TaskFamily.greedy_is_optimal`) need none.
    """

    def planned_values(self, belief: Any, timestep: TimeStep) -> Float[Array, " A"]:
        """The expected reward from this step to the end of the episode, for each action.

        Every later step is played as well as an ideal observer can, who is told no more than the
        players are.
        """


def why_no_belief(env: TaskFamily) -> str | None:
    """Why `env` has no Bayes filter, in one sentence; None if it has one."""
    if not isinstance(env, HasBelief):
        return f"The family {env.family} defines no Bayes filter (`metarl.envs.HasBelief`)."
    reason: str | None = getattr(env, "no_belief", None)
    return reason
