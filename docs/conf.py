"""Sphinx's settings, and the pages that are made from the package: tasks, and the API.

`python -m sphinx -W docs docs/_build` builds the documentation. A new family of tasks gets its page
from its docstrings: nothing here has to be extended.
"""

import importlib
import pkgutil
import shutil
from pathlib import Path

import metarl
from metarl.envs.core import families
from metarl.play.web import export_web
from metarl.pretrained import load_agents, pretrained_names

HERE = Path(__file__).parent
MADE = HERE / "made"  # everything in this folder is generated, and not committed

project = "metarl"
author = "the metarl developers"
version = release = metarl.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
nb_execution_mode = "off"  # the notebooks are committed with their outputs
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_use_ivar = True
napoleon_attr_annotations = False  # the signature has them

html_theme = "furo"
html_title = "metarl"
html_static_path = ["_static"]
html_css_files = ["metarl.css"]
html_extra_path = ["made/extra"]


def write(path: Path, text: str) -> None:
    """Writes a page, if it has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def directive(name: str, argument: str, *options: str) -> str:
    """A directive in reStructuredText, which is what autodoc writes."""
    lines = [f".. {name}:: {argument}", *(f"   :{option}:" for option in options)]
    return "\n".join(["```{eval-rst}", *lines, "```"])


def task_pages() -> list[str]:
    """A page for each family: what it is, its settings, how to train on it, who ships for it."""
    shipped: dict[str, list[str]] = {}
    for name in pretrained_names():
        agents = load_agents(name)
        config = agents[0].config
        reward = [agent.scores["mean_reward"] for agent in agents]
        spread = f"{min(reward):.4f}"
        if len(agents) > 1:
            spread += f" to {max(reward):.4f}, {len(agents)} seeds"
        row = f"| `{name}` | {config.environment.describe()} | {spread} |"
        shipped.setdefault(config.environment.family, []).append(row)
    names = [
        name for name in families.names() if families.find(name).__module__.startswith("metarl.")
    ]
    for name in names:
        kind = families.find(name)
        module = importlib.import_module(kind.__module__)
        configs = importlib.import_module(f"metarl.configs.{name}")
        parts = [f"# {name}", directive("automodule", module.__name__, "no-index")]
        parts += [
            "## Settings",
            directive("autoclass", f"{module.__name__}.{kind.__name__}", "no-index"),
        ]
        parts += [
            "## Train, evaluate, play",
            f"    metarl train --config={name}\n    metarl benchmark players --config={name}\n"
            f"    metarl play --config={name}",
            directive("autofunction", f"{configs.__name__}.get_config", "no-index"),
        ]
        if name in shipped:
            parts += [
                "## Agents that ship",
                "Reward per trial, frozen, on fresh episodes:\n\n"
                "| agent | trained on | reward |\n|---|---|---|\n" + "\n".join(shipped[name]),
            ]
        write(MADE / "tasks" / f"{name}.md", "\n\n".join(parts) + "\n")
    return names


def api_pages() -> list[str]:
    """A page for each folder of the package, with all that is public in its modules."""
    modules: dict[str, list[str]] = {}
    for found in pkgutil.walk_packages(metarl.__path__, "metarl."):
        parts = found.name.split(".")
        if (
            any(part.startswith("_") for part in parts)
            or parts[1] in HIDDEN
            or found.name in OPTIONAL
        ):
            continue
        folder = parts[1] if len(parts) > 2 or found.ispkg else "metarl"
        modules.setdefault(folder, []).append(found.name)
    for folder, members in modules.items():
        title = "metarl" if folder == "metarl" else f"metarl.{folder}"
        parts = [f"# {title}"]
        for name in members:
            if name.count(".") > 1 or folder == "metarl":
                parts.append(f"## {name}")
            again = hasattr(
                importlib.import_module(name), "__path__"
            )  # a folder shows others' names
            parts.append(directive("automodule", name, *([] if again else ["members"])))
        write(MADE / "api" / f"{folder}.md", "\n\n".join(parts) + "\n")
    return ["metarl", *sorted(modules.keys() - {"metarl"})]


def index(title: str, intro: str, folder: str, names: list[str]) -> None:
    """A page that lists others."""
    entries = "\n".join(f"{folder}/{name}" for name in names)
    text = f"# {title}\n\n{intro}\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n"
    write(MADE / f"{folder}.md", text)


HIDDEN = ("cli", "legacy", "configs", "pretrained")
# They need what may not be installed.
OPTIONAL = ("metarl.envs.gym", "metarl.envs.gym_vector", "metarl.envs.gym_view")

shutil.rmtree(MADE, ignore_errors=True)
index(
    "Tasks",
    "One page for each family of tasks. Settings are changed by `--config.environment.NAME=VALUE`.",
    "tasks",
    task_pages(),
)
index("API reference", "Everything that is public, by folder.", "api", api_pages())
shutil.copytree(
    HERE.parent / "notebooks",
    MADE / "notebooks",
    ignore=shutil.ignore_patterns("py", "results", ".ipynb_checkpoints", "*.toml"),
)
(MADE / "extra").mkdir()
export_web(MADE / "extra" / "play.html")
