"""The notebooks: pairs that stay equal, outputs in order, sizes a reader can bear, one address.

That they run is tested by `pytest --nbmake notebooks`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import jupytext
import pytest
from lab import jupyter_lab

import metarl
from notebooks import answer_of, is_stub

ROOT = Path(metarl.__file__).parents[1]
FOLDER = ROOT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="not in a checkout of the repository")


def read(name):
    return jupytext.read(FOLDER / f"{name}.ipynb")


def content(notebook):
    return [
        (cell.cell_type, cell.source.rstrip(), tuple(cell.metadata.get("tags", ())))
        for cell in notebook.cells
        if cell.source.strip()
    ]


def code_cells(name):
    """The cells that are run: not the stubs of exercises."""
    return [cell for cell in read(name).cells if cell.cell_type == "code" and not is_stub(cell)]


def exercises(name):
    """The text of each exercise, its stub and the cell after it."""
    cells = read(name).cells
    return [(cells[i - 1], cells[i], cells[i + 1]) for i, c in enumerate(cells) if is_stub(c)]


def prose(name):
    return "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "markdown")


def test_each_notebook_is_one_of_a_pair():
    assert [name[:2] for name in NAMES] == [f"{i:02d}" for i in range(1, len(NAMES) + 1)]
    assert {path.stem for path in (FOLDER / "py").glob("*.py")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_both_of_a_pair_say_the_same(name):
    assert content(read(name)) == content(jupytext.read(FOLDER / "py" / f"{name}.py"))


@pytest.fixture
def checkout(tmp_path):
    """A folder with a copy of `notebooks`."""
    shutil.copytree(FOLDER, tmp_path / "checkout" / "notebooks")
    return tmp_path / "checkout"


def age(files, seconds):
    for file in files:
        changed = file.stat().st_mtime - seconds
        os.utime(file, (changed, changed))


@pytest.mark.parametrize(
    "older",
    [None, *(pytest.param(some, marks=pytest.mark.slow) for some in ("*.ipynb", "py/*.py"))],
)
def test_synchronising_what_is_committed_changes_nothing(checkout, older):
    folder = checkout / "notebooks"
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    age(folder.glob(older) if older else [], 3600)
    command = [sys.executable, "-m", "jupytext", "--sync", *map(str, folder.glob("*.ipynb"))]
    subprocess.run(command, check=True, capture_output=True, cwd=checkout)
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    ("argument", "prefix"),
    [((), "notebooks/"), pytest.param(("notebooks",), "", marks=pytest.mark.slow)],
)
def test_saving_in_jupyterlab_changes_both_of_a_pair(checkout, tmp_path, argument, prefix):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    source = checkout / "notebooks" / "py" / "05_play.py"
    age([source], 3600)  # as after a pull that changed outputs
    before = source.read_text()
    with jupyter_lab(checkout, tmp_path, *argument) as address:
        url = f"{address}/api/contents/{prefix}05_play.ipynb"
        with urllib.request.urlopen(url) as answer:
            notebook = json.load(answer)["content"]
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        cell["source"] += "\nprint('saved')"
        cell["metadata"] = {"id": "x", "executionInfo": {"user": "somebody"}}
        notebook["metadata"] |= {"colab": {"provenance": []}, "language_info": {"name": "python"}}
        body = json.dumps({"type": "notebook", "format": "json", "content": notebook})
        put = urllib.request.Request(url, body.encode(), method="PUT")
        with urllib.request.urlopen(put) as answer:
            assert answer.status == 200
    last = before[: before.index("\n\n# %%", before.index("# %%\n"))]
    assert source.read_text() == before.replace(last, f"{last}\nprint('saved')", 1)
    assert "print('saved')" in (checkout / "notebooks" / "05_play.ipynb").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_from_one_run_in_order_without_errors_or_widget_state(name):
    cells = code_cells(name)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert "widgets" not in read(name).metadata
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 400_000


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_has_the_form_of_the_course(name):
    text, cells = prose(name), code_cells(name)
    assert re.search(rf"^# {int(name[:2])} · ", text)
    for part in ("**Promise:", "you will be able to say", "Run time:", "## What we saw"):
        assert part in text
    seen = text.split("## What we saw")[1].split("## Exercises")[0]
    assert len(re.findall(r"^\* ", seen, re.M)) == 3
    assert 3 <= len(re.findall(r"^## \d+\.\d ", text, re.M)) <= 6
    assert re.search(r"\*\*(Next|Back to):\*\* \[", text)
    assert [c.metadata.get("tags") for c in cells].count(["parameters"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_exercises_are_graded_and_each_has_a_stub_and_an_answer(name):
    """That stubs fail and answers pass is tested by running `tools/notebooks.py solved`."""
    found = exercises(name)
    assert 4 <= len(found) <= 5
    grades = ("Predict", "Change", "Write", "Open")
    order = []
    for number, (question, stub, answer) in enumerate(found, start=1):
        (grade,) = re.findall(rf"^\*\*{number} · (\w+)\.\*\*", question.source, re.M)
        order.append(grades.index(grade))
        assert set(stub.metadata["tags"]) == {"exercise", "skip-execution"}
        assert not stub.outputs
        assert "assert" in stub.source
        assert "assert" in answer_of(answer)
    assert order == sorted(order)
    assert order[0] == 0
    assert len(set(order)) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_short_and_prose_keeps_up_with_code(name):
    """A cell that writes a file is as long as the file; files are where classes belong."""
    cells = [cell for cell in code_cells(name) if not cell.source.startswith("%%writefile ")]
    imports = re.compile(r"(from|import) ")
    lengths = sorted(
        sum(not imports.match(line) for line in cell.source.splitlines()) for cell in cells
    )
    assert lengths[-1] <= 20
    assert lengths[len(lengths) // 2] <= 8
    prose_cells = [cell for cell in read(name).cells if cell.cell_type == "markdown"]
    assert len(prose_cells) >= len(cells)
    assert not [cell for cell in cells if re.search(r"^class ", cell.source, re.M)]


@pytest.mark.parametrize("name", NAMES)
def test_every_section_ends_in_a_check(name):
    text = "\n".join(cell.source for cell in read(name).cells)
    sections = re.split(r"## \d+\.\d ", text.split("## What we saw")[0])[1:]
    for section in sections:
        assert "assert" in section, section[:60]


@pytest.mark.parametrize("name", NAMES)
def test_links_between_notebooks_lead_somewhere(name):
    for link in re.findall(r"\]\(([\w.]+\.ipynb)\)", prose(name)):
        assert (FOLDER / link).is_file()


def test_the_public_address_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    address = project["urls"]["Repository"].removeprefix("https://github.com/")
    for name in NAMES:
        text = (FOLDER / f"{name}.ipynb").read_text()
        badge = f"colab.research.google.com/github/{address}/blob/main/notebooks/{name}.ipynb"
        assert badge in text
        assert badge in (ROOT / "README.md").read_text()
        assert f'address = \\"https://github.com/{address}\\"' in text
        pattern = r"(?:https://github\.com|github|githubusercontent\.com)/([\w-]+/[\w.-]+)"
        assert set(re.findall(pattern, text)) == {address}


def test_colab_installs_nothing_until_the_repository_has_an_address():
    """A GitHub user name cannot hold an underscore: nobody can own this one."""
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    if "your_name" in address:
        for name in NAMES:
            cell = code_cells(name)[0].source
            assert cell.index("assert") < cell.index("pip")


def test_no_page_installs_what_belongs_to_others():
    """The name `metarl` on the package index is not ours."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *FOLDER.glob("*.ipynb")]
    for page in pages:
        assert not re.search(r"pip install (-\S+ )*metarl\b", page.read_text()), page
