"""Runs with a kill at a random moment: none hangs, leaves a process, or breaks a checkpoint."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from metarl.config import TrainConfig
from metarl.config.mapping import config_from_dict, config_to_dict
from metarl.storage.checkpoint import load_checkpoint
from metarl.storage.curves import TRAINING_FILE, TrainingRow, read_rows

pytestmark = pytest.mark.hazard

SCRIPT = """
import json, sys
from metarl.training.a3c.manager import train
from metarl.config import TrainConfig
from metarl.config.mapping import config_from_dict, config_to_dict

if __name__ == "__main__":
    train(config_from_dict(TrainConfig, json.loads(sys.argv[1])))
"""
UPDATES = 3000
PATIENCE = 240  # seconds for a whole run, on a machine that is busy with other things
VICTIMS = ("manager", "fork server", "child", "terminal")


def config_in(folder, **changes):
    values = {
        "workdir": str(folder),
        "num_workers": 2,
        "progress_bar": False,
        "eval_every_steps": 16_000,
        "log_every_steps": 800,
        "checkpoint_every_steps": 2_400,
        "num_eval_episodes": 20,
        "num_final_eval_episodes": 20,
        "environment": {"num_trials": 10},
        "agent": {"num_units": 6, "training_steps": 80 * UPDATES, "episodes_per_update": 8},
    }
    return config_to_dict(config_from_dict(TrainConfig, values | changes))


def start(script, folder, **changes):
    command = [sys.executable, script, json.dumps(config_in(folder, **changes))]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, start_new_session=True, **quiet)


def session_of(run):
    """All processes that belong to a run, whoever their parents are by now."""
    found = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == run.pid and psutil.Process(pid).status() != "zombie":
                found.append(pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def strike(run, victim, dice):
    """Kills the victim; returns whether there was one."""
    try:
        tree = psutil.Process(run.pid).children(recursive=True)
        children = [p for p in tree if p.ppid() != run.pid]
        servers = [p for p in tree if p.ppid() == run.pid and p.children()]
        if victim == "terminal":
            os.killpg(run.pid, signal.SIGINT)
        elif victim == "manager":
            run.kill()
        else:
            dice.choice(children if victim == "child" else servers).kill()
    except (IndexError, ProcessLookupError, psutil.NoSuchProcess):
        return False
    return True


def checkpoint_in(folder):
    """The checkpoint, or None if there is none; one that is broken fails the test."""
    path = folder / "my_agent" / "checkpoint.npz"
    return load_checkpoint(path) if path.exists() else None


def ends_well(run, folder):
    _, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, errors
    checkpoint = checkpoint_in(folder)
    assert checkpoint.progress.updates == checkpoint.staleness.sum() == UPDATES
    assert checkpoint.progress.steps == 80 * UPDATES
    assert checkpoint.scores
    assert wait_for(lambda: not session_of(run), 5)


def one_run(script, folder, victim, dice):
    """Starts a run, strikes, and sees what it left; returns what happened."""
    run = start(script, folder)
    try:
        if dice.random() < 0.25:  # while it starts
            time.sleep(dice.uniform(0, 3))
        else:
            curve = folder / "my_agent" / TRAINING_FILE  # whose first row follows the first update
            wait_for(lambda: read_rows(curve, TrainingRow), PATIENCE)
            time.sleep(dice.uniform(0, 1))
        hit = strike(run, victim, dice)
        if victim in ("child", "fork server"):
            ends_well(run, folder)
            lost = (folder / "my_agent" / "log.INFO").read_text().count("was lost and is replaced")
            return f"{victim}: {'went on' if hit else 'missed'}, {lost} replaced"
        run.communicate(timeout=PATIENCE if victim == "terminal" else 10)
        assert wait_for(lambda: not session_of(run), 5), "processes were left"
    finally:
        if session_of(run):
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    before = checkpoint_in(folder)
    again = start(script, folder, resume=before is not None)
    try:
        ends_well(again, folder)
    finally:
        if session_of(again):
            os.killpg(again.pid, signal.SIGKILL)
        again.communicate()
    after = checkpoint_in(folder)
    steps = 0 if before is None else before.progress.steps
    assert steps <= after.progress.steps
    return f"{victim}: {'resumed' if steps else 'began again'}"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    "count", [2, pytest.param(200, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_runs_survive_kills_at_random_moments(tmp_path, count):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    dice, outcomes = random.Random(count), {}
    for number in range(count):
        folder = tmp_path / "run"
        outcome = one_run(script, folder, VICTIMS[number % len(VICTIMS)], dice)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        print(number + 1, outcome, flush=True)
        shutil.rmtree(folder)
    assert sum(outcomes.values()) == count
