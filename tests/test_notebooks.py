"""The notebooks: pairs that are equal, outputs in order, sizes a reader can bear, one address.

That they run is tested by `pytest --nbmake notebooks`.
"""

import re
import tomllib
from pathlib import Path

import jupytext
import pytest

import metarl

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
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def prose(name):
    return "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "markdown")


def test_there_are_six_and_each_is_one_of_a_pair():
    assert len(NAMES) >= 6
    assert {path.stem for path in (FOLDER / "py").glob("*.py")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_both_of_a_pair_say_the_same(name):
    assert content(read(name)) == content(jupytext.read(FOLDER / "py" / f"{name}.py"))


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
    assert re.search(r"^# \d · ", text)
    for part in ("**Promise:", "you will be able to say", "Run time:", "## What we saw"):
        assert part in text
    seen = text.split("## What we saw")[1].split("## Exercises")[0]
    assert len(re.findall(r"^\* ", seen, re.M)) == 3
    assert text.count("<details><summary>Solution</summary>") == 2
    assert 3 <= len(re.findall(r"^## \d\.\d ", text, re.M)) <= 6
    assert re.search(r"\*\*(Next|Back to):\*\* \[", text)
    assert [c.metadata.get("tags") for c in cells].count(["parameters"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_short_and_prose_keeps_up_with_code(name):
    cells = code_cells(name)
    lengths = sorted(len(cell.source.splitlines()) for cell in cells)
    assert lengths[-1] <= 20
    assert lengths[len(lengths) // 2] <= 8
    assert len(read(name).cells) - len(cells) >= len(cells)  # as much prose as code
    assert not [cell for cell in cells if re.search(r"^class ", cell.source, re.M)]


@pytest.mark.parametrize("name", NAMES)
def test_every_section_ends_in_a_check(name):
    sections = re.split(r"## \d\.\d ", "\n".join(c.source for c in read(name).cells))[1:]
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
        assert f"git+https://github.com/{address}" in text
        pattern = r"(?:git\+https://github\.com|github|githubusercontent\.com)/([\w-]+/[\w.-]+)"
        assert set(re.findall(pattern, text)) == {address}
