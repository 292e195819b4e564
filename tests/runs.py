"""Training runs for tests: how they are changed, watched, and disturbed."""

import dataclasses
import multiprocessing
import threading
import time

import jax
import numpy as np
import psutil

from metarl.storage.curves import EvaluatorRow, read_rows
from metarl.training.a3c.manager import train


def changed(config, *, agent=None, environment=None, **changes):
    """The config with changes, in it and in its parts."""
    return dataclasses.replace(
        config,
        agent=dataclasses.replace(config.agent, **(agent or {})),
        environment=dataclasses.replace(config.environment, **(environment or {})),
        **changes,
    )


def quiet(config):
    return train(config)


def flat(checkpoint):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(checkpoint.params)])


def training_processes():
    """Workers and evaluators of this process that are still there; its fork server may stay."""
    return multiprocessing.active_children()


def rows_of(checkpoint, index=0):
    return read_rows(checkpoint.config.agent_folder / f"evaluator_{index}.csv", EvaluatorRow)


def long_config(config, **changes):
    return changed(config, num_workers=2, agent={"training_steps": 10_000_000}, **changes)


def when_training(config, act, message="progress:"):
    """Calls `act` in a thread, once the log says that training has made progress."""
    log = config.agent_folder / "log.INFO"

    def wait_and_act():
        for _ in range(600):
            if log.exists() and message in log.read_text():
                break
            time.sleep(0.1)
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


def child_named(name):
    return next(p for p in multiprocessing.active_children() if p.name == name)


def alive(pids):
    return [
        pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
    ]
