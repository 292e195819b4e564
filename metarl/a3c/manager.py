"""The manager: owns parameters and optimiser state, and applies gradients as they come."""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from jaxtyping import Array
from tqdm.auto import tqdm

from metarl.a3c.evaluator import EvaluatorRow, InlineEvaluators, ProcessEvaluators
from metarl.a3c.state import TrainState, fresh_state, resumed_state
from metarl.a3c.worker import Contribution, InlineWorkers, ProcessWorkers
from metarl.checkpoint import Checkpoint, Progress, current_versions, save_checkpoint
from metarl.config import TrainConfig
from metarl.evaluation import episode_regret, evaluate, trial_reward
from metarl.learner import Learner, Metrics, Settings, make_optimizer
from metarl.process import (
    ChildFailedError,
    ChildLostError,
    begin_fork_server,
    refuse_unguarded_script,
)
from metarl.runlog import run_log

logger = logging.getLogger("metarl")


def train(
    config: TrainConfig,
    *,
    progress_bar: bool = True,
    on_evaluation: Callable[[EvaluatorRow], None] | None = None,
) -> Checkpoint:
    """Trains an agent by A3C, evaluates it with frozen weights and writes its checkpoint.

    With `num_workers=0` the same config gives the same parameters, bit for bit, on the same machine
    with the same package versions. With worker processes it does not: gradients arrive in an order
    that depends on the machine's load.

    Args:
      config: the training run. `NAME.npz`, `log.INFO` and a csv per evaluator go to `config.path`.
      progress_bar: whether to show one.
      on_evaluation: called in this process with each row an evaluator has finished, for instance
        to draw it.

    Returns:
      The checkpoint, as it was written.

    Raises:
      CheckpointError: with `resume`, if there is no checkpoint that this run can go on from.
      OSError: if the folder cannot be made or written to.
      ChildFailedError: if a worker or evaluator raised an exception.
      ChildLostError: if more of them were lost than `max_worker_restarts`.
      KeyboardInterrupt: on Ctrl-C, after the state was saved; its message says what is kept.
      RuntimeError: if a script starts workers without the guard `if __name__ == "__main__":`.
    """
    if config.num_workers > 0:
        refuse_unguarded_script()
        begin_fork_server()
    manager = _Manager(config, on_evaluation)
    config.folder.mkdir(parents=True, exist_ok=True)
    with run_log(config.folder / "log.INFO", append=config.resume):
        logger.info("start: %s", config)
        try:
            manager.run(progress_bar)
            manager.save()
            checkpoint = manager.checkpoint(manager.score())
        except KeyboardInterrupt:
            kept = manager.rescue()
            logger.warning("interrupted: %s", kept)
            raise KeyboardInterrupt(kept) from None
        except (ChildFailedError, ChildLostError) as error:
            error.add_note(manager.rescue())
            logger.exception("failed")
            raise
        except Exception:
            logger.exception("failed after %d steps", manager.state.progress.steps)
            raise
        if not config.save_optimizer:
            checkpoint = checkpoint._replace(optimizer=None)
        save_checkpoint(manager.path, checkpoint)
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
        self, config: TrainConfig, on_evaluation: Callable[[EvaluatorRow], None] | None
    ) -> None:
        self.config = config
        self.on_evaluation = on_evaluation
        self.path = config.folder / f"{config.params_filename}.npz"
        self.learner = Learner(config.environment, config.agent)
        optimizer = make_optimizer(Settings.of(config.agent), self.learner.total_updates)

        @jax.jit
        def apply(
            flat_params: Array, state: optax.OptState, gradient: Array
        ) -> tuple[Array, optax.OptState]:
            changes, state = optimizer.update(gradient, state, flat_params)
            return flat_params + changes, state

        self._apply = apply
        self._optimizer = optimizer
        if config.resume:
            self.state = self.kept = resumed_state(self.path, config, self.learner, optimizer)
        else:
            nothing = np.zeros(
                self.learner.num_params, np.float32
            )  # drawn when workers are at work
            self.state = self.kept = fresh_state(nothing, optimizer)
        self._updates_before = self.state.progress.updates
        self._begun = time.monotonic() - self.state.progress.seconds

    def run(self, progress_bar: bool) -> None:
        """Trains until the last update has been made. No process is left behind, whatever comes."""
        config, progress = self.config, self.state.progress
        if progress.updates >= self.learner.total_updates:
            logger.info("nothing left to train: all %d updates were made", progress.updates)
            return
        batches = list(progress.batches) + [0] * (config.num_workers + 1 - len(progress.batches))
        keep_up_to = progress.steps if config.resume else -1
        with contextlib.ExitStack() as stack:
            workers: ProcessWorkers | InlineWorkers
            evaluators: ProcessEvaluators | InlineEvaluators
            if config.num_workers > 0:
                workers = ProcessWorkers(config, self.learner.num_params, batches)
                stack.callback(workers.close)
                evaluators = ProcessEvaluators(config, keep_up_to)
                stack.callback(evaluators.close)
            else:
                workers = InlineWorkers(self.learner, batches[0])
                evaluators = InlineEvaluators(config, keep_up_to)
            if not config.resume:  # the first worker compiles its program meanwhile
                drawn = self.learner.init(jax.random.key(config.agent.random_seed))
                self.state = self.kept = fresh_state(np.asarray(drawn), self._optimizer)
            bar = stack.enter_context(
                tqdm(
                    total=self.learner.total_steps,
                    initial=progress.steps,
                    desc="training",
                    unit=" steps",
                    unit_scale=True,
                    disable=not progress_bar,
                )
            )
            self._train(workers, evaluators, bar)

    def checkpoint(self, scores: dict[str, Any] | None = None) -> Checkpoint:
        """The checkpoint of the state that is kept."""
        return Checkpoint(
            config=self.config,
            params=jax.tree.map(np.asarray, self.learner.unravel(self.kept.flat_params)),
            optimizer=[np.asarray(leaf) for leaf in jax.tree.leaves(self.kept.optimizer)],
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
            return "no update was made, and nothing was written"
        self.save()
        return f"{self.path} is kept, trained for {done.steps} steps; go on with `resume`"

    def score(self) -> dict[str, Any]:
        """Evaluates the trained agent, frozen, on tasks that no evaluator saw."""
        config = self.config
        seed = int(np.random.SeedSequence((config.agent.random_seed, 2**32)).generate_state(1)[0])
        result = evaluate(
            self.learner.agent,
            self.learner.unravel(self.kept.flat_params),
            config.environment,
            num_episodes=config.num_final_eval_episodes,
            seed=seed,
            keep_trace=False,
        )
        regret, reward = episode_regret(result), trial_reward(result)
        return {
            "expected_regret": regret.mean,
            "expected_regret_standard_error": regret.standard_error,
            "mean_reward": reward.mean,
            "num_episodes": config.num_final_eval_episodes,
            "seed": seed,
            "advantage_rewards": config.agent.advantage_rewards,
        }

    def _train(
        self,
        workers: ProcessWorkers | InlineWorkers,
        evaluators: ProcessEvaluators | InlineEvaluators,
        bar: tqdm,
    ) -> None:
        config = self.config
        # The first worker compiles; the others begin when they can find the program in the cache.
        first, *waiting = workers.idle()
        workers.hand_out(first, self.state.flat_params, self.state.progress.updates)
        if self.state.progress.updates == 0:  # how an untrained network does
            self._note(evaluators.offer(self.state.flat_params, self.state.progress))
        recent: list[Metrics] = []
        while self.state.progress.updates < self.learner.total_updates:
            index, given = workers.collect()
            before = self.state.progress.steps
            self._update(index, given)
            if self.state.progress.updates == self._updates_before + 1:
                logger.info("first update")
            flat_params, progress = self.state.flat_params, self.state.progress
            for free in (index, *waiting):
                workers.hand_out(free, flat_params, progress.updates)
            waiting = []
            unfinished = progress.updates < self.learner.total_updates
            if given.episodes or config.num_workers > 0 or not unfinished:
                self.kept = self.state
            recent.append(given.metrics)
            bar.update(progress.steps - before)

            def due(every: int, before: int = before, now: int = progress.steps) -> bool:
                return now // every > before // every

            # The last parameters are evaluated by `finish`, however the intervals fall.
            if due(config.eval_every_steps) and unfinished:
                self._note(evaluators.offer(flat_params, progress))
            if due(config.checkpoint_every_steps):
                self.save()
            if due(config.log_every_steps) or not unfinished:
                self._report(recent, bar)
                recent = []
        self._note(evaluators.finish(self.state.flat_params, self.state.progress))
        counts = self.state.staleness
        mean = float(np.average(np.arange(len(counts)), weights=counts))
        logger.info("staleness: mean %.2f, at most %d updates", mean, len(counts) - 1)

    def _update(self, index: int, given: Contribution) -> None:
        state, progress = self.state, self.state.progress
        flat_params, optimizer = self._apply(state.flat_params, state.optimizer, given.gradient)
        batches = list(progress.batches) + [0] * (index + 1 - len(progress.batches))
        batches[index] = given.batch + 1
        age = progress.updates - given.version
        staleness = np.zeros(max(len(state.staleness), age + 1), np.int64)
        staleness[: len(state.staleness)] = state.staleness
        staleness[age] += 1
        self.state = TrainState(
            flat_params=np.asarray(flat_params),
            optimizer=optimizer,
            progress=Progress(
                updates=progress.updates + 1,
                steps=progress.steps + given.steps,
                episodes=progress.episodes + given.episodes,
                seconds=time.monotonic() - self._begun,
                batches=tuple(batches),
            ),
            staleness=staleness,
        )

    def _report(self, recent: list[Metrics], bar: tqdm) -> None:
        metrics = Metrics(*np.mean(np.asarray(recent), axis=0).tolist())
        progress = self.state.progress
        regret = metrics.regret * self.config.environment.num_steps
        bar.set_postfix(reward=f"{metrics.reward:.3f}", regret=f"{regret:.2f}")
        logger.info(
            "progress: %d steps, %d episodes, %d updates, %.3f s, reward %.4f, regret %.3f, "
            "entropy %.4f, policy loss %.4f, value loss %.4f",
            progress.steps,
            progress.episodes,
            progress.updates,
            progress.seconds,
            metrics.reward,
            regret,
            metrics.entropy,
            metrics.policy_loss,
            metrics.value_loss,
        )

    def _note(self, rows: list[EvaluatorRow]) -> None:
        for row in rows:
            logger.info("evaluation: regret %.3f at %d steps", row.expected_regret, row.step)
            if self.on_evaluation is not None:
                self.on_evaluation(row)
