import csv
import dataclasses
import math

import pytest

from metarl.baselines import Greedy
from metarl.benchmark.config import RL2TableConfig
from metarl.benchmark.rl2_notes import NOTES
from metarl.benchmark.rl2_printed import BASELINES, PRINTED
from metarl.benchmark.rl2_table import (
    COLUMNS,
    FIRST,
    OURS,
    FirstGreedy,
    benchmark_rl2_table,
    play_cell,
    table,
)
from metarl.cli.main import main
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("as_users_run_it")


@pytest.fixture(scope="module", autouse=True)
def small_grids():
    """Each constant is a program of its own to compile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metarl.benchmark.rl2_table.UCB1_GRID", (0.1, 2.0))
        patch.setattr("metarl.benchmark.rl2_table.EPSILON_GRID", (0.05,))
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return RL2TableConfig(
        workdir=str(tmp_path_factory.mktemp("rl2")),
        pulls=(10,),
        arms=(5,),
        num_bandits=2_000,
        num_tuning_bandits=100,
    )


@pytest.fixture(scope="module")
def found(small):
    return {row.column: row for row in play_cell(small, 10, 5)}


def test_every_column_has_a_row_and_only_baselines_are_played(found):
    assert tuple(found) == COLUMNS
    for name in BASELINES:
        assert found[name].num_bandits == 2_000
        assert 0 < found[name].standard_error < 0.1
    for name in ("RL2", "SNAIL"):
        assert found[name].reward is None
    assert 6.4 < found[OURS].reward < 6.65999 + 4 * found[OURS].standard_error
    assert found["SNAIL"].printed == 6.6
    assert found[OURS].printed is None


def test_rewards_lie_between_chance_and_the_exact_optimum(found):
    for name in BASELINES:
        reward, error = found[name].reward, found[name].standard_error
        assert 5 - 4 * error < reward < 6.65999 + 4 * error
    assert abs(found["Random"].reward - 5) < 4 * found["Random"].standard_error
    assert found["Gittins"].reward > found["TS"].reward


def test_the_difference_counts_the_errors_of_both_sides(found):
    row = found["Greedy"]
    deviation = row.standard_error * math.sqrt(2_000)
    both = math.sqrt(row.standard_error**2 + deviation**2 / 1_000 + 0.1**2 / 12)
    assert row.difference == pytest.approx((row.reward - 6.6) / both)


def test_only_cells_beyond_three_errors_are_marked_and_explained(found):
    rows = [row._replace(difference=2.9, marked=0) for row in found.values()]
    assert "*" not in table(rows).split("errors.")[1]
    rows[3] = rows[3]._replace(difference=-3.1, marked=1)  # OTS
    text = table(rows)
    assert f"{rows[3].reward:.2f}*" in text
    assert f"OTS: {NOTES['OTS']}" in text


def test_tuned_constants_are_named(found):
    assert found["UCB1"].setting == "c 0.1"  # and not 2, which explores to the end
    assert found["eps-Greedy"].setting == "eps 0.05"
    assert found["Gittins"].setting == "horizon 10"


def test_ties_that_go_to_the_first_arm_cost_reward_with_many_arms():
    env = Bandit(num_arms=20, num_trials=40, reward_structure="independent")
    fair, first = (
        evaluate(player(env=env), (), env, num_episodes=2_000, seed=0, keep="totals").regret
        for player in (Greedy, FirstGreedy)
    )
    difference = first - fair
    assert difference.mean() > 3 * difference.std() / math.sqrt(2_000)


def test_every_column_that_may_be_marked_has_a_note():
    assert set(NOTES) == {*BASELINES, FIRST}


def test_the_printed_table_has_nine_cells_of_nine_columns():
    assert len(PRINTED) == 9
    assert {len(row) for row in PRINTED.values()} == {9}
    assert PRINTED[500, 5]["SNAIL"] == 408.1


def test_the_command_plays_our_agent_where_one_is_found(tmp_path, capsys, small_config):
    from metarl.training.a3c.manager import train

    env = dataclasses.replace(
        small_config.environment, num_arms=2, num_trials=4, reward_structure="independent"
    )
    agent = dataclasses.replace(small_config.agent, training_steps=32)
    train(
        dataclasses.replace(
            small_config,
            workdir=str(tmp_path),
            name="rl2_4_2",
            environment=env,
            agent=agent,
        ),
    )
    arguments = [
        "benchmark",
        "rl2-table",
        f"--config.workdir={tmp_path}",
        "--config.pulls=(4,)",
        "--config.arms=(2,)",
        "--config.num_bandits=20",
        "--config.num_tuning_bandits=10",
    ]
    assert main(arguments) == 0
    assert "LSTM: 4, 2: rl2_4_2 (sampled rewards)" in capsys.readouterr().out
    with (tmp_path / "rl2_table.csv").open(newline="") as file:
        rows = {row["column"]: row for row in csv.DictReader(file)}
    assert 0 < float(rows[OURS]["reward"]) < 4
    assert rows["Greedy"]["printed"] == ""  # the paper has no such cell


def test_gittins_indices_have_a_discount_where_the_horizon_is_long(tmp_path, monkeypatch):
    monkeypatch.setattr("metarl.benchmark.rl2_table.LONGEST_EXACT_INDEX", 3)
    config = RL2TableConfig(
        workdir=str(tmp_path),
        pulls=(4,),
        arms=(2,),
        num_bandits=20,  # as above, so that all other players are compiled already
        num_tuning_bandits=10,
        gittins_discount=0.5,
    )
    report = benchmark_rl2_table(config)
    assert "disc. 0.5" in report.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pulls": ()}, "`pulls` must be numbers in a tuple"),
        ({"arms": (1,)}, "`arms` must be at least 2, got 1"),
        ({"num_bandits": 1}, "`num_bandits` must be at least 2, got 1"),
        ({"gittins_discount": 1.0}, "`gittins_discount` must be at least 0 and at most 0.995"),
    ],
)
def test_impossible_tables_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        RL2TableConfig(**change)
