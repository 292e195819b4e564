"""The config of the network and of its training: a frozen dataclass, checked when it is made."""

import dataclasses
from typing import Any

from metarl.agents.actor_critic import LSTM, Agent
from metarl.agents.registry import networks
from metarl.checks import check_bool, check_choice, check_integer, check_number, check_seed
from metarl.envs import TaskFamily
from metarl.registry import origin

DERIVED = ("training_steps", "discount_end", "episodes_per_update")  # if None
BOOLEANS = ("use_trial_index", "scale_rewards", "normalize_advantage", "normalize_value_loss")
OPTIMIZERS = ("adam", "rmsprop")
ADVANTAGE_ESTIMATORS = ("gae", "n_step")
ADVANTAGE_REWARDS = ("belief", "oracle", "sampled")


@dataclasses.dataclass(frozen=True, kw_only=True)
class AgentConfig:
    """The network, and how it is trained. Fields in pairs go from the first to the `_end` value.

    They change once per update: the learning rate along a cosine, to the last update; the others
    linearly, over the fraction `schedule_end` of all updates. The defaults are one recipe for all
    tasks; a setting that is None is derived from the task. The papers' values are those of Wang
    et al. 2016 ("W16", arXiv 1611.05763) and Mnih et al. 2016 ("A3C", arXiv 1602.01783).

    Attributes:
      random_seed: the only random seed of a training run; all its random streams derive from it.
      network: the network's name: `lstm`, or another of `metarl.agents.networks`, such as one of
        the user's own.
      num_units: number of recurrent units, `H` (W16: 48).
      use_trial_index: whether the trial's index is an input of the network (W16: it is).
      scale_rewards: whether rewards are divided by the largest size of the family's `reward_range`
        before the network sees them; the critic's values are multiplied by it.
      training_steps: environment steps to train for, all workers together; None for a number that
        suits the task, see `metarl.config.recipe`.
      training_seconds: seconds to train for, in place of steps: a rate measured at the start turns
        them into steps, which the log and the checkpoint record. None for `training_steps`.
      schedule_end: the fraction of training after which discount, lambda and the entropy's cost
        have their `_end` values.
      episodes_per_update: number of episodes in the batch for one gradient, `B`; None for a number
        that suits the task, see `metarl.config.recipe`.
      max_unroll_steps: the most steps from one gradient to the next. A longer episode is cut into
        pieces of equal length, as far as they can be.
      learning_rate: the optimiser's learning rate at the first update.
      learning_rate_end: the same at the last update.
      optimizer: `"adam"`, or `"rmsprop"` as in the papers.
      adam_b1: decay of Adam's mean of gradients, per update.
      adam_b2: decay of the mean of squared gradients, per update; RMSProp's, too.
      max_gradient_norm: gradients of a larger global norm are scaled down to it beforehand.
      discount: discount of future rewards, per step (A3C: .99).
      discount_end: the same at the last update; None for a number that suits the task.
      advantage_estimator: `"gae"`, or `"n_step"` as in A3C.
      gae_lambda: decay of the GAE estimator, per step; only used by `"gae"`.
      gae_lambda_end: the same at the last update.
      advantage_rewards: the rewards that returns and advantages are computed from. `"sampled"`: the
        rewards the agent received, as in the papers. `"oracle"`: the expected reward of its action
        minus that of the best one, which only a simulator knows; far less noisy. `"belief"`: the
        same difference as an ideal observer of the episode so far expects it, which also averages
        out the random draw of the task. The network's input is always the sampled reward.
      normalize_advantage: whether advantages are divided by their root mean square over the batch.
      normalize_value_loss: whether the critic's loss is divided by the mean square of the
        advantages over the batch. It then has the scale of the policy's loss, whatever the rewards
        and the discount.
      value_cost: weight of the critic's loss (A3C: .5; W16's replications: .05).
      entropy_cost: weight of the policy's entropy at the first update (A3C: .01).
      entropy_cost_end: the same at the last update.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    random_seed: int = 42
    network: str = "lstm"
    num_units: int = 48
    use_trial_index: bool = True
    scale_rewards: bool = True
    training_steps: int | None = None
    training_seconds: float | None = None
    schedule_end: float = 0.5
    episodes_per_update: int | None = None
    max_unroll_steps: int = 100
    learning_rate: float = 1e-2
    learning_rate_end: float = 1e-4
    optimizer: str = "adam"
    adam_b1: float = 0.9
    adam_b2: float = 0.99
    max_gradient_norm: float = 0.1
    discount: float = 0.7
    discount_end: float | None = None
    advantage_estimator: str = "gae"
    gae_lambda: float = 0.8
    gae_lambda_end: float = 0.9
    advantage_rewards: str = "sampled"
    normalize_advantage: bool = True
    normalize_value_loss: bool = True
    value_cost: float = 0.3
    entropy_cost: float = 0.1
    entropy_cost_end: float = 0.01

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_seed("random_seed", self.random_seed)
        if self.network != LSTM:
            networks.find(self.network)
        derived = [name for name in DERIVED if getattr(self, name) is None]
        if self.training_steps is not None:
            check_integer("training_steps", self.training_steps, 1)
        if self.training_seconds is not None:
            check_number("training_seconds", self.training_seconds, 0, above_low=True)
        if self.training_steps is not None and self.training_seconds is not None:
            raise ValueError(
                f"`training_seconds` must be None where `training_steps` is {self.training_steps}, "
                f"got {self.training_seconds}. Set one of them to None."
            )
        check_integer("max_unroll_steps", self.max_unroll_steps, 1)
        check_number("schedule_end", self.schedule_end, 0, 1, above_low=True)
        check_integer("num_units", self.num_units, 1, maximum=16_384)
        if self.episodes_per_update is not None:
            check_integer("episodes_per_update", self.episodes_per_update, 1, maximum=10**6)
        for name in BOOLEANS:
            check_bool(name, getattr(self, name))
        check_number("learning_rate", self.learning_rate, 0, above_low=True)
        check_number("max_gradient_norm", self.max_gradient_norm, 0, above_low=True)
        for name in ("learning_rate_end", "value_cost", "entropy_cost", "entropy_cost_end"):
            check_number(name, getattr(self, name), 0)
        for name in ("discount", "discount_end", "gae_lambda", "gae_lambda_end"):
            if name not in derived:
                check_number(name, getattr(self, name), 0, 1)
        for name in ("adam_b1", "adam_b2"):
            check_number(name, getattr(self, name), 0, 0.999999)
        for field in dataclasses.fields(self):  # a 1 that was meant as 1.0 becomes one
            value = getattr(self, field.name)
            if field.type in (float, float | None) and value is not None:
                object.__setattr__(self, field.name, float(value))
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_choice("advantage_estimator", self.advantage_estimator, ADVANTAGE_ESTIMATORS)
        check_choice("advantage_rewards", self.advantage_rewards, ADVANTAGE_REWARDS)

    def build(self, env: TaskFamily) -> Agent:
        """The agent with this network, for the tasks of `env`."""
        return Agent.for_environment(
            env,
            network=self.network,
            num_units=self.num_units,
            use_trial_index=self.use_trial_index,
            scale_rewards=self.scale_rewards,
        )

    def __getstate__(self) -> dict[str, Any]:
        """The settings, and where another process finds the class of a network."""
        found = None if self.network == LSTM else origin(networks.find(self.network), "network")
        return {**vars(self), "origin": found}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes the settings; a network from a user's file is imported by its path."""
        found = state.pop("origin")
        if found is not None:
            networks.import_again(state["network"], found)
        vars(self).update(state)
