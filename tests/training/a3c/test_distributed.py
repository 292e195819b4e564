"""Training over `jax.distributed`: two processes of this machine, as two machines would do it."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from metarl.config import TrainConfig
from metarl.storage.checkpoint import load_checkpoint

pytestmark = pytest.mark.timeout(300)

COMPARE = """
import json, sys
import numpy as np
import metarl
from metarl.config import AgentConfig, TrainConfig
from metarl.training.a3c.distributed import DistributedWorkers, connect, follow
from metarl.training.a3c.worker import InlineWorkers
from metarl.training.learner import Learner
from metarl.jax_settings import make_key

config = TrainConfig(
    cluster="jax", coordinator=sys.argv[1], num_processes=2, process_id=int(sys.argv[2]),
    environment=metarl.Bandit(num_trials=20),
    agent=AgentConfig(training_steps=1_000, episodes_per_update=16, max_unroll_steps=8),
)
if connect(config) > 0:
    follow(config)
    raise SystemExit
learner = Learner(config.environment, config.agent)
both, one = DistributedWorkers(config, 3), InlineWorkers(learner, 3)
flat = np.asarray(learner.init(make_key(0)))
for update in range(7):  # two whole episodes, and the beginning of a third
    found = []
    for workers in (both, one):
        workers.send(0, flat, update, update / 10)
        found.append(workers.receive()[1])
    error = np.abs(found[0].flat - found[1].flat).max() / np.abs(found[1].flat).max()
    numbers = [[x.version, x.batch, x.steps, x.episodes] for x in found]
    print(json.dumps({"error": float(error), "numbers": numbers}), flush=True)
    flat = flat - 0.1 * found[1].flat
both.close()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def begin(start_process, arguments_of, tmp_path):
    """Starts two processes; their output goes to files."""
    address = f"127.0.0.1:{free_port()}"
    processes = []
    for index in (0, 1):
        with (tmp_path / f"{index}.txt").open("w") as output:
            command = [sys.executable, *arguments_of(address, index)]
            processes.append(start_process(command, stdout=output, stderr=subprocess.STDOUT))
    return processes


def train(start_process, tmp_path, *settings):
    def arguments_of(address, index):
        return [
            *("-m", "metarl", "train", f"--config.workdir={tmp_path}", "--config.cluster=jax"),
            *(f"--config.coordinator={address}", "--config.num_processes=2"),
            *(f"--config.process_id={index}", "--config.environment.num_trials=20"),
            *("--config.num_eval_episodes=20", "--config.num_final_eval_episodes=200", *settings),
        ]

    return begin(start_process, arguments_of, tmp_path)


def ends(processes, seconds=120):
    """Their exit codes."""
    return [process.wait(seconds) for process in processes]


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError


def test_two_processes_compute_the_gradient_of_one(start_process, tmp_path):
    def arguments_of(address, index):
        return ["-c", COMPARE, address, str(index)]

    codes = ends(begin(start_process, arguments_of, tmp_path))
    output = (tmp_path / "0.txt").read_text()
    assert codes == [0, 0], output + (tmp_path / "1.txt").read_text()
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert len(rows) == 7
    assert max(row["error"] for row in rows) < 1e-6
    for ours, alone in (row["numbers"] for row in rows):
        assert ours == alone


@pytest.mark.hazard
def test_a_lost_process_ends_the_run_and_a_later_one_goes_on(start_process, tmp_path):
    config = TrainConfig(workdir=str(tmp_path))
    long = ("--config.agent.training_steps=20_000_000", "--config.checkpoint_every_steps=20_000")
    processes = train(start_process, tmp_path, *long)
    wait_for(config.checkpoint_file.exists)
    os.kill(processes[1].pid, signal.SIGKILL)
    codes = ends(processes)
    assert codes[0] != 0
    kept = load_checkpoint(config.checkpoint_file).progress
    assert kept.steps >= 20_000

    steps = kept.steps + 50_000
    processes = train(
        start_process, tmp_path, f"--config.agent.training_steps={steps}", "--config.resume=true"
    )
    assert ends(processes) == [0, 0], (tmp_path / "0.txt").read_text()
    trained = load_checkpoint(config.checkpoint_file)
    assert trained.progress.steps >= steps
    assert trained.staleness[1:].sum() == 0
    assert np.isfinite(trained.scores["mean_reward"])


@pytest.mark.hazard
@pytest.mark.slow
@pytest.mark.timeout(0)
def test_kills_at_random_moments_leave_no_process_and_no_broken_checkpoint(start_process, tmp_path):
    dice = random.Random(25)
    config = TrainConfig(workdir=str(tmp_path))
    settings = ("--config.agent.training_steps=20_000_000", "--config.checkpoint_every_steps=8_000")
    patience = ("--config.worker_timeout_seconds=30",)
    for _ in range(25):
        processes = train(start_process, tmp_path, *settings, *patience)
        time.sleep(dice.uniform(0, 20))
        dice.choice(processes).kill()
        assert 0 not in ends(processes)
        if config.checkpoint_file.exists():
            assert load_checkpoint(config.checkpoint_file).progress.steps >= 8_000
        shutil.rmtree(config.agent_folder, ignore_errors=True)


@pytest.mark.hazard
def test_ctrl_c_saves_the_state_and_ends_all_processes(start_process, tmp_path):
    config = TrainConfig(workdir=str(tmp_path))
    unrolls = ("--config.agent.max_unroll_steps=7", "--config.agent.training_steps=20_000_000")
    processes = train(start_process, tmp_path, *unrolls, "--config.checkpoint_every_steps=20_000")
    wait_for(config.checkpoint_file.exists)
    processes[1].send_signal(signal.SIGINT)  # a terminal sends it to both
    processes[0].send_signal(signal.SIGINT)
    assert ends(processes) == [130, 0], (tmp_path / "0.txt").read_text()
    assert "is kept" in (tmp_path / "0.txt").read_text()
    assert load_checkpoint(config.checkpoint_file).progress.steps >= 20_000


def test_what_cannot_be_shared_is_refused():
    with pytest.raises(ValueError, match="`coordinator` must be an address with a port"):
        TrainConfig(cluster="jax", coordinator="somewhere", num_processes=2, process_id=0)
    with pytest.raises(ValueError, match="`process_id` must be"):
        TrainConfig(cluster="jax", coordinator="a:1", num_processes=2, process_id=2)
    with pytest.raises(ValueError, match="must be None without `cluster='jax'`"):
        TrainConfig(num_processes=2)
    from metarl.training.a3c.manager import train as train_here

    with pytest.raises(ValueError, match="process 0 then calls `train`"):
        train_here(TrainConfig(cluster="jax"))
