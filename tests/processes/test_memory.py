"""Memory that does not suffice: it is refused beforehand, or said; nothing hangs."""

import math
import subprocess
import sys

import pytest

from metarl.baselines import Random
from metarl.envs import Bandit
from metarl.evaluation.draws import draw_episodes
from metarl.evaluation.evaluate import evaluate
from metarl.pretrained import load_agent
from metarl.processes import memory
from metarl.processes.memory import NotEnoughMemoryError, available_memory, check_memory

pytestmark = pytest.mark.hazard


def test_what_fits_is_not_refused():
    check_memory("num_episodes", 1, 2**20)
    assert 2**28 < available_memory() < 2**50


def test_a_refusal_names_the_argument_and_both_sizes():
    with pytest.raises(NotEnoughMemoryError, match=r"`num_episodes` .*got 7\. .*1,125,899,906,8"):
        check_memory("num_episodes", 7, 2**50)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("0::/job/7\n", ("memory.max", "memory.current")),
        ("5:memory:/job/7\n", ("memory/job/7/memory.limit_in_bytes", "memory.usage_in_bytes")),
    ],
)
def test_the_limit_of_a_container_counts(tmp_path, monkeypatch, line, names):
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text(line)
    monkeypatch.setattr(memory, "_PROC", tmp_path)
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "groups")
    controller = "memory/" if "memory" in line else ""
    limit, use = (name.rsplit("/", 1)[-1] for name in names)
    folder = tmp_path / "groups" / controller / "job"  # above the process's own, which has none
    folder.mkdir(parents=True)
    (folder / limit).write_text("5000\n")
    (folder / use).write_text("2000\n")
    assert available_memory() == 3000
    (folder / limit).write_text("max\n")
    assert available_memory() == math.inf


def test_too_many_episodes_are_refused_before_work_starts():
    agent, env = load_agent("bandit_easy"), Bandit()
    with pytest.raises(NotEnoughMemoryError, match="`num_episodes`"):
        evaluate(agent.agent, agent.params, env, num_episodes=10**9, seed=0)
    with pytest.raises(NotEnoughMemoryError, match="`num_episodes`"):
        evaluate(Random(num_actions=2), (), env, num_episodes=10**13, seed=0, keep="totals")
    with pytest.raises(NotEnoughMemoryError, match="`num_episodes`"):
        draw_episodes(env, 10**12, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_an_evaluation_in_little_memory_ends_and_says_why(tmp_path):
    def run(episodes):
        command = f"ulimit -v 4000000; exec {sys.executable} -m metarl eval"
        arguments = f"--config.name=bandit_easy --config.workdir={tmp_path}"
        return subprocess.run(
            ["bash", "-c", f"{command} {arguments} --config.num_eval_episodes={episodes}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    refused = run(160_000)
    assert refused.returncode == 1
    assert "`num_episodes` must be small enough for the memory" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "bandit_easy" / "data.npz").exists()
    assert run(400).returncode == 0
