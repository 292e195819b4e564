"""Strict types, shapes, ranks and warnings, for every test."""

import os
import signal
import subprocess
import tempfile

from jaxtyping import install_import_hook

# Tests compile much and run little: at XLA's lower level of optimisation that takes half the time.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
# What one process has compiled, the next (a worker, another test's run) need not compile again.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", tempfile.mkdtemp(prefix="metarl-tests-"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

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
        agent=AgentConfig(
            random_seed=7, num_lstm_units=6, training_steps=2400, episodes_per_update=8
        ),
    )


@pytest.fixture
def start_process():
    """Starts programs in sessions of their own, where Ctrl-C works; none outlives its test."""
    # A shell that runs the tests in the background ignores Ctrl-C, and `nohup` a closed terminal;
    # programs inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    before_hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    started = []

    def start(command):
        options = {"stderr": subprocess.PIPE, "text": True, "start_new_session": True}
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
