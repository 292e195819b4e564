"""The configs of experiments: frozen dataclasses that are checked when they are made."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metarl.checks import (
    check_bool,
    check_choice,
    check_filename,
    check_instance,
    check_integer,
    check_number,
    check_path,
    check_seed,
    check_text,
    short_repr,
)
from metarl.config.agent import AgentConfig
from metarl.envs import Bandit, TaskFamily
from metarl.envs.core import why_no_belief

CHECKPOINT_FILE = "checkpoint.npz"
RESUME = "auto"


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
      cluster: where workers and evaluators run: None for processes on this machine, `"ray"` for
        actors of a Ray cluster; `"jax"` for one worker that is spread over all processes of
        `jax.distributed`, of which the first evaluates and writes.
      ray_address: the address of the cluster, as in `"10.0.0.1:6379"` or `"auto"`; None starts
        Ray on this machine.
      coordinator: with `cluster="jax"`, the address of the first process, as in
        `"10.0.0.1:1234"`; None where SLURM or the like has started the processes.
      num_processes: with `coordinator`, the number of processes.
      process_id: with `coordinator`, which of them this one is, counted from zero.
      num_evaluators: evaluator processes, each with a csv of its own (and tasks of its own); with
        no workers they, too, run in this process.
      eval_every_steps: environment steps between evaluations; a busy evaluator skips one.
      num_eval_episodes: episodes in one evaluation during training.
      num_final_eval_episodes: episodes of the final, frozen evaluation.
      progress_bar: whether to show a progress bar.
      tensorboard: whether to write the learning curves for TensorBoard, too, to `tensorboard/` in
        the agent's folder.
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
    gradients_in_flight: int = 1
    cluster: str | None = None
    ray_address: str | None = None
    coordinator: str | None = None
    num_processes: int | None = None
    process_id: int | None = None
    num_evaluators: int = 1
    eval_every_steps: int = 200_000
    num_eval_episodes: int = 500
    num_final_eval_episodes: int = 2_000
    progress_bar: bool = True
    tensorboard: bool = False
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
        if not isinstance(self.resume, str) or self.resume != RESUME:
            check_bool("resume", self.resume, f" or {RESUME!r}")
        if self.init_from is not None:
            check_filename("init_from", self.init_from)
        for name in ("save_optimizer", "progress_bar", "tensorboard"):
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
        self._check_cluster()
        check_instance("environment", self.environment, TaskFamily)
        check_instance("agent", self.agent, AgentConfig)
        if self.agent.advantage_rewards == "belief":
            reason = why_no_belief(self.environment)
            if reason is not None:
                raise ValueError(f"`advantage_rewards` must not be 'belief' here. {reason}")
        if self.agent.advantage_rewards != "sampled" and not self.environment.has_regret:
            raise ValueError(
                "`advantage_rewards` must be 'sampled' for the family "
                f"{self.environment.family}, got '{self.agent.advantage_rewards}'. It does not "
                "know the values of its actions: a choice changes later trials."
            )

    def _check_cluster(self) -> None:
        if self.cluster is not None:
            check_choice("cluster", self.cluster, ("ray", "jax"))
            if self.num_workers == 0:
                raise ValueError("`num_workers` must be at least 1 with a `cluster`, got 0.")
        by_hand = ("coordinator", "num_processes", "process_id")
        for name, cluster in (("ray_address", "ray"), *((name, "jax") for name in by_hand)):
            value = getattr(self, name)
            if value is not None and self.cluster != cluster:
                raise ValueError(
                    f"`{name}` must be None without `cluster='{cluster}'`, got {short_repr(value)}."
                )
        for name in ("ray_address", "coordinator"):
            if getattr(self, name) is not None:
                check_text(name, getattr(self, name))
        missing = [name for name in by_hand if getattr(self, name) is None]
        if len(missing) == len(by_hand):
            return
        if missing:
            raise ValueError(f"`{missing[0]}` must go with {' and '.join(by_hand)}, got None.")
        if ":" not in str(self.coordinator):
            raise ValueError(
                "`coordinator` must be an address with a port, as in '10.0.0.1:1234', got "
                f"{short_repr(self.coordinator)}."
            )
        check_integer("num_processes", self.num_processes, 1, maximum=1_000_000)
        check_integer("process_id", self.process_id, 0, maximum=self.num_processes - 1)  # type: ignore[operator]


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
