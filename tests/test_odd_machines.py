"""Machines and places that are not like a developer's: the command line there, and from Python."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from runs import changed

pytestmark = pytest.mark.hazard

TINY = [
    "--config.num_eval_episodes=20",
    "--config.num_final_eval_episodes=20",
    "--config.environment.num_trials=10",
    "--config.agent.num_units=6",
    "--config.agent.training_steps=800",
    "--config.agent.episodes_per_update=8",
]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a matter of Linux")


def metarl(*arguments, shell="", timeout=120, **environment):
    """Runs the command line in a shell; returns what it printed to both streams and its exit."""
    command = f'"$@" {shell}' if shell else 'exec "$@"'
    return subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-m", "metarl", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env=os.environ | environment,
    )


@LINUX
def test_a_long_folder_for_temporary_files_is_no_obstacle(tmp_path):
    folder = tmp_path / ("t" * 90)
    folder.mkdir()
    one_child = ["--config.num_workers=1", "--config.num_evaluators=0"]
    arguments = [f"--config.workdir={tmp_path}", *TINY, *one_child]
    run = metarl("train", *arguments, TMPDIR=str(folder))
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "my_agent" / "checkpoint.npz").exists()
    assert metarl("train", "--help", TMPDIR=str(folder)).returncode == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "closed",
    [
        "<&- >&- 2>&-",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("2>&-", "<&-", ">&-")),
    ],
)
def test_closed_standard_streams_are_no_obstacle(tmp_path, closed):
    arguments = [f"--config.workdir={tmp_path}", *TINY, "--config.num_workers=0"]
    run = metarl("train", *arguments, shell=closed)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "my_agent" / "checkpoint.npz").exists()
    # Nothing that was written to a stream has ended in a file.
    assert "Traceback" not in (tmp_path / "my_agent" / "log.INFO").read_text()


@LINUX
def test_nobody_reads_the_progress_bar(tmp_path):
    arguments = [f"--config.workdir={tmp_path}", *TINY, "--config.num_workers=0"]
    run = metarl("train", *arguments, shell="2>/dev/full")
    assert run.returncode == 0


@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="takes root, to become somebody else",
)
def test_a_user_without_a_home_can_run_every_command():
    """Run from a folder that this user may read and write, as in a container."""
    python, here = Path(sys.executable), Path(__file__).parents[1]
    if not os.access(python.resolve(), os.X_OK) or str(python.resolve()).startswith("/root"):
        pytest.skip("Python lies in the home of root, where nobody else may look")
    command = ["env", "-u", "HOME", "setpriv", "--reuid=12345", "--clear-groups", str(python)]
    run = subprocess.run(
        [*command, "-m", "metarl", "train", "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=here,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr


def test_a_home_that_is_not_there_costs_the_cache_alone(monkeypatch, tmp_path):
    """The folder of compiled programs is optional: in no home, none is made anywhere."""
    monkeypatch.chdir(tmp_path)
    code = "from metarl.processes.compilation import prepare_compiler; prepare_compiler()"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    environment |= {"HOME": "~", "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("XDG_CACHE_HOME", None)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
    assert list(tmp_path.iterdir()) == []


def run_script(tmp_path, config, body):
    """Runs a script in which `one(num_workers)` trains; returns the lines it prints."""
    script = tmp_path / "script.py"
    script.write_text(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "import dataclasses, multiprocessing, os, sys\n"
        "from metarl.training.a3c.manager import train\n"
        "from metarl.config import AgentConfig, TrainConfig\n"
        "from metarl.envs import Bandit\n"
        f"CONFIG = {config!r}\n"
        "def one(num_workers):\n"
        "    config = dataclasses.replace(CONFIG, num_workers=num_workers)\n"
        "    try:\n"
        "        return f'{train(config).progress.steps} steps'\n"
        "    except Exception as error:\n"
        "        return f'{type(error).__name__}: {error}'\n"
        "if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(body), "    ")
    )
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


POOLS = """
spawn = multiprocessing.get_context("spawn")
with spawn.Pool(1) as pool:
    print(*pool.map(one, [1, 0]), sep="\\n")
with ProcessPoolExecutor(1, mp_context=spawn) as pool:
    print(*pool.map(one, [1]), sep="\\n")
"""
FORKED = """
print(one(1), flush=True)
child = os.fork()
if child == 0:
    print(one(1), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.fixture
def short(small_config):
    """A run without evaluators, which would be processes, too."""
    return changed(small_config, num_evaluators=0, agent={"training_steps": 800})


def test_training_in_a_pool_names_the_remedy_which_works(short, tmp_path):
    refused, without_workers, in_an_executor = run_script(tmp_path, short, POOLS)
    assert refused.startswith("RuntimeError: `num_workers` must be 0 in a daemonic process")
    assert without_workers == in_an_executor == "800 steps"


@LINUX
@pytest.mark.filterwarnings("ignore")
def test_training_in_a_forked_child_of_a_trainer_names_the_remedy(short, tmp_path):
    first, second = run_script(tmp_path, short, FORKED)
    assert first == "800 steps"
    assert second.startswith("RuntimeError: `num_workers` must be 0 in a process that was forked")
