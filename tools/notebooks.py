"""Keeps the notebooks in order.

`python tools/notebooks.py execute [NAME ...]` runs them at full size, and keeps outputs but no
widget state. `student FOLDER` writes them without answers, for a course. `solved FOLDER` writes
them with each stub replaced by its answer, for tests. `figures FOLDER` writes their figures, for
slides. `address URL` gives the repository another public address, in pyproject.toml, the README,
the documentation and every notebook.
"""

import base64
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from tqdm.auto import tqdm

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"


ANSWER = "<details><summary>Answer</summary>"


def execute(names: list[str]) -> None:
    """Runs notebooks, or all, as their .py says, and writes the .ipynb with its outputs."""
    filters = tomllib.loads((FOLDER / "jupytext.toml").read_text(encoding="utf-8"))
    del filters["formats"]
    sources = [FOLDER / "py" / f"{name}.py" for name in names]
    for source in tqdm(sources or sorted((FOLDER / "py").glob("*.py")), unit=" notebooks"):
        target = FOLDER / f"{source.stem}.ipynb"
        notebook = jupytext.read(source)
        ids = [cell.id for cell in nbformat.read(target, 4).cells] if target.exists() else []
        for cell, cell_id in zip(notebook.cells, ids, strict=False):
            cell.id = cell_id
        NotebookClient(notebook, resources={"metadata": {"path": FOLDER}}).execute()
        notebook.metadata["jupytext"] = filters  # as `jupytext --sync` and JupyterLab write it
        notebook.metadata.pop("widgets", None)
        notebook.metadata.pop("language_info", None)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, target)


def is_stub(cell: Any) -> bool:
    """Whether a cell is an exercise's, to be filled in."""
    return "exercise" in cell.metadata.get("tags", ())


def answer_of(cell: Any) -> str | None:
    """The code of the answer in a cell; None if there is none."""
    if cell.cell_type != "markdown" or not cell.source.startswith(ANSWER):
        return None
    (code,) = re.findall(r"```python\n(.*?)```", cell.source, re.DOTALL)
    return str(code)


def student(folder: Path) -> None:
    """Writes the notebooks without answers and without outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(source, 4)
        notebook.cells = [cell for cell in notebook.cells if answer_of(cell) is None]
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / source.name)


def solved(folder: Path) -> None:
    """Writes the notebooks with answers in place of stubs; each stub is tried, and must fail."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(source, 4)
        cells, stub = [], None
        for cell in notebook.cells:
            code = answer_of(cell)
            if is_stub(cell):
                stub = cell.source
            elif code is not None and stub is not None:
                cells.append(new_code_cell(FAILS.format(stub=stub)))
                cells.append(new_code_cell(code))
                stub = None
            else:
                cells.append(cell)
        if stub is not None:
            raise SystemExit(f"{source.name}: an exercise has no answer.")
        notebook.cells = cells
        nbformat.write(notebook, folder / source.name)


FAILS = """\
try:
    exec({stub!r}, dict(globals()))
except Exception as error:
    print("as it should, the stub fails:", type(error).__name__)
else:
    raise SystemExit("the stub of an exercise passes although it is not solved")
"""


def figures(folder: Path) -> None:
    """Writes every figure of the executed notebooks as a PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(FOLDER.glob("*.ipynb")):
        outputs = [
            output["data"]["image/png"]
            for cell in nbformat.read(source, 4).cells
            for output in cell.get("outputs", ())
            if "image/png" in output.get("data", {})
        ]
        for number, data in enumerate(outputs, start=1):
            (folder / f"{source.stem}_{number}.png").write_bytes(base64.b64decode(data))


def address(url: str) -> None:
    """Writes `url` wherever the repository's present address stands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    old = project["urls"]["Repository"].removeprefix("https://github.com/")
    new = url.removeprefix("https://github.com/").removesuffix(".git").strip("/")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", new):
        raise SystemExit(f"`url` must be https://github.com/OWNER/NAME, got {url!r}.")
    files = [
        ROOT / "pyproject.toml",
        ROOT / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *FOLDER.rglob("*.py"),
        *FOLDER.glob("*.ipynb"),
    ]
    for file in files:
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"{re.escape(old)}(?![\w-])", new, text), encoding="utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["execute", *names]:
            execute(names)
        case ["student", folder]:
            student(Path(folder))
        case ["solved", folder]:
            solved(Path(folder))
        case ["figures", folder]:
            figures(Path(folder))
        case ["address", url]:
            address(url)
        case _:
            raise SystemExit(__doc__)
