"""Strict types, shapes, ranks and warnings, for every test."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from jaxtyping import install_import_hook


def compile_quickly():
    """Tests compile much and run little: XLA is asked for programs that are quick to compile.

    Workers of pytest, and programs that tests start, inherit the environment.
    """
    level = "--xla_backend_optimization_level=1"
    quick = f"{level} --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
    # What `prepare_compiler` adds. A program is found again only under the very same flags.
    extra = "--xla_backend_extra_options=-unroll-full-max-count=8"
    # XLA ends a process whose flags it does not know: they are tried first.
    attempt = [sys.executable, "-c", "import jax; jax.devices()"]
    env = os.environ | {"XLA_FLAGS": f"{quick} {extra}"}
    known = subprocess.run(attempt, env=env, capture_output=True, check=False).returncode == 0
    os.environ["XLA_FLAGS"] = env["XLA_FLAGS"] if known else level


def keep_what_is_compiled():
    """What one process has compiled, the next need not compile again."""
    folder = tempfile.mkdtemp(prefix="metarl-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


if "XLA_FLAGS" not in os.environ:
    compile_quickly()
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    keep_what_is_compiled()

# Before anything imports metarl: every annotated function is then checked at each call.
install_import_hook("metarl", "typechecker.check")

import jax  # noqa: E402
import jaxtyping  # noqa: E402
import pytest  # noqa: E402

from metarl.config import AgentConfig, TrainConfig  # noqa: E402
from metarl.envs import Bandit  # noqa: E402

jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def small_config(tmp_path):
    """A training run that takes seconds: small network, short episodes, no processes."""
    return TrainConfig(
        workdir=str(tmp_path / "run"),
        num_workers=0,
        progress_bar=False,
        num_evaluators=1,
        eval_every_steps=800,
        log_every_steps=800,
        checkpoint_every_steps=800,
        num_eval_episodes=20,
        num_final_eval_episodes=50,
        environment=Bandit(num_trials=10),
        agent=AgentConfig(random_seed=7, num_units=6, training_steps=2400, episodes_per_update=8),
    )


@pytest.fixture
def start_process():
    """Starts programs in sessions of their own, where Ctrl-C works; none outlives its test."""
    # A shell that runs the tests in the background ignores Ctrl-C, and `nohup` a closed terminal;
    # programs inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    before_hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    started = []

    def start(command, **changes):
        options = {"stderr": subprocess.PIPE, "text": True, "start_new_session": True} | changes
        started.append(subprocess.Popen(command, **options))
        return started[-1]

    yield start
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGHUP, before_hangup)
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def as_users_run_it():
    """Turns the type checks off, for tests of the errors that users meet without them."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
