import csv
import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from metarl.benchmark.config import PlayersConfig
from metarl.benchmark.players import EXACT, compare_players, table
from metarl.cli.main import main
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.intervals import bootstrap_means
from metarl.evaluation.players import EVERYONE, find_players
from metarl.exact.dynamic_programme import bayes_optimal_value
from metarl.exact.optimum import best_possible_regret
from metarl.exact.regret import exact_regret
from metarl.plotting.players import plot_matrix, plot_regret

pytestmark = pytest.mark.usefixtures("as_users_run_it")

ENV = Bandit(num_trials=10, reward_structure="independent")


def regret_of(compared):
    return {row.player: row for row in compared.rows if row.measure == "regret"}


@pytest.fixture(scope="module")
def compared():
    names = ["random", "thompson", "greedy", "ucb1:1.414", "gittins"]
    return compare_players(ENV, names, num_episodes=20_000, seed=4)


@pytest.mark.parametrize(
    ("name", "label"), [("greedy", "greedy"), ("thompson", "Thompson"), ("ucb1", "UCB1 (c 1.41)")]
)
def test_monte_carlo_agrees_with_the_exact_regret(compared, name, label):
    (entrant,), _ = find_players(ENV, [name])
    exact = exact_regret(entrant.player, ENV)
    found = regret_of(compared)[label]
    assert abs(found.mean - exact.sum()) < 3 * found.standard_error
    curve, error = compared.curves[label]
    assert np.all(np.abs(curve - np.cumsum(exact)) < 4 * error)


def test_the_rows_are_in_order_and_end_with_the_best_possible(compared):
    regret = regret_of(compared)
    assert list(regret)[-1] == EXACT
    assert regret[EXACT].mean == pytest.approx(20 / 3 - 6.0217857142857145)
    assert regret[EXACT].low is None
    means = [row.mean for name, row in regret.items() if name != EXACT]
    assert means == sorted(means)
    assert list(compared.curves) == list(regret)[:-1]
    np.testing.assert_allclose(compared.best_possible, np.cumsum(best_possible_regret(ENV)))


def test_every_player_meets_the_tasks_that_evaluate_plays(compared):
    (entrant,), _ = find_players(ENV, ["ucb1:1.414"])
    played = evaluate(entrant.player, (), ENV, num_episodes=20_000, seed=4, keep="steps")
    rows = {row.measure: row for row in compared.rows if row.player == entrant.label}
    assert rows["reward"].mean == pytest.approx(played.trajectory.rewards.sum() / 20_000)
    assert rows["regret"].mean == pytest.approx(played.regret.sum() / 20_000, rel=1e-5)
    assert rows["suboptimal_choices"].mean == pytest.approx((played.regret > 0).sum() / 20_000)


def test_the_bootstrap_has_the_width_of_the_normal_interval_for_many_episodes():
    samples = np.random.default_rng(0).exponential(size=(2, 2_000)) * [[1.0], [10.0]]
    found = bootstrap_means(samples, seed=1)
    np.testing.assert_allclose(found.mean, samples.mean(axis=1))
    error = samples.std(axis=1) / math.sqrt(2_000)
    np.testing.assert_allclose(found.standard_error, error, rtol=0.1)
    np.testing.assert_allclose(found.high - found.low, 2 * 1.96 * error, rtol=0.1)
    again = bootstrap_means(samples, seed=1)
    np.testing.assert_array_equal(again.low, found.low)


def test_more_arms_over_few_trials_have_an_exact_optimum_too():
    env = Bandit(num_arms=5, num_trials=10, reward_structure="independent")
    compared = compare_players(env, ["random"], num_episodes=10)
    assert regret_of(compared)[EXACT].mean == pytest.approx(50 / 6 - bayes_optimal_value(5, 10))
    assert compared.best_possible is None


def test_who_cannot_play_is_left_out_with_a_line_that_says_why():
    env = Bandit(num_arms=10, num_trials=50, reward_structure="independent")
    found, left_out = find_players(env, [])
    assert len(found) == len(EVERYONE) - 3  # nor does an agent ship for ten arms and 50 trials
    names = ("bayes_optimal", "model_based", "model_free")
    for line, name in zip(left_out, names, strict=True):
        assert f"{name} cannot play" in line
    _, left_out = find_players(Bandit(num_arms=3, reward_structure="correlated"), [])
    for name in ("greedy", "thompson", "optimistic_thompson", "gittins", "bayes_optimal"):
        assert any(f" {name} cannot play" in line for line in left_out)
    labels = [one.label for one in find_players(Bandit(), [])[0]]
    assert "bandit_correlated (sampled rewards)" in labels


@pytest.mark.parametrize(
    ("name", "env", "message"),
    [
        ("bayes_optimal", Bandit(num_arms=10, reward_structure="independent"), "must be 2, got 10"),
        (
            "bayes_optimal",
            Bandit(num_trials=201, reward_structure="independent"),
            "at most 200, got 201",
        ),
        ("gittins", Bandit(num_trials=201, reward_structure="independent"), "gittins:0.99"),
        ("gittins", Bandit(reward_structure="easy"), "must be 'independent'"),
        ("greedy", Bandit(num_arms=3), "must be 2 for beliefs on correlated arms, got 3"),
        ("bandit_correlated", Bandit(num_arms=3), "must be 2 for the agent bandit_correlated"),
        ("nobody", Bandit(), "Players are random, oracle, bayes_optimal"),
        ("ucb1:much", Bandit(), "must have numbers after its colons"),
        ("greedy:1", Bandit(), "at most 0 constants, got 1"),
        ("epsilon_greedy:2", Bandit(), "`epsilon` must be at least 0 and at most 1"),
    ],
)
def test_who_was_named_and_cannot_play_is_refused(name, env, message):
    with pytest.raises(ValueError, match=message):
        find_players(env, [name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_episodes": 1}, "`num_episodes` must be at least 2, got 1"),
        ({"players": "greedy"}, "`players` must be names in a tuple"),
        ({"players": ("greedy", "greedy")}, "`players` must not repeat a name"),
        ({"name": "a/b"}, "`name` must be a plain, short name"),
    ],
)
def test_impossible_comparisons_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        PlayersConfig(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"env": None}, "`env` must be a TaskFamily, got None"),
        ({"names": "greedy"}, "`names` must be names, as in .*, got 'greedy'"),
        ({"names": (3,)}, "`names` must be names"),
        ({"num_episodes": 1}, "`num_episodes` must be at least 2"),
        ({"seed": -1}, "`seed` must be at least 0"),
    ],
)
def test_impossible_arguments_are_refused(change, message):
    arguments = {"env": ENV, "names": ("greedy",), "num_episodes": 2, "seed": 0, **change}
    with pytest.raises(ValueError, match=message):
        compare_players(**arguments)


def test_arms_given_by_hand_are_in_the_rows_as_they_are():
    env = Bandit(num_trials=3, arm_probs=(0.1234567, 0.1234568))
    compared = compare_players(env, ("random",), num_episodes=2)
    assert all("arm_probs=(0.1234567, 0.1234568)" in row.settings for row in compared.rows)


def test_the_command_writes_a_tidy_csv_and_a_picture(tmp_path, capsys):
    arguments = [
        "benchmark",
        "players",
        f"--config.workdir={tmp_path}/new",
        "--config.players=('greedy', 'random', 'ucb1:0.5')",
        "--config.num_episodes=50",
        "--config.environment.num_trials=5",
    ]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    for words in (
        "50 episodes of 5 trials, 2 independent arms",
        "UCB1 (c 0.5)",
        "(exact)",
        "With fewer than 100 episodes, 95% intervals are too short.",
    ):
        assert words in printed
    with (tmp_path / "new" / "players.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 3 + 1
    assert {row["measure"] for row in rows} == {"reward", "regret", "suboptimal_choices"}
    for row in rows[:-1]:
        assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
        assert (row["num_episodes"], row["family"], row["seed"]) == ("50", "bandit", "0")
        assert "num_trials=5" in row["settings"]
    assert rows[-1]["player"] == EXACT
    assert rows[-1]["low"] == ""
    assert (tmp_path / "new" / "players.png").stat().st_size > 10_000


def test_the_command_refuses_a_named_player_who_cannot_play(capsys):
    arguments = ["--config.players=bayes_optimal", "--config.environment.num_arms=10"]
    assert main(["benchmark", "players", *arguments]) == 2
    assert "bayes_optimal cannot play this: `num_actions` must be 2" in capsys.readouterr().err


def test_the_table_has_a_line_for_each_player_and_the_exact_value():
    lines = table(compare_players(ENV, ["random", "oracle"], num_episodes=5)).splitlines()
    assert [line.split()[0] for line in lines] == ["player", "oracle", "random", "best"]


def test_labels_of_players_do_not_overlap_each_other_or_the_curves():
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    ax = figure.subplots()
    ends = [*np.linspace(2.0, 2.05, 12), 40.0]
    curves = {
        f"player {i}": (np.linspace(0, end, 9), np.full(9, 0.1)) for i, end in enumerate(ends)
    }
    plot_regret(ax, curves, {"best possible": np.linspace(0, 1.9, 9)})
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the line to the curve
    assert len(boxes) == 14 == len(ax.lines)
    assert len(ax.collections) == 13  # a band for each, and none for the exact line
    boxes.sort(key=lambda box: box.y0)
    for below, above in itertools.pairwise(boxes):
        assert above.y0 >= below.y1 - 2
    assert min(box.x0 for box in boxes) > ax.bbox.x1
    assert ax.get_ylim()[1] < 3  # who loses twenty times as much leaves the picture
    assert [text.get_text() for text in ax.texts if "↑" in text.get_text()] == [
        "player 12: 40.00 ± 0.20 ↑"
    ]


def test_a_matrix_has_its_numbers_in_its_cells():
    ax = Figure().subplots()
    plot_matrix(ax, np.array([[1.0, 12.5], [np.nan, 1.234]]), ["a", "b"], ["c", "d"])
    assert [text.get_text() for text in ax.texts] == ["1.00", "12.5", "1.23"]
    assert [text.get_position() for text in ax.texts] == [(0, 0), (1, 0), (1, 1)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
