"""Workers and evaluators as Ray actors, where Ray is installed: a local Ray with two workers."""

import os
import random
import shutil
import signal
import threading
import time

import psutil
import pytest
from runs import changed, rows_of

from metarl.config import AgentConfig, TrainConfig
from metarl.storage.checkpoint import load_checkpoint
from metarl.training.a3c.manager import train

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = [pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", autouse=True)
def local_ray():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture
def config(tmp_path):
    small = TrainConfig(
        workdir=str(tmp_path),
        cluster="ray",
        eval_every_steps=40_000,
        log_every_steps=20_000,
        num_eval_episodes=20,
        num_final_eval_episodes=200,
        progress_bar=False,
        agent=AgentConfig(training_steps=100_000, episodes_per_update=16),
    )
    return changed(small, environment={"num_trials": 20})


def actors(name):
    """The processes of actors of a class."""
    mark = f"ray::{name}"
    return [
        p for p in psutil.process_iter(["cmdline"]) if mark in " ".join(p.info["cmdline"] or ())
    ]


def no_actor_is_left():
    for _ in range(100):
        if not actors("WorkerActor") and not actors("EvaluatorActor"):
            return True
        time.sleep(0.1)
    return False


def test_a_run_on_ray_trains_evaluates_and_leaves_no_actor(config):
    trained = train(config)
    assert trained.progress.steps >= 100_000
    assert trained.staleness.sum() == trained.progress.updates
    assert trained.scores["expected_regret"] < 3.0  # of 5 at random
    assert [row.step for row in rows_of(trained)][-1] == trained.progress.steps
    assert no_actor_is_left()


def test_a_killed_worker_is_restarted_and_counted(config, caplog):
    caplog.set_level("INFO", "metarl")
    longer = changed(config, agent={"training_steps": 1_000_000})

    def kill():
        log = longer.agent_folder / "log.INFO"
        for _ in range(600):
            if log.exists() and "progress:" in log.read_text():
                break
            time.sleep(0.1)
        os.kill(actors("WorkerActor")[0].pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    trained = train(longer)
    thread.join()
    assert trained.progress.steps >= 1_000_000
    assert "was lost and is replaced" in caplog.text


@pytest.mark.parametrize(
    "count", [2, pytest.param(25, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_runs_survive_kills_of_actors_at_random_moments(config, count):
    dice = random.Random(count)
    run = changed(config, agent={"training_steps": 1_000_000})
    for number in range(count):
        victim, delay, struck = (
            ("WorkerActor", "EvaluatorActor")[number % 2],
            dice.uniform(0, 2),
            [],
        )

        def kill(victim=victim, delay=delay, struck=struck):
            for _ in range(600):
                if actors(victim):
                    time.sleep(delay)
                    dice.choice(actors(victim)).kill()
                    struck.append(victim)
                    return
                time.sleep(0.05)

        thread = threading.Thread(target=kill)
        thread.start()
        trained = train(run)
        thread.join()
        assert struck
        assert trained.progress.steps >= 1_000_000
        kept = load_checkpoint(run.checkpoint_file)
        assert kept.progress.updates == kept.staleness.sum() == trained.progress.updates
        assert no_actor_is_left()
        shutil.rmtree(run.agent_folder)


def test_an_actor_that_raises_ends_the_run_with_its_error(config, monkeypatch):
    from metarl.processes.child import ChildFailedError
    from metarl.training.a3c import ray_pool

    class Broken:
        def __init__(self, config, index):
            pass

        def answer(self, request):
            raise ZeroDivisionError("broken")

    monkeypatch.setattr(ray_pool, "WorkerActor", Broken)
    with pytest.raises(ChildFailedError, match="broken"):
        train(config)
