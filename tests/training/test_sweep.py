"""Sweeps over seeds and settings."""

import csv

import pytest

from metarl.config import AgentConfig, TrainConfig
from metarl.config.sweep import SweepConfig
from metarl.envs import Bandit
from metarl.training.sweep import sweep

SMALL = TrainConfig(
    num_workers=0,
    eval_every_steps=400,
    num_eval_episodes=4,
    num_final_eval_episodes=4,
    progress_bar=False,
    environment=Bandit(num_trials=10),
    agent=AgentConfig(training_steps=1200, episodes_per_update=4),
)


def test_runs_are_all_combinations_of_settings_and_seeds():
    settings = {"learning_rate": (0.01, 0.003), "num_arms": (2, 5)}
    runs = SweepConfig(seeds=(1, 2), settings=settings).runs()
    assert len({run.config.name for run in runs}) == 8
    assert [run.config.agent.random_seed for run in runs[:2]] == [1, 2]
    last = runs[-1].config
    assert last.agent.learning_rate == 0.003
    assert last.environment.num_arms == 5
    assert {run.config.resume for run in runs} == {"auto"}


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 1)}, "seeds"),
        ({"settings": {"learning_rat": (0.1,)}}, "settings"),
        ({"settings": {"learning_rate": 0.1}}, "settings"),
        ({"settings": {"learning_rate": (-1.0,)}}, "learning_rate"),
        ({"cluster": "slurm"}, "cluster"),
    ],
)
def test_impossible_sweeps_are_refused(changed, names):
    with pytest.raises(ValueError, match=names):
        SweepConfig(**changed)


def test_a_sweep_writes_a_row_per_run_and_goes_on_where_it_stopped(tmp_path):
    config = SweepConfig(
        workdir=str(tmp_path), seeds=(1,), num_parallel=2, progress_bar=False, train=SMALL
    )
    first = sweep(config)
    folder = tmp_path / "sweep"
    assert [path.name for path in first.written.files] == ["sweep.csv", "sweep.png"]
    kept = (folder / "seed_1" / "checkpoint.npz").stat().st_mtime_ns
    second = sweep(SweepConfig(**{**vars(config), "seeds": (1, 2)}))
    assert (folder / "seed_1" / "checkpoint.npz").stat().st_mtime_ns == kept
    rows = list(csv.DictReader((folder / "sweep.csv").open()))
    assert [row["seed"] for row in rows] == ["1", "2"]
    assert second.rows[0] == first.rows[0]
    assert second.rows[0]["regret"] != second.rows[1]["regret"]
    assert "median" in second.text
