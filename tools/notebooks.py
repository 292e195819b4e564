"""Keeps the notebooks in order.

`python tools/notebooks.py execute` runs all of them at full size, and keeps outputs but no widget
state. `python tools/notebooks.py address URL` gives the repository another public address, in
pyproject.toml, the README and every notebook.
"""

import re
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from tqdm.auto import tqdm

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"


def execute() -> None:
    """Runs every notebook as its .py says, and writes the .ipynb with its outputs."""
    filters = tomllib.loads((FOLDER / "jupytext.toml").read_text(encoding="utf-8"))
    del filters["formats"]
    for source in tqdm(sorted((FOLDER / "py").glob("*.py")), unit=" notebooks"):
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
        *FOLDER.rglob("*.py"),
        *FOLDER.glob("*.ipynb"),
    ]
    for file in files:
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"{re.escape(old)}(?![\w-])", new, text), encoding="utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["execute"]:
            execute()
        case ["address", url]:
            address(url)
        case _:
            raise SystemExit(__doc__)
