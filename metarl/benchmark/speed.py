"""Measures the speed of training on this machine: `metarl benchmark speed`."""

import concurrent.futures
import dataclasses
import functools
import itertools
import os
import tempfile
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from metarl.benchmark.config import LARGER, SpeedConfig
from metarl.benchmark.criterion import criteria, run_training
from metarl.benchmark.table import Measurement, frame, machine, table
from metarl.config import AgentConfig
from metarl.config.recipe import derive
from metarl.envs import TaskFamily
from metarl.jax_settings import make_key
from metarl.processes.child import prepare_child, refuse_unguarded_script
from metarl.processes.fork_server import process_context
from metarl.progress import make_progress_bar
from metarl.rollout import unroll
from metarl.storage.curves import TRAINING_FILE, TrainingRow, read_rows
from metarl.storage.files import make_folder
from metarl.storage.tables import write_table
from metarl.training.a2c import train_a2c
from metarl.training.a3c.manager import train
from metarl.training.learner import Episodes, Learner

_GEMM_SIZE = 512  # large enough for a processor's peak rate, small enough for its cache


def benchmark_speed(config: SpeedConfig) -> list[Measurement]:
    """Runs `metarl benchmark speed`: measures, prints a table and writes `speed.csv`.

    Args:
      config: what to measure.

    Returns:
      The measurements, in the order of the table.

    Raises:
      OSError: if the folder cannot be made or written to.
      ChildFailedError: if a worker raised an exception.
    """
    refuse_unguarded_script()
    make_folder(config.folder)
    found: list[Measurement] = []
    with make_progress_bar(visible=config.progress_bar, desc="benchmark", unit=" figures") as bar:

        def note(measurement: Measurement) -> None:
            found.append(measurement)
            write_table(config.folder / "speed.csv", frame(found))  # after each: nothing is lost
            bar.set_postfix_str(measurement.what)
            bar.update()

        _measure(config, note)
    print(machine(), table(found), sep="\n\n")
    return found


def flops_per_trained_step(learner: Learner) -> int:
    """Floating-point operations in the matrix products of one trained step.

    Forward: from inputs and hidden activity to the gates, and from hidden activity to the outputs.
    Backward: from the gates' gradients to the hidden activity and to all weights.
    """
    agent = learner.agent
    gates = 4 * agent.num_units
    forward = 2 * (agent.num_inputs + agent.num_units) * gates
    outputs = 2 * agent.num_units * (agent.num_actions + 1)
    return 2 * forward + 2 * agent.num_units * gates + 3 * outputs


def _measure(config: SpeedConfig, note: Callable[[Measurement], None]) -> None:
    env = config.train.environment
    agent = derive(config.train.agent, env)
    learner = Learner(env, agent)
    config = dataclasses.replace(config, train=dataclasses.replace(config.train, agent=agent))
    repeats = range(config.num_repeats)
    rates = _in_a_child(_one_thread_rates, env, agent, config.num_repeats)
    gemm = Measurement("matrix product, one thread", "GFLOP/s", rates["gemm"])
    limit = gemm.median * 1e9 / flops_per_trained_step(learner)

    def speed(what: str, values: list[float], threads: int) -> Measurement:
        measured = Measurement(what, "steps/s", values)
        return measured._replace(share=measured.median / (limit * threads))

    note(gemm)
    note(Measurement("played steps, one thread", "steps/s", rates["played"]))
    note(speed("trained steps, one thread", rates["trained"], 1))

    short = dataclasses.replace(
        config.train,
        progress_bar=False,
        agent=dataclasses.replace(agent, training_steps=config.steps_per_worker),
    )
    a2c = [train_a2c(short).steps_per_second for _ in repeats]
    note(speed("a2c, one experiment", a2c, 1))
    tenth = dataclasses.replace(agent, training_steps=max(1, config.steps_per_worker // 10))
    few = dataclasses.replace(short, agent=tenth)
    for number in (1, config.num_experiments):
        seconds = [_seconds(train_a2c, few, seeds=range(number)) for _ in repeats]
        what = f"a2c, {number} experiments of {tenth.training_steps:,} steps, call to result"
        note(Measurement(what, "s", seconds))

    cores = config.max_workers or os.cpu_count() or 1
    for number in sorted({0, *(2**k for k in range(10) if 2**k < cores), cores}):
        rate = [_a3c_rate(config, number) for _ in repeats]
        note(speed(f"a3c, {number} workers", rate, max(1, number)))
    # With more episodes per update, the cost of an update besides its gradient matters less.
    many = dataclasses.replace(agent, episodes_per_update=LARGER * learner.episodes_per_update)
    large = dataclasses.replace(config, train=dataclasses.replace(config.train, agent=many))
    rate = [_a3c_rate(large, cores) for _ in repeats]
    what = f"a3c, {cores} workers, {many.episodes_per_update} episodes per update"
    note(speed(what, rate, cores))

    with tempfile.TemporaryDirectory() as cache:
        runs = [run_training("bandit:default", 0, cache, steps=1) for _ in range(1 + len(repeats))]
    what = "metarl train, from the shell to the first update"
    note(Measurement(f"{what}, nothing compiled before", "s", [runs[0].first_update]))
    note(Measurement(f"{what}, later", "s", [run.first_update for run in runs[1:]]))
    note(Measurement("metarl train, largest process", "MB", [run.megabytes for run in runs]))

    for criterion in criteria() if config.criterion_seeds else ():
        runs = []
        for seed in range(config.criterion_seeds):
            with tempfile.TemporaryDirectory() as cache:
                runs.append(run_training(criterion.config, seed, cache))
        arrived = sum(run.regret < criterion.regret for run in runs)
        what = f"{criterion.what} ({arrived} of {len(runs)} seeds)"
        note(Measurement(f"{what}: regret", "", [run.regret for run in runs]))
        note(Measurement(f"{what}: time", "s", [run.finished for run in runs]))


def _in_a_child(function: Callable[..., dict[str, list[float]]], *args: object) -> dict:
    """The result of `function`, called in a process with one thread, like a worker."""
    with concurrent.futures.ProcessPoolExecutor(
        1, mp_context=process_context(), initializer=prepare_child
    ) as pool:
        return pool.submit(function, *args).result()


def _one_thread_rates(
    env: TaskFamily, agent: AgentConfig, num_repeats: int
) -> dict[str, list[float]]:
    """Matrix products (GFLOP/s), played steps and trained steps (per second) in this process."""
    learner = Learner(env, agent)
    flat_params = learner.init(make_key(0))
    episodes = jax.jit(learner.begin_episodes)(make_key(1))
    matrix = jax.random.normal(make_key(2), (_GEMM_SIZE, _GEMM_SIZE), jnp.float32)

    @jax.jit
    def play(episodes: Episodes) -> jax.Array:
        params = learner.unravel(flat_params)
        one = functools.partial(unroll, learner.agent, params, env)
        return jax.vmap(one)(episodes.carry, episodes.tape, episodes.noise)[1].rewards.sum()

    multiply = jax.jit(jnp.matmul)
    steps = learner.episodes_per_update * env.num_steps
    trained = learner.episodes_per_update * learner.unroll_lengths()[0]
    gradient = functools.partial(learner.first_gradient, flat_params, make_key(3), 0, 0.0)
    return {
        "gemm": _rates(lambda: multiply(matrix, matrix), 2e-9 * _GEMM_SIZE**3, num_repeats),
        "played": _rates(lambda: play(episodes), steps, num_repeats),
        "trained": _rates(lambda: gradient()[0], trained, num_repeats),
    }


def _rates(call: Callable[[], jax.Array], work: float, num_repeats: int) -> list[float]:
    """The rates of a call that does `work` units of work, in units per second; each over 1 s."""
    call().block_until_ready()
    rates = []
    for _ in range(num_repeats):
        begun, calls = time.perf_counter(), itertools.count(1)
        for done in calls:
            call().block_until_ready()
            elapsed = time.perf_counter() - begun
            if elapsed > 1:
                rates.append(work * done / elapsed)
                break
    return rates


def _seconds(function: Callable[..., object], *args: object, **kwargs: object) -> float:
    begun = time.perf_counter()
    function(*args, **kwargs)
    return time.perf_counter() - begun


def _a3c_rate(config: SpeedConfig, num_workers: int) -> float:
    """Trained steps per second of `train`, with its evaluator, once all workers are busy."""
    steps = config.steps_per_worker * max(1, num_workers)
    with tempfile.TemporaryDirectory() as folder:
        run = dataclasses.replace(
            config.train,
            workdir=folder,
            num_workers=num_workers,
            progress_bar=False,
            log_every_steps=max(1, steps // 20),
            agent=dataclasses.replace(config.train.agent, training_steps=steps),
        )
        train(run)
        rows = read_rows(run.agent_folder / TRAINING_FILE, TrainingRow)
    # After a quarter of the run, all workers are busy.
    first, last = rows[len(rows) // 4], rows[-1]
    return (last.step - first.step) / (last.wall_seconds - first.wall_seconds)
