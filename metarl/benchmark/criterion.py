"""Time to criterion: from starting `metarl train` in a shell to an agent that plays well."""

import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from metarl.baselines import Thompson
from metarl.config.experiment import CHECKPOINT_FILE
from metarl.configs.bandit import TASKS
from metarl.exact.optimum import best_possible_regret
from metarl.exact.regret import exact_regret
from metarl.processes.compilation import MIN_COMPILE_SECONDS
from metarl.storage.checkpoint import load_checkpoint
from metarl.storage.curves import TRAINING_FILE, TrainingRow, read_rows


class Criterion(NamedTuple):
    """The regret that the agent of an experiment has to stay below.

    Attributes:
      what: the criterion, in words.
      config: the experiment in `metarl.configs` that is run.
      regret: the largest expected regret allowed, per episode of 100 trials.
    """

    what: str
    config: str
    regret: float


def criteria() -> tuple[Criterion, ...]:
    """The criteria of the package's own experiments; exact, for 100 trials."""
    pairs = TASKS["independent"]
    independent = best_possible_regret(pairs).sum()
    correlated = best_possible_regret(TASKS["correlated"]).sum()
    thompson = Thompson(env=pairs)
    return (
        Criterion("correlated, belief rewards, 1.05 x best", "bandit:quick", 1.05 * correlated),
        Criterion("correlated, oracle rewards, 1.05 x best", "bandit:oracle", 1.05 * correlated),
        Criterion("correlated, sampled rewards, 1.10 x best", "bandit:default", 1.10 * correlated),
        Criterion(
            "independent, belief rewards, Thompson",
            "bandit:independent_sprint",
            exact_regret(thompson, pairs).sum(),
        ),
        Criterion(
            "independent, belief rewards, 1.10 x best",
            "bandit:independent_quick",
            1.10 * independent,
        ),
        Criterion(
            "independent, belief rewards, 1.05 x best",
            "bandit:independent_close",
            1.05 * independent,
        ),
    )


class Run(NamedTuple):
    """One run of `metarl train`, in its own process.

    Attributes:
      first_update: seconds from the start to the first update.
      finished: seconds from the start to the end, frozen evaluation included.
      regret: expected regret per episode in that evaluation.
      megabytes: the peak memory of the run's largest process, in MB; NaN if the system does not
        report it.
    """

    first_update: float
    finished: float
    regret: float
    megabytes: float


def run_training(config: str, seed: int, cache: str, steps: int | None = None) -> Run:
    """Runs `metarl train` on a config of the package.

    Args:
      config: the name of the config.
      seed: the random seed.
      cache: the cache folder for compiled programs.
      steps: environment steps to train for; None uses the config's.

    Returns:
      The measurements of the run.

    Raises:
      subprocess.CalledProcessError: if the run failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "metarl", "train", f"--config={config}"]
        command += [f"--config.workdir={folder}", f"--config.agent.random_seed={seed}"]
        command += ["--config.name=agent"]
        if steps is not None:
            command.append(f"--config.agent.training_steps={steps}")
        begun = time.time()
        child = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ
            | {
                "JAX_COMPILATION_CACHE_DIR": cache,
                "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": str(MIN_COMPILE_SECONDS),
            },
        )
        megabytes = _wait(child)
        finished = time.time()
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, command)
        first_row = read_rows(Path(folder) / "agent" / TRAINING_FILE, TrainingRow)[0]
        checkpoint = load_checkpoint(Path(folder) / "agent" / CHECKPOINT_FILE)
        return Run(
            first_update=first_row.time - begun,
            finished=finished - begun,
            regret=checkpoint.scores["expected_regret"],
            megabytes=megabytes,
        )


def _wait(child: subprocess.Popen[bytes]) -> float:
    """Waits for a program to end; returns the peak memory of its largest process, in MB."""
    if not hasattr(os, "wait4"):  # Windows
        child.wait()
        return math.nan
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, others kilobytes
    return used.ru_maxrss * unit / 2**20
