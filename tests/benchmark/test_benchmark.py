import csv
import dataclasses

import pytest

from metarl.benchmark.config import SpeedConfig
from metarl.benchmark.criterion import Run, criteria, run_training
from metarl.benchmark.speed import benchmark_speed, flops_per_trained_step
from metarl.benchmark.table import Measurement, frame, table
from metarl.cli.files import run_config_file
from metarl.config import AgentConfig, TrainConfig
from metarl.envs import Bandit
from metarl.storage.tables import write_table
from metarl.training.learner import Learner

pytestmark = [pytest.mark.hazard, pytest.mark.usefixtures("as_users_run_it")]


def test_the_default_network_takes_59_kflop_a_trained_step():
    learner = Learner(Bandit(), AgentConfig())
    forward, backward = 2 * 52 * 192, 2 * 48 * 192 + 2 * 52 * 192
    assert flops_per_trained_step(learner) == forward + backward + 3 * 2 * 48 * 3 == 59_232


def test_a_figure_is_the_median_and_its_row_shows_the_spread():
    measured = Measurement("trained steps", "steps/s", [3000.0, 1000.0, 1500.0], 0.25)
    assert measured.median == 1500
    assert measured.cells() == ["trained steps", "1,500", "1,000", "3,000", "steps/s", "25%"]
    lines = table([measured, Measurement("start", "s", [2.5])]).splitlines()
    assert lines[0].split() == ["measured", "median", "lowest", "highest", "unit", "of", "limit"]
    assert lines[2].split() == ["start", "2.50", "2.50", "2.50", "s"]


def test_the_csv_holds_every_single_measurement(tmp_path):
    write_table(tmp_path / "speed.csv", frame([Measurement("start", "s", [2.0, 1.0, 4.0])]))
    with (tmp_path / "speed.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["measured"], row["median"], row["unit"]) == ("start", "2", "s")
    assert row["values"].split() == ["2", "1", "4"]
    assert "jax" in row["machine"]


def test_criteria_are_experiments_of_the_package_on_the_family_they_name():

    for criterion in criteria():
        config = run_config_file(TrainConfig, criterion.config)
        assert config.environment.reward_structure == criterion.what.split(",")[0]
        assert config.environment.num_trials == 100


def test_a_run_in_a_process_of_its_own_is_timed_from_its_start(tmp_path):
    run = run_training("bandit:default", 3, str(tmp_path), steps=1)
    assert 0.5 < run.first_update < run.finished < 120
    assert 20 < run.regret < 30  # it was not trained
    assert run.megabytes > 100


def test_the_benchmark_measures_what_its_table_says(small_config, tmp_path, capsys, monkeypatch):
    # What it takes from here is tested above.
    run = Run(first_update=3.0, finished=12.0, regret=1.25, megabytes=400.0)
    monkeypatch.setattr("metarl.benchmark.speed.run_training", lambda *_, **__: run)
    agent = dataclasses.replace(small_config.agent, training_steps=1)
    config = SpeedConfig(
        workdir=str(tmp_path / "out"),
        num_repeats=1,
        max_workers=1,
        steps_per_worker=25_600,
        num_experiments=2,
        criterion_seeds=1,
        train=dataclasses.replace(small_config, agent=agent),
    )
    found = benchmark_speed(config)
    named = {measured.what: measured for measured in found}
    many = f"a3c, 1 workers, {4 * agent.episodes_per_update} episodes per update"
    for what in ("trained steps, one thread", "a2c, one experiment", "a3c, 0 workers", many):
        assert named[what].median > 0
        assert 0 < named[what].share < 1
    for criterion in criteria():
        arrived = int(criterion.regret > run.regret)
        assert named[f"{criterion.what} ({arrived} of 1 seeds): time"].median == 12
    assert "a3c, 1 workers" in capsys.readouterr().out
    with (tmp_path / "out" / "speed.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(found)


@pytest.mark.parametrize("name", ["num_repeats", "num_experiments"])
def test_impossible_benchmarks_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1, got 0"):
        SpeedConfig(**{name: 0})


def test_a_run_too_short_to_be_measured_is_refused():
    with pytest.raises(ValueError, match="`steps_per_worker` must be at least 128000, got 127999"):
        SpeedConfig(steps_per_worker=127_999)


def test_updates_that_could_not_be_made_larger_are_refused():
    agent = AgentConfig(episodes_per_update=250_001)
    with pytest.raises(ValueError, match=r"`train\.agent\.episodes_per_update` must be at most"):
        SpeedConfig(train=TrainConfig(agent=agent))
