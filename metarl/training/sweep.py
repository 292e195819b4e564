"""Sweeps: the same training with several random seeds and settings, in processes or on Ray."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from metarl.config import TrainConfig
from metarl.config.sweep import Run, SweepConfig
from metarl.plotting.figures import Written, save_figures
from metarl.progress import make_progress_bar
from metarl.storage.checkpoint import load_checkpoint
from metarl.storage.curves import EvaluatorRow, read_rows
from metarl.storage.files import make_folder
from metarl.storage.tables import write_table
from metarl.training.parallel import run_all


class SweepResult(NamedTuple):
    """What came out.

    Attributes:
      rows: one for each run: `label`, `seed`, each setting, `steps`, `seconds`, `regret`,
        `regret_error` (standard errors), `reward`.
      text: a table of the settings: median and range over seeds.
      written: the files `sweep.csv` and `sweep.png`.
    """

    rows: list[dict[str, Any]]
    text: str
    written: Written


def sweep(config: SweepConfig) -> SweepResult:
    """Trains every run that has not been trained; those that were interrupted go on.

    Raises:
      KeyboardInterrupt: if it is interrupted. Each run has saved its state; the same call goes on.
    """
    runs = config.runs()
    make_folder(config.folder / config.name)
    left = [run for run in runs if not _is_done(run.config)]
    with make_progress_bar(
        visible=config.progress_bar,
        total=len(runs),
        initial=len(runs) - len(left),
        desc="sweep",
        unit=" runs",
    ) as bar:
        where = config.cluster, config.ray_address
        for _ in run_all([run.config for run in left], config.num_parallel, *where):
            bar.update()
    rows = [_row(run) for run in runs]
    folder = config.folder / config.name
    write_table(folder / "sweep.csv", pd.DataFrame(rows))
    figure = save_figures({folder / "sweep.png": lambda ax: _draw(ax, runs)})
    written = Written([folder / "sweep.csv", *figure.files], figure.failures)
    return SweepResult(rows, _table(rows), written)


def _is_done(config: TrainConfig) -> bool:
    return config.checkpoint_file.exists() and bool(load_checkpoint(config.checkpoint_file).scores)


def _row(run: Run) -> dict[str, Any]:
    checkpoint = load_checkpoint(run.config.checkpoint_file)
    scores = checkpoint.scores
    return {
        "label": run.label,
        "seed": run.seed,
        **run.settings,
        "steps": checkpoint.progress.steps,
        "seconds": round(checkpoint.progress.seconds, 2),
        "regret": scores["expected_regret"],
        "regret_error": scores["expected_regret_standard_error"],
        "reward": scores["mean_reward"],
    }


def _table(rows: Sequence[dict[str, Any]]) -> str:
    measure = "reward" if any(row["regret"] is None for row in rows) else "regret"
    lines = [f"{'setting':<40}{measure}: median (range) over seeds"]
    for label in dict.fromkeys(row["label"] for row in rows):
        values = [row[measure] for row in rows if row["label"] == label]
        lines.append(f"{label:<40}{np.median(values):.4f} ({min(values):.4f} to {max(values):.4f})")
    return "\n".join(lines)


def _draw(ax: Any, runs: Sequence[Run]) -> None:
    """A learning curve for each setting: the median seed, and a band from lowest to highest."""
    from metarl.plotting.curves import plot_learning_band

    for label in dict.fromkeys(run.label for run in runs):
        curves = [_curve(run.config) for run in runs if run.label == label]
        length = min(len(curve) for curve in curves)
        if length:
            known = runs[0].config.environment.has_regret
            steps = [row.step for row in curves[0][:length]]
            values = [
                [row.expected_regret if known else row.mean_reward for row in curve[:length]]
                for curve in curves
            ]
            plot_learning_band(ax, steps, np.array(values), label=label, regret=known)


def _curve(config: TrainConfig) -> list[EvaluatorRow]:
    file = config.agent_folder / "evaluator_0.csv"
    return read_rows(file, EvaluatorRow) if file.exists() else []
