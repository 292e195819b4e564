"""The configs of experiments: frozen dataclasses that are checked when they are made."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metarl.agents.actor_critic import LSTM
from metarl.agents.registry import networks
from metarl.checks import (
    check_bool,
    check_choice,
    check_filename,
    check_instance,
    check_integer,
    check_number,
    check_path,
    check_seed,
    short_repr,
)
from metarl.envs import Bandit, TaskFamily
from metarl.envs.core import why_no_belief
from metarl.registry import Origin, origin

CHECKPOINT_FILE = "checkpoint.npz"
RESUME = "auto"
OPTIMIZERS = ("adam", "rmsprop")
ADVANTAGE_ESTIMATORS = ("gae", "n_step")
ADVANTAGE_REWARDS = ("belief", "oracle", "sampled")


class InFolder:
    """A config with a `workdir`: the folder its files are in."""

    workdir: str

    @property
    def folder(self) -> Path:
        """The folder `workdir` names; a leading `~` is the user's home."""
        return Path(self.workdir).expanduser()


class OfAgent(InFolder):
    """A config with a `name`: the agent's; it has its own folder in `workdir`."""

    name: str

    @property
    def agent_folder(self) -> Path:
        """The agent's folder."""
        return self.folder / self.name

    @property
    def checkpoint_file(self) -> Path:
        """The agent's checkpoint."""
        return self.agent_folder / CHECKPOINT_FILE


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
      entropy_cost: weight of the policy's entropy at the first update (A3C: .01); None for a number
        that suits the task.
      entropy_cost_end: the same at the last update.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    random_seed: int = 42
    network: str = "lstm"
    num_units: int = 48
    use_trial_index: bool = True
    training_steps: int | None = None
    training_seconds: float | None = None
    schedule_end: float = 0.75
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
    entropy_cost: float | None = None
    entropy_cost_end: float = 0.0

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_seed("random_seed", self.random_seed)
        if self.network != LSTM:
            networks.find(self.network)
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
        for name in ("use_trial_index", "normalize_advantage", "normalize_value_loss"):
            check_bool(name, getattr(self, name))
        check_number("learning_rate", self.learning_rate, 0, above_low=True)
        check_number("max_gradient_norm", self.max_gradient_norm, 0, above_low=True)
        for name in ("learning_rate_end", "value_cost", "entropy_cost", "entropy_cost_end"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 0)
        for name in ("discount", "discount_end", "gae_lambda", "gae_lambda_end"):
            if getattr(self, name) is not None:
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

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the settings; a network from a user's file is imported by its path."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        kind = None if self.network == LSTM else networks.find(self.network)
        return _again, (kind and origin(kind, "network"), fields)


def _again(origin: Origin | None, fields: dict[str, Any]) -> AgentConfig:
    """Builds a config in another process."""
    if origin is not None:
        networks.import_again(fields["network"], origin)
    return AgentConfig(**fields)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig(OfAgent):
    """One training run: the task family, the agent, and how the run is carried out.

    Attributes:
      workdir: the folder that holds a folder for each agent; both are made if they do not exist.
      name: the name `NAME` of the agent: everything is written to `workdir/NAME/`.
      resume: whether to go on from the agent's checkpoint instead of starting afresh; `"auto"` goes
        on if there is one.
      init_from: an agent to start from, with a new optimiser state: the name of one in `workdir`,
        or of one that ships with the package. It must have the same network. None draws parameters.
      save_optimizer: whether the last checkpoint keeps the optimiser's state, so that a later run
        can train it further.
      num_workers: worker processes; 0 runs the same training in this process, deterministically.
      gradients_in_flight: number of gradients per worker that may be pending. With 1 it waits until
        each has become an update; with 2 it never waits, and its parameters are a little older.
      num_evaluators: evaluator processes, each with a csv of its own (and tasks of its own); with
        no workers they, too, run in this process.
      eval_every_steps: environment steps between evaluations; a busy evaluator skips one.
      num_eval_episodes: episodes in one evaluation during training.
      num_final_eval_episodes: episodes of the final, frozen evaluation.
      progress_bar: whether to show a progress bar.
      log_every_steps: environment steps between two lines of progress in the log.
      checkpoint_every_steps: environment steps between two checkpoints.
      max_worker_restarts: number of lost workers that are replaced before training stops; the
        same limit applies to evaluators.
      worker_timeout_seconds: seconds a worker may take for a gradient, or an evaluator for an
        evaluation, before it counts as lost; for its first, it has a minute more.
      max_skipped_updates: updates that may be skipped in this run, because their gradient, loss or
        step was not finite, before training gives up.
      environment: the family of tasks.
      agent: the network, and how it is trained.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    name: str = "my_agent"
    resume: bool | str = False
    init_from: str | None = None
    save_optimizer: bool = True
    num_workers: int = 2
    gradients_in_flight: int = 2
    num_evaluators: int = 1
    eval_every_steps: int = 200_000
    num_eval_episodes: int = 500
    num_final_eval_episodes: int = 2_000
    progress_bar: bool = True
    log_every_steps: int = 200_000
    checkpoint_every_steps: int = 1_000_000
    max_worker_restarts: int = 3
    worker_timeout_seconds: float = 120.0
    max_skipped_updates: int = 100
    environment: TaskFamily = dataclasses.field(default_factory=Bandit)
    agent: AgentConfig = dataclasses.field(default_factory=AgentConfig)

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_filename("name", self.name)
        if self.resume != RESUME:
            check_bool("resume", self.resume, f" or {RESUME!r}")
        if self.init_from is not None:
            check_filename("init_from", self.init_from)
        for name in ("save_optimizer", "progress_bar"):
            check_bool(name, getattr(self, name))
        check_integer("max_skipped_updates", self.max_skipped_updates, 0)
        for name in ("num_workers", "num_evaluators", "max_worker_restarts"):
            check_integer(name, getattr(self, name), 0, maximum=1024)
        check_number("worker_timeout_seconds", self.worker_timeout_seconds, 0, above_low=True)
        object.__setattr__(self, "worker_timeout_seconds", float(self.worker_timeout_seconds))
        check_integer("gradients_in_flight", self.gradients_in_flight, 1, maximum=64)
        for name in ("eval_every_steps", "log_every_steps", "checkpoint_every_steps"):
            check_integer(name, getattr(self, name), 1)
        for name in ("num_eval_episodes", "num_final_eval_episodes"):
            check_integer(name, getattr(self, name), 2, "One episode has no standard error.")
        check_instance("environment", self.environment, TaskFamily)
        check_instance("agent", self.agent, AgentConfig)
        if self.agent.advantage_rewards == "belief":
            reason = why_no_belief(self.environment)
            if reason is not None:
                raise ValueError(f"`advantage_rewards` must not be 'belief' here. {reason}")
        if self.agent.advantage_rewards == "oracle" and not self.environment.has_regret:
            raise ValueError(
                "`advantage_rewards` must be 'sampled' for the family "
                f"{self.environment.family}, got 'oracle'. It does not know the values of its "
                "actions: a choice changes later trials."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalConfig(OfAgent):
    """One evaluation of frozen parameters.

    Attributes:
      workdir: the folder that holds a folder for each agent.
      name: the name `NAME` of an agent in that folder, or else of one that ships with
        the package. Results are written to `workdir/NAME/`.
      random_seed: the seed of the tasks, of the luck in them and of the agent's choices.
      num_workers: threads that play blocks of episodes side by side; 0 for one per core of the
        processor. The result does not depend on it.
      num_eval_episodes: episodes to play.
      environment: settings of the family of tasks, by name, to change from training, as in
        `{"num_trials": 50}`.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    workdir: str = "results"
    name: str = "my_agent"
    random_seed: int = 0
    num_workers: int = 0
    num_eval_episodes: int = 1_000
    environment: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_filename("name", self.name)
        check_seed("random_seed", self.random_seed)
        check_integer("num_workers", self.num_workers, 0, maximum=1024)
        check_integer("num_eval_episodes", self.num_eval_episodes, 1)
        if not isinstance(self.environment, Mapping) or not all(
            isinstance(name, str) for name in self.environment
        ):
            raise ValueError(
                f"`environment` must be settings by name, as in {{'num_trials': 50}}, "
                f"got {short_repr(self.environment)}."
            )
