"""The papers' figures: made from agents that ship, or from agents trained for them."""

import csv
import importlib
import math

import pytest

from metarl.cli.main import main
from metarl.pretrained import load_agents
from metarl.reproduce.config import FIGURES
from metarl.reproduce.core import Finding, findings_table, number, over_seeds, rows_of

PNG = b"\x89PNG"


def test_the_papers_figures_are_all_there():
    expected = [f"w16-{i}" for i in range(1, 7)] + [f"w18-{i}" for i in range(1, 7)]
    assert list(FIGURES) == sorted([*expected, "w18-fig1"])
    for figure in FIGURES:
        module = importlib.import_module(f"metarl.reproduce.{figure.replace('-', '_')}")
        assert module.TITLE
        assert module.SHOWS.endswith(".")
        assert callable(module.reproduce)


def test_intervals_over_seeds_are_students():
    mean, half = over_seeds([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert half == pytest.approx(4.302653 * 1 / math.sqrt(3), rel=1e-5)
    assert math.isnan(over_seeds([1.0])[1])


def test_a_finding_comes_out_for_the_seeds_within_its_limits():
    finding = Finding("reward", "high", (0.4, 0.6, 0.8), best=1.0, low=0.5, high=0.7)
    assert finding.came_out == (False, True, False)
    table = findings_table([finding, Finding("other", "", (1.0, 1.0))])
    assert "| reward | high | 0.600 ± 0.497 | 0.400 to 0.800 | 1.000 | 1 of 3 |" in table
    assert table.endswith("| other |  | 1.000 ± 0 | 1.000 to 1.000 |  |  |")
    assert [row.came_out for row in rows_of("w16-1", [finding])] == [0, 1, 0]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (20.55, "20.550"), (-0.25, "-0.250"), (5.8e-7, "5.80e-07")]
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_a_figure_of_shipped_agents_is_drawn_and_told(tmp_path, capsys):
    settings = [f"--config.workdir={tmp_path}", "--config.num_episodes=100"]
    assert main(["reproduce", "w18-4", *settings]) == 0
    out = capsys.readouterr().out
    assert "r² that model-free errors add" in out
    assert "5.8e-7" in out
    folder = tmp_path / "reproduce"
    assert (folder / "w18-4.png").read_bytes().startswith(PNG)
    rows = list(csv.DictReader((folder / "w18-4.csv").open()))
    seeds = {row["seed"] for row in rows}
    assert len(seeds) == len(load_agents("two_step")) == 8
    based = [float(r["value"]) for r in rows if r["finding"] == "r² of model-based errors"]
    assert min(based) > 0.85
    assert {r["came_out"] for r in rows if r["finding"] == "r² that model-free errors add"} == {"1"}


def test_agents_can_be_trained_for_a_figure_and_are_kept(tmp_path, capsys):
    settings = [f"--config.workdir={tmp_path}", "--config.num_episodes=40", "--config.train=true"]
    command = ["reproduce", "w16-3", *settings, "--config.training_steps=2000"]
    assert main(command) == 0
    kept = tmp_path / "informative" / "checkpoint.npz"
    before = kept.read_bytes()
    seeds = [agent.config.agent.random_seed for agent in load_agents("informative", tmp_path)]
    assert seeds == list(range(42, 50))
    assert main(command) == 0
    assert kept.read_bytes() == before  # not trained again
    assert "0 of 8" in capsys.readouterr().out  # nothing is learnt in so few steps


@pytest.mark.parametrize(
    "arguments", [[], ["w18-7"], ["w18-4", "--all"], ["w18-4", "--config.num_episodes=0"]]
)
def test_what_cannot_be_reproduced_is_refused_at_once(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("metarl: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_all_figures_make_a_gallery(tmp_path, capsys):
    assert main(["reproduce", "--all", f"--config.workdir={tmp_path}"]) == 0
    page = (tmp_path / "reproduce" / "gallery.md").read_text()
    for figure in FIGURES:
        assert f"({figure}.png)" in page
        assert (tmp_path / "reproduce" / f"{figure}.png").read_bytes().startswith(PNG)
    assert "metarl reproduce w18-fig1" in capsys.readouterr().out
