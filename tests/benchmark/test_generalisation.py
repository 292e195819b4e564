import csv

import pytest
from matplotlib.figure import Figure

from metarl.benchmark.config import GeneralisationConfig
from metarl.benchmark.generalisation import (
    AGENTS,
    FAMILIES,
    generalisation,
    plot_generalisation,
    table,
)
from metarl.cli.main import main
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.exact.optimum import best_possible_regret
from metarl.pretrained import load_agent, pretrained_names

pytestmark = pytest.mark.usefixtures("as_users_run_it")


@pytest.fixture(scope="module")
def rows():
    return generalisation(["bandit_correlated"], num_episodes=400, seed=2)


def test_an_agent_plays_every_family_and_is_near_the_optimum_on_its_own(rows):
    assert [row.tested_on for row in rows] == list(FAMILIES)
    assert {row.trained_on for row in rows} == {"uniform"}
    uniform = rows[1]
    assert uniform.relative - 4 * uniform.standard_error / uniform.best_possible < 1.05
    assert rows[0].relative > 1.2  # independent arms are not what it was trained for


def test_regret_is_that_of_evaluate_over_the_familys_own_optimum(rows):
    easy, env = rows[2], Bandit(reward_structure="easy")
    loaded = load_agent("bandit_correlated")
    played = evaluate(loaded.agent, loaded.params, env, num_episodes=400, seed=2, keep="steps")
    assert easy.regret == pytest.approx(episode_regret(played).mean, rel=1e-5)
    assert easy.best_possible == pytest.approx(best_possible_regret(env).sum())
    assert easy.relative == pytest.approx(easy.regret / easy.best_possible)
    assert easy.low < easy.regret < easy.high


def test_the_matrix_is_drawn_with_its_numbers(rows):
    ax = plot_generalisation(Figure().subplots(), rows)
    assert [text.get_text() for text in ax.texts] == [f"{row.relative:.2f}" for row in rows]
    assert [label.get_text() for label in ax.get_xticklabels()] == list(FAMILIES)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["uniform (sampled rewards)"]
    assert [line.split()[:3] for line in table(rows).splitlines()[-2:]] == [
        ["uniform", "sampled", "rewards"],
        ["best", "possible", "regret,"],
    ]


def test_the_command_leaves_out_agents_that_do_not_ship_yet(tmp_path, capsys, monkeypatch):
    everybody = (*AGENTS, "to_come")
    monkeypatch.setattr("metarl.benchmark.generalisation.AGENTS", everybody)
    arguments = [
        f"--config.workdir={tmp_path}",
        "--config.num_episodes=20",
        "--config.num_trials=5",
    ]
    assert main(["benchmark", "generalisation", *arguments]) == 0
    printed = capsys.readouterr().out
    shipped = [name for name in AGENTS if name in pretrained_names()]
    assert len(shipped) == len(AGENTS)
    for name in everybody:
        assert (f"left out: {name}" in printed) == (name not in shipped)
    with (tmp_path / "generalisation.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 5 * len(shipped)
    assert {row["advantage_rewards"] for row in found} <= {"sampled", "oracle", "belief"}
    assert (tmp_path / "generalisation.png").stat().st_size > 10_000


def test_an_agent_that_was_named_and_does_not_exist_is_refused(tmp_path, capsys):
    arguments = [f"--config.workdir={tmp_path}", "--config.agents=nobody"]
    assert main(["benchmark", "generalisation", *arguments]) == 2
    assert "`nobody` is not one of the agents that ship" in capsys.readouterr().err


def test_trials_beyond_the_known_optimum_are_refused(capsys):
    assert main(["benchmark", "generalisation", "--config.num_trials=201"]) == 2
    assert "`num_trials` must be at most 200, got 201" in capsys.readouterr().err


def test_one_episode_is_refused():
    with pytest.raises(ValueError, match="`num_episodes` must be at least 2, got 1"):
        GeneralisationConfig(num_episodes=1)
