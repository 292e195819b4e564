"""The tools are used by hand: what they name must still exist."""

import dataclasses
import runpy
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import notebooks
from metarl.cli.main import main
from metarl.config import AgentConfig
from metarl.config.recipe import derive
from metarl.configs.bandit import get_config
from metarl.storage.checkpoint import load_checkpoint

TOOLS = Path(__file__).parents[1] / "tools"
pytestmark = pytest.mark.skipif(not TOOLS.exists(), reason="not in a checkout of the repository")


def test_every_ablation_and_every_drawn_setting_is_a_setting():
    search = runpy.run_path(str(TOOLS / "search.py"))
    default = get_config()
    for agent in (get_config("quick").agent, derive(default.agent, default.environment)):
        changes = search["ABLATIONS"].values()
        assert len({dataclasses.replace(agent, **changed) for changed in changes}) >= 10
        drawn = dataclasses.replace(agent, **search["draw"](agent, np.random.default_rng(0)))
        assert isinstance(drawn, AgentConfig)
        assert drawn != agent


@pytest.mark.slow
def test_the_recipe_is_measured_on_the_tasks_it_names(tmp_path):
    recipe = runpy.run_path(str(TOOLS / "recipe.py"))
    few = ["--config.agent.training_steps=10", "--config.agent.episodes_per_update=1"]
    few += ["--config.num_workers=0", "--config.num_final_eval_episodes=2"]
    few += ["--config.agent.num_units=1"]
    few += [f"--config.workdir={tmp_path}", "--config.progress_bar=false"]
    for name in ("independent, 10 arms, 50 trials", "two-step", "colours"):
        env = recipe["TASKS"][name]
        changed = [f"--config.environment.{k}={v}" for k, v in recipe["settings"](env).items()]
        assert main(["train", *few, *changed]) == 0
        assert load_checkpoint(tmp_path / "my_agent" / "checkpoint.npz").config.environment == env


def test_the_recipe_is_measured_run_by_run(tmp_path):
    csv = tmp_path / "recipe.csv"
    few = ["--config.agent.training_steps=3200", "--tasks", "reversal", "--episodes=50"]
    command = [sys.executable, str(TOOLS / "recipe.py"), "run", f"--out={csv}", "--seeds=1"]
    for _ in range(2):  # the second time, there is nothing left to do
        subprocess.run([*command, *few], check=True, capture_output=True, timeout=120)
    lines = csv.read_text().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["agent", *OTHERS]
    recipe = runpy.run_path(str(TOOLS / "recipe.py"))
    table = recipe["table"](recipe["read"](csv, recipe["Row"]))
    assert table.count("\n") == 4
    assert "| reversal, reward per trial | 0 M | 0." in table


def test_agents_of_several_seeds_are_trained_into_one_file(tmp_path):
    command = [sys.executable, str(TOOLS / "ship.py"), "informative", "--seeds=2"]
    command += ["--steps=2000", f"--csv={tmp_path / 'papers.csv'}", f"--agents={tmp_path}"]
    for _ in range(2):  # the second time, there is nothing left to do
        subprocess.run(command, check=True, capture_output=True, timeout=200)
    rows = (tmp_path / "papers.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [
        ["informative", "42"],
        ["informative", "43"],
    ]
    first = load_checkpoint(tmp_path / "informative.npz")
    (second,) = first.others
    assert first.config.name == "informative"
    assert second.config.agent.random_seed == 43
    assert first.progress.steps >= 2000
    assert second.scores["num_episodes"] == 20_000


OTHERS = ["oracle", "random", "Thompson", "greedy"]


STUB = "answer = ...\nassert answer == 4, 'two and two'"
FOLD = f"""<details><summary>Answer</summary>

Count.

```python
{STUB.replace("...", "2 + 2")}
```
</details>"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with a notebook that has one exercise."""
    folder = tmp_path / "course"
    folder.mkdir()
    tags = {"tags": ["exercise", "skip-execution"]}
    cells = [
        new_markdown_cell("# Sums"),
        new_code_cell("print('sums')", execution_count=1),
        new_code_cell(STUB, metadata=tags),
        new_markdown_cell(FOLD),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "01_sums.ipynb")
    monkeypatch.setattr(notebooks, "FOLDER", folder)
    return folder


def test_the_students_notebooks_have_stubs_and_no_answers(course, tmp_path):
    notebooks.student(tmp_path / "students")
    text = (tmp_path / "students" / "01_sums.ipynb").read_text()
    assert "answer = ..." in text
    assert "2 + 2" not in text


def test_solved_notebooks_try_the_stub_and_run_the_answer(course, tmp_path):
    notebooks.solved(tmp_path / "solved")
    notebook = nbformat.read(tmp_path / "solved" / "01_sums.ipynb", 4)
    *_, trial, answer = notebook.cells
    names = {}
    exec(trial.source, names)  # the stub fails, as it should
    exec(answer.source, names)
    assert names["answer"] == 4


def test_a_stub_that_is_solved_already_is_found(course, tmp_path):
    file = course / "01_sums.ipynb"
    file.write_text(file.read_text().replace("answer = ...", "answer = 4"))
    notebooks.solved(tmp_path / "solved")
    trial = nbformat.read(tmp_path / "solved" / "01_sums.ipynb", 4).cells[-2]
    with pytest.raises(SystemExit, match="not solved"):
        exec(trial.source, {})


def test_an_exercise_without_an_answer_is_refused(course, tmp_path):
    file = course / "01_sums.ipynb"
    file.write_text(file.read_text().replace("<summary>Answer", "<summary>Nothing"))
    with pytest.raises(SystemExit, match=r"01_sums\.ipynb"):
        notebooks.solved(tmp_path / "solved")
