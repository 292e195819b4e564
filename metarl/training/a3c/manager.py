"""The manager: owns parameters and optimiser state, and applies gradients as they arrive."""

import contextlib
import dataclasses
import logging
import pickle
import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from tqdm.auto import tqdm

from metarl.config.experiment import RESUME, TrainConfig
from metarl.config.recipe import explain
from metarl.evaluation.yardsticks import Yardsticks
from metarl.jax_settings import make_key
from metarl.processes.child import refuse_unguarded_script
from metarl.processes.fork_server import begin_fork_server
from metarl.processes.interrupts import signals_as_keyboard_interrupt
from metarl.processes.memory import on_host
from metarl.progress import make_progress_bar
from metarl.storage.checkpoint import (
    Checkpoint,
    current_versions,
    save_checkpoint,
)
from metarl.storage.curves import EvaluatorRow, LearningCurves
from metarl.storage.files import make_folder, remove_leftovers
from metarl.storage.run_lock import only_run_in
from metarl.storage.run_log import run_log
from metarl.training.a3c.evaluator import (
    final_scores,
)
from metarl.training.a3c.rate import measure_rate
from metarl.training.a3c.reporter import Reporter
from metarl.training.a3c.state import (
    as_in_checkpoint,
    fresh_state,
    refuse_missing,
    resumed_state,
    warm_start,
)
from metarl.training.a3c.transport import Evaluators, Workers, open_pools
from metarl.training.a3c.updates import Updater
from metarl.training.learner import Learner

logger = logging.getLogger("metarl")


def train(
    config: TrainConfig,
    *,
    on_evaluation: Callable[[EvaluatorRow], None] | None = None,
    yardsticks: Yardsticks | None = None,
) -> Checkpoint:
    """Trains an agent by A3C, evaluates it with frozen weights and writes its checkpoint.

    With `num_workers=0` the same config gives the same parameters, bit for bit, on the same machine
    with the same package versions. With worker processes it does not: gradients arrive in an order
    that depends on the machine's load.

    Args:
      config: the training run. `checkpoint.npz`, `log.INFO` and a csv per evaluator go to the
        agent's folder, `workdir/NAME/`.
      on_evaluation: called in this process with each row an evaluator has finished, for instance
        to draw it.
      yardsticks: players to compare with; the run starts them after its first update, and then
        shows how far the agent is from random to the best of them.

    Returns:
      The checkpoint, as it was written.

    Raises:
      CheckpointError: with `resume` or `init_from`, if there is no checkpoint that this run can
        resume or start from.
      FolderInUseError: if another run trains the same agent.
      OSError: if the folder cannot be made or written to, or the disk is full; a checkpoint that
        was there before is as it was.
      ChildFailedError: if a worker or evaluator raised an exception.
      ChildLostError: if more of them were lost, or hung, than `max_worker_restarts`.
      DivergedError: if more updates were skipped than `max_skipped_updates`, because their
        gradient, loss or step was not finite; the last good parameters are kept.
      KeyboardInterrupt: on Ctrl-C, or when the kernel or terminal is closed, after the state was
        saved; its message says what is kept.
      RuntimeError: if a script starts workers without the guard `if __name__ == "__main__":`, or
        this process may not start any.
    """
    if config.num_workers > 0:
        refuse_unguarded_script()
        pickle.dumps(config)  # refuses classes that they could not import
        begin_fork_server()
    if config.resume == RESUME:
        config = dataclasses.replace(config, resume=config.checkpoint_file.exists())
    if config.resume:
        refuse_missing(config.checkpoint_file)
        config = as_in_checkpoint(config.checkpoint_file, config)
    make_folder(config.agent_folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(only_run_in(config.agent_folder))
        remove_leftovers(config.checkpoint_file)
        manager = _Manager(config, on_evaluation, yardsticks)
        stack.callback(manager.reporter.close)
        log = config.agent_folder / "log.INFO"
        stack.enter_context(run_log(log, append=bool(config.resume)))
        stack.enter_context(signals_as_keyboard_interrupt())
        if yardsticks is not None:
            stack.push(lambda kind, error, trace: yardsticks.stop() if error else None)
        logger.info("start: %s", manager.config)
        for sentence in explain(config.agent, config.environment):
            logger.info("derived: %s", sentence)
        try:
            manager.run()
            manager.save()
            scores = final_scores(config, manager.learner, manager.kept.flat_params)
            checkpoint = manager.checkpoint(scores)
            if not config.save_optimizer:
                checkpoint = checkpoint._replace(optimizer=None)
            save_checkpoint(manager.path, checkpoint)
        except KeyboardInterrupt:
            kept = manager.rescue()
            logger.warning("interrupted: %s", kept)
            raise KeyboardInterrupt(kept) from None
        except Exception as error:
            error.add_note(manager.rescue())
            logger.exception("failed after %d steps", manager.state.progress.steps)
            raise
        logger.info("end: %s, scores %s", checkpoint.progress, checkpoint.scores)
    return checkpoint


class _Manager:
    """One training run, seen from the manager's process.

    Attributes:
      path: the checkpoint's file.
      state: where training stands.
      kept: the state a checkpoint holds. With workers that is `state`; without, it is the state
        at the last end of an episode, so that a resumed run is the same as one never interrupted.
    """

    def __init__(
        self,
        config: TrainConfig,
        on_evaluation: Callable[[EvaluatorRow], None] | None,
        yardsticks: Yardsticks | None,
    ) -> None:
        self.path = config.checkpoint_file
        self._train_for(config)
        self._drawn = not config.resume and config.init_from is None
        if config.resume:
            self.state = resumed_state(self.path, config, self.learner)
        elif config.init_from is not None:
            params = warm_start(config.init_from, config, self.learner)
            self.state = fresh_state(params)
        else:  # drawn when workers are at work
            nothing = np.zeros(self.learner.num_params, np.float32)
            self.state = fresh_state(nothing)
        self.kept = self.state
        # Three vectors of parameters, twice over; this checks now that the disk has room.
        make_folder(config.agent_folder, room_for=24 * self.learner.num_params)
        keep_up_to = self.state.progress.steps if config.resume else -1
        curves = LearningCurves(config.agent_folder, config.num_evaluators, keep_up_to)
        self.reporter = Reporter(config, curves, yardsticks, on_evaluation)
        self._update = Updater(config, self.state.progress.skipped)
        self._updates_before = self.state.progress.updates
        self._begun = time.monotonic() - self.state.progress.seconds

    def run(self) -> None:
        """Trains until the last update has been made. No process is left behind in any case."""
        config, progress = self.config, self.state.progress
        if progress.updates >= self.learner.total_updates:
            logger.info("nothing left to train: all %d updates were made", progress.updates)
            return
        batches = list(progress.batches) + [0] * (config.num_workers + 1 - len(progress.batches))
        with contextlib.ExitStack() as stack:
            workers, evaluators = stack.enter_context(open_pools(config, self.learner, batches))
            if self._drawn:  # the first worker compiles its program meanwhile
                drawn = self.learner.init(make_key(config.agent.random_seed))
                self.state = self.kept = fresh_state(on_host(drawn))
            bar = stack.enter_context(
                make_progress_bar(
                    visible=config.progress_bar,
                    total=self.learner.total_steps,
                    initial=progress.steps,
                    desc="training",
                    unit=" steps",
                    unit_scale=True,
                )
            )
            if self.config.agent.training_seconds is not None:
                self._fit_to_seconds(workers)
                bar.total = self.learner.total_steps
            self._train(workers, evaluators, bar)

    def checkpoint(self, scores: dict[str, Any] | None = None) -> Checkpoint:
        """The checkpoint of the state that is kept."""
        return Checkpoint(
            config=self.config,
            params=self.learner.unravel(self.kept.flat_params),
            optimizer=list(self.kept.optimizer),
            progress=self.kept.progress,
            staleness=self.kept.staleness,
            scores=scores or {},
            versions=current_versions(),
        )

    def save(self) -> None:
        """Writes the checkpoint of the state that is kept."""
        save_checkpoint(self.path, self.checkpoint())

    def rescue(self) -> str:
        """Saves what this run has trained, if it has; says what is kept."""
        done = self.kept.progress
        if done.updates == self._updates_before:
            return "no update was made, and no checkpoint was written"
        try:
            self.save()
        except OSError as error:
            return f"what was trained since the last checkpoint could not be kept: {error.strerror}"
        return f"{self.path} is kept, trained for {done.steps} steps; go on with `resume`"

    def _train(
        self,
        workers: Workers,
        evaluators: Evaluators,
        bar: tqdm,
    ) -> None:
        config = self.config
        # The first worker compiles; the others begin when they can find the program in the cache.
        first, *waiting = workers.idle()
        self._send(workers, [first])
        if self.state.progress.updates == 0:  # evaluates the untrained network
            self.reporter.note(evaluators.submit(self.state.flat_params, self.state.progress))
        while self.state.progress.updates < self.learner.total_updates:
            index, gradient = workers.receive()
            before = self.state.progress
            seconds = time.monotonic() - self._begun
            done = self.learner.done(before.updates)
            self.state = self._update(self.state, index, gradient, seconds, done)
            flat_params, progress = self.state.flat_params, self.state.progress
            self._send(workers, [index, *waiting])
            waiting = []
            unfinished = progress.updates < self.learner.total_updates
            if gradient.episodes or config.num_workers > 0 or not unfinished:
                self.kept = self.state
            if progress.updates > before.updates:
                self.reporter.add(gradient.metrics)
            bar.update(progress.steps - before.steps)

            def due(every: int, before: int = before.steps, now: int = progress.steps) -> bool:
                return now // every > before // every

            # The last parameters are evaluated by `drain`, however the intervals fall.
            if due(config.eval_every_steps) and unfinished:
                self.reporter.note(evaluators.submit(flat_params, progress))
            if due(config.checkpoint_every_steps):
                self.save()
            if before.updates == self._updates_before < progress.updates:
                self.reporter.first_update(progress)
            if due(config.log_every_steps) or not unfinished:
                self.reporter.line(progress, bar)
        self.reporter.note(evaluators.drain(self.state.flat_params, self.state.progress))
        counts = self.state.staleness
        mean = float(np.average(np.arange(len(counts)), weights=counts))
        logger.info("staleness: mean %.2f, at most %d updates", mean, len(counts) - 1)

    def _train_for(self, config: TrainConfig) -> None:
        """Takes the config, with steps in place of None."""
        self.learner = Learner(config.environment, config.agent)
        agent = config.agent if config.agent.training_seconds is not None else self.learner.config
        self.config = dataclasses.replace(config, agent=agent)

    def _fit_to_seconds(self, workers: Workers) -> None:
        """Turns `training_seconds` into steps, at the rate of updates that are thrown away."""
        seconds = cast(float, self.config.agent.training_seconds)
        rate = measure_rate(workers, self._update, self.state)
        steps = max(1, round(rate * seconds))
        logger.info("%g seconds at %.0f steps/s: %d steps", seconds, rate, steps)
        agent = dataclasses.replace(self.config.agent, training_steps=steps, training_seconds=None)
        self._train_for(dataclasses.replace(self.config, agent=agent))

    def _send(self, workers: Workers, free: list[int]) -> None:
        """Sends the parameters to workers that are free."""
        updates = self.state.progress.updates
        for index in free:
            workers.send(index, self.state.flat_params, updates, self.learner.done(updates))
