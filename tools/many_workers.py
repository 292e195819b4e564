"""Simulates one manager with up to a thousand workers: `python tools/many_workers.py --help`.

Two questions, for the default task and the default agent. How many updates per second can the
manager make? Events are simulated: workers compute, messages travel, the manager serves one at a
time; how long a gradient and an update take is measured on this machine. And does the agent still
learn from gradients as old as they then are? That is training for real: the manager's own update
rule is given gradients of parameters that are so many updates old.
"""

import argparse
import collections
import dataclasses
import heapq
import math
import time
from pathlib import Path

import numpy as np
from rows import append, read
from tqdm.auto import tqdm

from metarl.config import TrainConfig
from metarl.configs.bandit import get_config
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.jax_settings import make_key
from metarl.processes.compilation import prepare_compiler
from metarl.processes.memory import on_host
from metarl.training.a3c.state import TrainState, fresh_state
from metarl.training.a3c.updates import DivergedError, Updater
from metarl.training.a3c.worker import InlineWorkers
from metarl.training.learner import Learner

COUNTS = (1, 2, 8, 32, 128, 1024)
LATENCY = 100e-6  # seconds that a message takes between two machines of a data centre
BANDWIDTH = 1.25e9  # bytes per second of the manager's network: 10 Gbit/s


@dataclasses.dataclass(frozen=True)
class Row:
    """A number of workers.

    Attributes:
      workers: their number.
      updates_per_second: updates that the manager makes.
      manager_busy: the share of time in which it is at work.
      worker_busy: the share of time in which a worker is.
      megabytes_per_second: parameters and gradients that pass through the manager's network.
      staleness: the mean age of a gradient, in updates.
      regret: the trained agent's, per episode, with gradients of that age; NaN if it diverged.
      regret_slow: the same with a tenth of the learning rate.
    """

    workers: int
    updates_per_second: float
    manager_busy: float
    worker_busy: float
    megabytes_per_second: float
    staleness: float
    regret: float
    regret_slow: float


def main() -> None:
    """Measures, simulates, trains, and writes a row for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=Path("docs/many_workers.csv"))
    parser.add_argument("--workers", type=int, nargs="*", default=COUNTS, help="numbers of workers")
    parser.add_argument("--steps", type=int, default=8_000_000, help="steps of each training run")
    arguments = parser.parse_args()
    prepare_compiler()
    agent = dataclasses.replace(get_config().agent, training_steps=arguments.steps)
    config = dataclasses.replace(get_config(), agent=agent)
    slow = dataclasses.replace(agent, learning_rate=agent.learning_rate / 10)
    gradient_seconds, update_seconds = measure(config)
    size = 4 * Learner(config.environment, config.agent).num_params
    print(
        f"a gradient takes {gradient_seconds * 1e3:.2f} ms, an update {update_seconds * 1e6:.0f} "
        f"us, and a message has {size / 1e3:.0f} kB"
    )
    done = {row.workers for row in read(arguments.csv, Row)}
    for workers in arguments.workers:
        if workers not in done:
            found = simulate(workers, gradient_seconds, update_seconds, size)
            age = round(found["staleness"])
            regret = train(config, age)
            regret_slow = train(dataclasses.replace(config, agent=slow), age)
            row = Row(workers, **found, regret=regret, regret_slow=regret_slow)
            append(arguments.csv, [row])
            print(row, flush=True)


def measure(config: TrainConfig) -> tuple[float, float]:
    """The median seconds of a gradient, and of an update, on this machine."""
    learner = Learner(config.environment, config.agent)
    workers, update = InlineWorkers(learner, 0), Updater(config, 0)
    state = fresh_state(np.asarray(on_host(learner.init(make_key(0)))))
    seconds = []
    for _ in range(300):
        workers.send(0, state.flat_params, state.progress.updates, 0.0)
        begun = time.perf_counter()
        index, gradient = workers.receive()
        between = time.perf_counter()
        state = update(state, index, gradient, 0.0, 0.0)
        seconds.append((between - begun, time.perf_counter() - between))
    gradient_seconds, update_seconds = np.median(seconds[50:], axis=0).tolist()
    return gradient_seconds, update_seconds


def simulate(
    workers: int, gradient_seconds: float, update_seconds: float, size: int
) -> dict[str, float]:
    """Simulates the events of 100 updates per worker, at least 20,000, after as many to warm up.

    A worker's time varies by 10%. A message travels for `LATENCY`, and the network of the manager
    passes its bytes one message after the other, in each direction.

    Args:
      workers: number of workers, each with one gradient in flight.
      gradient_seconds: the mean time of a gradient.
      update_seconds: the manager's time for an update.
      size: bytes of a message.

    Returns:
      The fields of a row that do not need training.
    """
    rng = np.random.default_rng(workers)
    wire = size / BANDWIDTH
    total = max(20_000, 100 * workers)
    version, free, wire_in, wire_out = 0, 0.0, 0.0, 0.0
    ages: list[int] = []
    first = 0.0

    def arrival(now: float) -> float:
        computed = now + gradient_seconds * max(0.1, rng.normal(1, 0.1))
        return computed + LATENCY

    events = [(arrival(0.0), worker, 0) for worker in range(workers)]
    heapq.heapify(events)
    while version < 2 * total:
        at, worker, sent = heapq.heappop(events)
        wire_in = max(wire_in, at) + wire
        free = max(free, wire_in) + update_seconds
        version += 1
        if version > total:
            ages.append(version - 1 - sent)
        elif version == total:
            first = free
        wire_out = max(wire_out, free) + wire
        heapq.heappush(events, (arrival(wire_out + LATENCY), worker, version))
    rate = total / (free - first)
    return {
        "updates_per_second": round(rate, 1),
        "manager_busy": round(rate * update_seconds, 3),
        "worker_busy": round(rate * gradient_seconds / workers, 3),
        "megabytes_per_second": round(2 * rate * size / 1e6, 1),
        "staleness": round(float(np.mean(ages)), 2),
    }


def train(config: TrainConfig, age: int) -> float:
    """Trains with gradients of parameters that are `age` updates old.

    Returns:
      The frozen agent's regret; NaN if training diverged.
    """
    learner = Learner(config.environment, config.agent)
    workers, update = InlineWorkers(learner, 0), Updater(config, 0)
    state: TrainState = fresh_state(np.asarray(on_host(learner.init(make_key(0)))))
    versions = collections.deque([(state.flat_params, 0)], maxlen=age + 1)
    for updates in tqdm(range(learner.total_updates), desc=f"{age} updates old"):
        flat_params, version = versions[0]
        workers.send(0, flat_params, version, learner.done(updates))
        index, gradient = workers.receive()
        try:
            state = update(state, index, gradient, 0.0, learner.done(updates))
        except DivergedError:
            return math.nan
        versions.append((state.flat_params, state.progress.updates))
    result = evaluate(
        learner.agent,
        learner.unravel(state.flat_params),
        config.environment,
        num_episodes=10_000,
        seed=1,
        keep="totals",
    )
    return round(episode_regret(result).mean, 3)


if __name__ == "__main__":
    main()
