"""How long it takes from an empty shell to an agent that plays well: runs of `metarl train`."""

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
    """What an agent has to reach.

    Attributes:
      what: the criterion, in words.
      config: the experiment in `metarl.configs` that is run.
      regret: the expected regret of 100 trials that its agent must stay below.
    """

    what: str
    config: str
    regret: float


def criteria() -> tuple[Criterion, ...]:
    """What the package's own experiments are held against; exact, for 100 trials."""
    pairs = TASKS["independent"]
    independent = best_possible_regret(pairs).sum()
    correlated = best_possible_regret(TASKS["correlated"]).sum()
    thompson = Thompson(env=pairs)
    return (
        Criterion("correlated, belief rewards, 1.05 x best", "bandit:quick", 1.05 * correlated),
        Criterion("correlated, oracle rewards, 1.05 x best", "bandit:default", 1.05 * correlated),
        Criterion("correlated, sampled rewards, 1.10 x best", "bandit:sampled", 1.10 * correlated),
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
    """One run of `metarl train`, in a process of its own.

    Attributes:
      first_update: seconds from its start to its first update.
      finished: seconds from its start to its end, its frozen evaluation included.
      regret: expected regret of that evaluation.
      megabytes: the largest memory any process of the run has held; NaN where the system does not
        say.
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
      cache: the folder compiled programs are looked for in and kept in.
      steps: environment steps to train for; None leaves the config's.

    Returns:
      How it went.

    Raises:
      subprocess.CalledProcessError: if it failed.
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
    """Waits for a program to end; returns the most memory that a process of it held, in MB."""
    if not hasattr(os, "wait4"):  # Windows
        child.wait()
        return math.nan
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, others kilobytes
    return used.ru_maxrss * unit / 2**20
