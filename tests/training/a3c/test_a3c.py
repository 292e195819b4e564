"""The asynchronous trainer, with real processes: what it learns, and what happens when they die."""

import csv
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import jax
import numpy as np
import psutil
import pytest
from runs import (
    alive,
    changed,
    child_named,
    flat,
    long_config,
    quiet,
    rows_of,
    training_processes,
    when_training,
)

from metarl.config import TrainConfig
from metarl.processes.child import Child, ChildFailedError, ChildLostError, answer, close_all
from metarl.storage.checkpoint import CheckpointError, load_checkpoint
from metarl.storage.curves import EvaluatorRow, read_rows
from metarl.storage.run_lock import LOCK_FILE
from metarl.training.a3c.evaluator import Evaluator
from metarl.training.a3c.worker import ProcessWorkers, Worker
from metarl.training.learner import Learner


def test_without_workers_the_same_seed_gives_the_same_agent(small_config, tmp_path):
    first = quiet(small_config)
    again = quiet(changed(small_config, workdir=str(tmp_path / "again")))
    other = quiet(changed(small_config, workdir=str(tmp_path / "other"), agent={"random_seed": 8}))
    np.testing.assert_array_equal(flat(first), flat(again))
    assert first.scores == again.scores
    assert not np.array_equal(flat(first), flat(other))
    columns = [
        (row.step, row.episodes, row.mean_reward, row.expected_regret) for row in rows_of(first)
    ]
    assert columns == [
        (row.step, row.episodes, row.mean_reward, row.expected_regret) for row in rows_of(again)
    ]


def test_a_run_leaves_a_log_a_csv_and_a_checkpoint(small_config):
    config = changed(small_config, workdir=small_config.workdir + "/")
    checkpoint = quiet(config)
    folder = Path(config.workdir) / "my_agent"
    names = {p.name for p in folder.iterdir()} - {LOCK_FILE}
    assert names == {"log.INFO", "training.csv", "evaluator_0.csv", "checkpoint.npz"}
    log = (folder / "log.INFO").read_text()
    for word in ("start: TrainConfig(", "progress: 800 steps", "end: ", "staleness"):
        assert word in log
    with (folder / "evaluator_0.csv").open() as file:
        assert next(csv.reader(file))[:5] == [
            "step",
            "episodes",
            "wall_seconds",
            "mean_reward",
            "expected_regret",
        ]
    assert [row.step for row in rows_of(checkpoint)] == [0, 800, 1600, 2400]
    assert checkpoint.progress[:3] == (30, 2400, 240)
    loaded = load_checkpoint(folder / "checkpoint.npz")
    np.testing.assert_array_equal(flat(loaded), flat(checkpoint))
    assert loaded.scores == checkpoint.scores
    assert loaded.scores["advantage_rewards"] == "sampled"


def test_the_evaluator_scores_the_final_parameters(small_config):
    """The csv's last row is what a fresh evaluation of the checkpoint gives."""
    checkpoint = quiet(changed(small_config, eval_every_steps=1000))
    last = rows_of(checkpoint)[-1]
    assert last.step == checkpoint.progress.steps
    learner = Learner(checkpoint.config.environment, checkpoint.config.agent)
    fresh = Evaluator(checkpoint.config, 0).run(
        np.asarray(learner.ravel(checkpoint.params)),
        *checkpoint.progress[1:4],
    )
    np.testing.assert_allclose(fresh.expected_regret, last.expected_regret, rtol=1e-5)


def test_ten_arms_train_with_processes_and_cut_unrolls(small_config):
    config = changed(
        small_config,
        num_workers=2,
        num_evaluators=2,
        environment={"num_arms": 10, "reward_structure": "independent"},
        agent={"max_unroll_steps": 4},
    )
    checkpoint = quiet(config)
    # 30 batches of 8 episodes, each in unrolls of 4, 4 and 2 steps.
    assert checkpoint.progress.updates == 90
    assert checkpoint.staleness.sum() == 90
    assert checkpoint.params["policy"]["kernel"].shape == (6, 10)
    for index in range(2):
        steps = [row.step for row in rows_of(checkpoint, index)]
        assert (steps[0], steps[-1]) == (0, checkpoint.progress.steps)
    first, second = rows_of(checkpoint, 0)[0], rows_of(checkpoint, 1)[0]
    assert first.expected_regret != second.expected_regret  # each has tasks of its own
    assert not training_processes()


def test_workers_have_random_streams_of_their_own(small_config):
    learner = Learner(small_config.environment, small_config.agent)
    params = np.asarray(learner.init(jax.random.key(0)))
    gradients = [
        Worker(learner, index, batch).play(params, 0, 0.0).flat
        for index, batch in [(0, 0), (0, 0), (1, 0), (2, 0), (0, 1)]
    ]
    np.testing.assert_array_equal(gradients[0], gradients[1])
    for other in gradients[2:]:
        assert not np.allclose(gradients[0], other)


def test_one_worker_process_computes_what_no_workers_compute(small_config):
    learner = Learner(small_config.environment, small_config.agent)
    params = np.asarray(learner.init(jax.random.key(0)))
    inline = Worker(learner, 0, 0)
    workers = ProcessWorkers(changed(small_config, num_workers=1), learner.num_params, [0])
    try:
        for version in range(3):
            workers.send(0, params, version, 0.5)
            index, given = workers.receive()
            expected = inline.play(params, version, 0.5)
            assert (index, given.version, given.batch, given.steps) == (0, version, version, 80)
            np.testing.assert_allclose(given.flat, expected.flat, atol=1e-6)
    finally:
        workers.close()


def test_a_resumed_run_without_workers_is_the_unbroken_one(small_config, tmp_path, monkeypatch):
    small_config = changed(small_config, agent={"max_unroll_steps": 4})
    unbroken = quiet(changed(small_config, workdir=str(tmp_path / "unbroken")))
    count = iter(range(100))
    original = Worker.play

    def interrupted(self, *arguments):
        if next(count) == 52:  # in the middle of an episode, the 18th
            raise KeyboardInterrupt
        return original(self, *arguments)

    monkeypatch.setattr(Worker, "play", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quiet(small_config)
    monkeypatch.undo()
    kept = load_checkpoint(small_config.checkpoint_file)
    assert kept.progress.updates == 51
    resumed = quiet(changed(small_config, resume=True))
    np.testing.assert_array_equal(flat(resumed), flat(unbroken))
    assert resumed.progress[:3] == unbroken.progress[:3]
    assert [row.step for row in rows_of(resumed)] == [0, 800, 1600, 2400]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"agent": {"num_units": 9}}, r"`agent\.num_units` \(6, now 9\)\."),
        ({"environment": {"num_trials": 20}}, r"`environment\.num_trials` \(10, now 20\)\."),
    ],
)
def test_resume_names_the_settings_that_differ(small_config, change, named):
    quiet(small_config)
    with pytest.raises(CheckpointError, match=named):
        quiet(changed(small_config, resume=True, **change))


def test_resume_auto_begins_and_then_goes_on(small_config):
    config = changed(small_config, resume="auto", agent={"training_steps": 800})
    assert quiet(config).progress.steps == 800
    assert quiet(changed(config, agent={"training_steps": 1600})).progress.steps == 1600
    assert "progress: 800 steps" in (config.agent_folder / "log.INFO").read_text()


def test_a_run_can_start_from_another_agent_on_another_task(small_config):
    first = quiet(small_config)
    harder = changed(
        small_config,
        name="second",
        init_from="my_agent",
        environment={"reward_structure": "independent", "num_trials": 20},
    )
    second = quiet(harder)
    learner = Learner(second.config.environment, second.config.agent)
    before = Evaluator(second.config, 0).run(np.asarray(learner.ravel(first.params)), 0, 0, 0.0)
    np.testing.assert_allclose(rows_of(second)[0], before, rtol=1e-5)
    assert second.progress.steps == first.progress.steps
    with pytest.raises(CheckpointError, match=r"`init_from` .*'my_agent', .*`num_actions` \(2, he"):
        quiet(changed(harder, environment={"num_arms": 3}))
    with pytest.raises(CheckpointError, match=r"`num_units` \(48, here 6\)"):
        quiet(changed(harder, init_from="bandit_easy"))
    with pytest.raises(CheckpointError, match="`nobody` is not one of the agents"):
        quiet(changed(harder, init_from="nobody"))
    other = changed(small_config, init_from="my_agent", name="other", agent={"network": "gru"})
    with pytest.raises(CheckpointError, match=r"differs in `network` \(lstm, here gru\)"):
        quiet(other)


def test_resume_needs_a_checkpoint_with_the_optimiser(small_config):
    with pytest.raises(CheckpointError, match="does not exist"):
        quiet(changed(small_config, resume=True))
    assert not Path(small_config.workdir).exists()
    quiet(changed(small_config, save_optimizer=False))
    with pytest.raises(CheckpointError, match="save_optimizer"):
        quiet(changed(small_config, resume=True))


def test_an_interrupt_before_the_first_update_leaves_the_old_agent(small_config, monkeypatch):
    trained = quiet(small_config)

    def interrupted(self, *arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Worker, "play", interrupted)
    with pytest.raises(KeyboardInterrupt, match="no checkpoint was written"):
        quiet(small_config)
    path = small_config.checkpoint_file
    assert load_checkpoint(path).progress == trained.progress


def test_a_script_without_a_guard_is_told_so(small_config, tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from metarl.training.a3c.manager import train\n"
        "from metarl.config import AgentConfig, TrainConfig\n"
        "from metarl.envs import Bandit\n"
        f"train({changed(small_config, num_workers=1)!r})\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "if __name__ == '__main__'" in run.stderr.splitlines()[-1] + run.stderr.splitlines()[-2]


def test_memory_does_not_cross_from_one_batch_of_episodes_to_the_next(small_config):
    """A worker's second batch is what a worker plays that begins with it."""
    learner = Learner(
        small_config.environment, changed(small_config, agent={"max_unroll_steps": 4}).agent
    )
    params = np.asarray(learner.init(jax.random.key(0)))
    long_runner, beginner = Worker(learner, 0, 0), Worker(learner, 0, 1)
    for _ in range(3):
        long_runner.play(params, 0, 0.0)
    for _ in range(3):
        first, second = long_runner.play(params, 0, 0.0), beginner.play(params, 0, 0.0)
        np.testing.assert_array_equal(first.flat, second.flat)


def test_agents_in_one_folder_have_logs_and_curves_of_their_own(small_config):
    mine = changed(small_config, agent={"training_steps": 800})
    quiet(mine)
    other = changed(mine, name="other", num_evaluators=2)
    quiet(other)
    log = mine.agent_folder / "log.INFO"
    before = log.read_text()
    with pytest.raises(CheckpointError, match="`resume` must keep"):
        quiet(changed(mine, resume=True, environment={"num_trials": 7}))
    assert log.read_text() == before
    resumed = quiet(changed(mine, resume=True, agent={"training_steps": 1600}))
    assert [row.step for row in rows_of(resumed)] == [0, 800, 1600]
    assert log.read_text().startswith(before)
    assert (other.agent_folder / "evaluator_1.csv").exists()


def test_a_run_that_begins_anew_removes_curves_and_no_other_file(small_config):
    config = changed(small_config, num_evaluators=2, agent={"training_steps": 800})
    quiet(config)
    notes = config.agent_folder / "evaluator_notes.csv"
    notes.write_text("mine")
    quiet(changed(config, num_evaluators=1))
    assert not (config.agent_folder / "evaluator_1.csv").exists()
    assert notes.read_text() == "mine"


def test_resume_trains_on_for_more_steps(small_config):
    first = quiet(small_config)
    longer = quiet(changed(small_config, resume=True, agent={"training_steps": 4000}))
    assert (first.progress.steps, longer.progress.steps) == (2400, 4000)


def raising_child(connection):
    connection.recv_bytes()
    raise ZeroDivisionError("on purpose")


def answering_child(connection):
    while True:
        answer(connection, connection.recv_bytes() + b"!")


@pytest.mark.parametrize("num_workers", [0, 2])
def test_seconds_become_steps_which_the_log_and_the_checkpoint_hold(small_config, num_workers):
    agent = {"training_steps": None, "training_seconds": 0.3}
    config = changed(small_config, agent=agent, num_workers=num_workers, num_evaluators=0)
    checkpoint = quiet(config)
    steps = checkpoint.config.agent.training_steps
    assert checkpoint.config.agent.training_seconds is None
    assert steps <= checkpoint.progress.steps < steps + 80
    log = (config.agent_folder / "log.INFO").read_text()
    assert re.search(rf"0\.3 seconds at \d+ steps/s: {steps} steps", log)
    again = quiet(changed(config, resume=True))
    assert again.config.agent == checkpoint.config.agent
    np.testing.assert_array_equal(flat(again), flat(checkpoint))


def test_a_child_answers_and_ends_with_the_pipe():
    child = Child("child", answering_child)
    child.send(b"hello")
    assert child.receive() == b"hello!"
    process = psutil.Process(child.pid)
    close_all([child])
    assert not process.is_running()


@pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server")
def test_a_child_starts_though_the_fork_server_is_killed_meanwhile():
    close_all([Child("child", answering_child)])
    servers = [p for p in psutil.Process().children() if "forkserver" in "".join(p.cmdline())]
    servers[-1].suspend()  # takes the request, and never serves it
    threading.Timer(0.5, servers[-1].kill).start()
    child = Child("child", answering_child)
    try:
        child.send(b"hello")
        assert child.receive() == b"hello!"
    finally:
        close_all([child])


def test_an_exception_in_a_child_comes_back_with_its_traceback():
    child = Child("worker 3", raising_child)
    try:
        child.send(b"go")
        with pytest.raises(ChildFailedError, match="worker 3 failed") as error:
            child.receive()
        assert "in raising_child" in str(error.value)
        assert "ZeroDivisionError: on purpose" in str(error.value)
    finally:
        close_all([child])


def test_a_killed_worker_and_a_killed_evaluator_are_replaced(small_config):
    config = changed(
        small_config,
        num_workers=2,
        eval_every_steps=8000,
        log_every_steps=8000,
        checkpoint_every_steps=80_000,
        agent={"training_steps": 160_000},
    )

    def kill():
        os.kill(child_named("worker 1").pid, signal.SIGKILL)
        os.kill(child_named("evaluator 0").pid, signal.SIGKILL)

    thread = when_training(config, kill)
    checkpoint = quiet(config)
    thread.join()
    log = (config.agent_folder / "log.INFO").read_text()
    assert "worker 1 was lost and is replaced" in log
    assert "evaluator 0 was lost and is replaced" in log
    assert checkpoint.progress.updates == checkpoint.staleness.sum() == 2000
    assert rows_of(checkpoint)[-1].step == checkpoint.progress.steps
    assert not training_processes()


def test_too_many_lost_workers_end_training_and_keep_its_state(small_config):
    config = long_config(small_config, max_worker_restarts=0)
    thread = when_training(config, lambda: os.kill(child_named("worker 0").pid, signal.SIGKILL))
    with pytest.raises(
        ChildLostError, match=r"worker 0 .* ended unexpectedly.*`max_worker_restarts`"
    ):
        quiet(config)
    thread.join()
    assert not training_processes()
    assert load_checkpoint(config.checkpoint_file).progress.steps >= 800


def test_a_worker_that_raises_ends_training_with_its_traceback(small_config, monkeypatch):
    """The worker's copy of the config is broken on the way, where only the worker notices."""
    original = ProcessWorkers.start

    def broken_start(self, index, *, again=False):
        if index == 1:
            broken = changed(small_config, agent={})
            object.__setattr__(broken.agent, "max_unroll_steps", "many")
            self.config, kept = broken, self.config
            try:
                return original(self, index)
            finally:
                self.config = kept
        return original(self, index)

    monkeypatch.setattr(ProcessWorkers, "start", broken_start)
    with pytest.raises(ChildFailedError, match="worker 1 failed") as error:
        quiet(long_config(small_config))
    assert "Traceback" in str(error.value)
    assert "in worker_main" in str(error.value)
    assert not training_processes()


@pytest.mark.parametrize("how", ["Ctrl-C", "kill"])
def test_the_manager_leaves_no_process_and_a_whole_checkpoint(
    small_config, tmp_path, how, start_process
):
    config = long_config(small_config)
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(f"""
        from metarl.training.a3c.manager import train
        from metarl.config import AgentConfig, TrainConfig
        from metarl.envs import Bandit

        if __name__ == "__main__":
            train({config!r})
        """)
    )
    run = start_process([sys.executable, script])
    children = []

    def act():
        children.extend(p.pid for p in psutil.Process(run.pid).children(recursive=True))
        if how == "Ctrl-C":  # a terminal sends it to the whole group
            os.killpg(run.pid, signal.SIGINT)
        else:
            run.kill()

    when_training(config, act).join()
    _, errors = run.communicate(timeout=30)
    deadline = time.monotonic() + 5
    while alive(children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(children) >= 3
    assert not alive(children)
    assert not [p for p in config.agent_folder.iterdir() if how == "Ctrl-C" and p.suffix == ".tmp"]
    kept = load_checkpoint(config.checkpoint_file)
    assert kept.progress.steps >= 800
    if how == "Ctrl-C":
        assert errors.count("Traceback") == 1  # the manager's own, and none of a child
        assert "go on with `resume`" in (config.agent_folder / "log.INFO").read_text()


def test_a_row_cut_short_is_passed_over(tmp_path):
    path = tmp_path / "evaluator_0.csv"
    whole = "0,0,0.5,0.25,3.5,0.1"
    path.write_text(",".join(EvaluatorRow._fields) + f"\n{whole}\n800,80,1.5,0.3")
    assert read_rows(path, EvaluatorRow) == [EvaluatorRow(0, 0, 0.5, 0.25, 3.5, 0.1)]


def test_a_curve_that_has_seen_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "evaluator_0.csv"
    header = ";".join(EvaluatorRow._fields)
    path.write_text(f"\ufeff{header}\r\n0;0;0,5;0,25;3,5;0,1\r\n", encoding="utf-8", newline="")
    assert read_rows(path, EvaluatorRow) == [EvaluatorRow(0, 0, 0.5, 0.25, 3.5, 0.1)]


def test_training_with_workers_learns(small_config):
    """A small but real training: within seconds, far better than chance."""
    config = changed(
        small_config,
        num_workers=2,
        num_final_eval_episodes=1000,
        eval_every_steps=100_000,
        checkpoint_every_steps=100_000,
        environment={"num_trials": 20},
        agent={"num_units": 16, "training_steps": 300_000, "episodes_per_update": 16},
    )
    checkpoint = quiet(config)
    # Random: 5; the best possible player: about .6.
    assert checkpoint.scores["expected_regret"] < 1.0
    assert isinstance(checkpoint.config, TrainConfig)
