"""What a run says while it trains: its log, its csv files and its progress bar."""

import collections
import logging
import math
import time
from collections.abc import Callable

import numpy as np
from tqdm.auto import tqdm

from metarl.config import TrainConfig
from metarl.evaluation.yardsticks import COLLAPSED, Yardsticks, has_collapsed
from metarl.storage.checkpoint import Progress
from metarl.storage.curves import EvaluatorRow, LearningCurves, TrainingRow
from metarl.storage.tensorboard import Scalars
from metarl.training.a3c.evaluator import Found
from metarl.training.learner import Metrics

logger = logging.getLogger("metarl")

_RECENT = 10_000  # updates that a line of progress speaks of, at most


class Reporter:
    """Reports on a run.

    Args:
      config: the training run.
      curves: its csv files.
      yardsticks: the players that the agent is compared with, or None.
      on_evaluation: called with each row that an evaluator has finished.
    """

    def __init__(
        self,
        config: TrainConfig,
        curves: LearningCurves,
        yardsticks: Yardsticks | None,
        on_evaluation: Callable[[EvaluatorRow], None] | None,
    ) -> None:
        self._env = config.environment
        self._curves, self._yardsticks, self._on_evaluation = curves, yardsticks, on_evaluation
        folder = config.agent_folder / "tensorboard"
        self._scalars = Scalars(folder) if config.tensorboard else None
        self._recent: collections.deque[Metrics] = collections.deque(maxlen=_RECENT)
        self._collapsed = False

    def add(self, metrics: Metrics) -> None:
        """Takes the metrics of an update."""
        self._recent.append(metrics)

    def first_update(self, progress: Progress) -> None:
        """Writes the first row of `training.csv`; the other players begin to play."""
        self._curves.training.append(self._row(progress))
        if self._yardsticks is not None:
            self._yardsticks.start()

    def line(self, progress: Progress, bar: tqdm) -> None:
        """Reports on the updates since the last line."""
        row = self._row(progress)
        self._recent.clear()
        self._curves.training.append(row)
        self._write_scalars("training", row)
        shown = {"reward": f"{row.reward:.3f}"}
        if self._env.has_regret:
            shown["regret"] = f"{row.expected_regret:.2f}"
        scale = self._yardsticks.scale() if self._yardsticks is not None else None
        reached = ""
        if scale is not None:
            reward = row.reward * self._env.steps_per_trial
            share = scale.share(row.expected_regret if self._env.has_regret else reward)
            shown["from random to best"] = f"{share:.0%}"
            reached = f", {share:.1%} of the way from random to best"
            self._notice_collapse(row, share)
        bar.set_postfix(shown)
        logger.info(
            "progress: %d steps, reward %.4f, regret %.3f, entropy %.3f, %d skipped%s",
            *(row.step, row.reward, row.expected_regret, row.entropy, row.skipped, reached),
        )

    def note(self, found: list[Found]) -> None:
        """Reports what evaluators have found."""
        for index, row in found:
            self._curves.evaluators[index].append(row)
            self._write_scalars(f"evaluator_{index}", row)
            logger.info(
                "evaluation: reward %.4f, regret %.3f at %d steps",
                *(row.mean_reward, row.expected_regret, row.step),
            )
            if self._on_evaluation is not None:
                self._on_evaluation(row)

    def close(self) -> None:
        """Closes what is open."""
        if self._scalars is not None:
            self._scalars.close()

    def _write_scalars(self, group: str, row: TrainingRow | EvaluatorRow) -> None:
        if self._scalars is not None:
            self._scalars.write(group, row)

    def _notice_collapse(self, row: TrainingRow, share: float) -> None:
        """Warns once if the policy hardly varies any more and does no better than chance."""
        if has_collapsed(row.entropy, share, self._env.num_actions) and not self._collapsed:
            self._collapsed = True
            logger.warning(COLLAPSED, row.entropy)

    def _row(self, progress: Progress) -> TrainingRow:
        means = dict(
            zip(Metrics._fields, np.mean(np.asarray(self._recent), axis=0).tolist(), strict=True)
        )
        env = self._env
        return TrainingRow(
            step=progress.steps,
            episodes=progress.episodes,
            updates=progress.updates,
            skipped=progress.skipped,
            wall_seconds=progress.seconds,
            time=time.time(),
            reward=means["reward"],
            expected_regret=means["regret"] * env.num_steps if env.has_regret else math.nan,
            entropy=means["entropy"],
            policy_loss=means["policy_loss"],
            value_loss=means["value_loss"],
        )
