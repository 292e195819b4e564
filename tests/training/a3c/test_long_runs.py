"""A long run of the smallest training there is: memory and speed stay where they are."""

import dataclasses
import time

import numpy as np
import psutil
import pytest

from metarl.config import AgentConfig, TrainConfig
from metarl.config.recipe import derive
from metarl.envs import Bandit
from metarl.training.a3c.manager import train

pytestmark = pytest.mark.hazard


def watched(folder, updates, samples):
    """Runs so many updates; returns updates, bytes and seconds at each of so many moments."""
    process, seen = psutil.Process(), []

    def look(row):
        seen.append((row.step, process.memory_info().rss, time.perf_counter()))

    config = TrainConfig(
        workdir=str(folder),
        num_workers=0,
        eval_every_steps=updates // samples,
        log_every_steps=updates // samples,
        checkpoint_every_steps=updates // samples,
        num_eval_episodes=2,
        num_final_eval_episodes=2,
        environment=Bandit(num_trials=1),
        agent=AgentConfig(num_units=1, training_steps=updates, episodes_per_update=1),
    )
    checkpoint = train(config, on_evaluation=look)
    assert checkpoint.progress.updates == updates
    agent = derive(config.agent, config.environment)
    assert checkpoint.config == dataclasses.replace(config, agent=agent)
    return np.array(seen, float).T


@pytest.mark.parametrize(
    ("updates", "allowed"),
    [(2000, 4e6), pytest.param(1_000_000, 8e6, marks=pytest.mark.slow)],
    ids=["short", "long"],
)
def test_memory_and_speed_are_flat(tmp_path, updates, allowed, capsys):
    steps, memory, seconds = watched(tmp_path, updates, 40)
    later = slice(len(steps) // 4, None)  # by then all is compiled, and every cache has its size
    slope = np.polyfit(steps[later], memory[later], 1)[0]
    rates = np.diff(steps) / np.diff(seconds)
    early, late = np.median(rates[later][:10]), np.median(rates[later][-10:])
    with capsys.disabled():
        print(
            f"\n{updates} updates: {slope * 1e6 / 2**20:.3f} MB per million updates, "
            f"{memory[-1] / 2**20:.0f} MB at the end; {early:.0f} updates/s, then {late:.0f}"
        )
    assert slope * (steps[-1] - steps[later][0]) < allowed
    assert late > 0.4 * early  # other work on the machine may slow either
