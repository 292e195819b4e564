"""A run on one page: what was trained, how, and how well it plays. One HTML file, nothing else."""

import base64
import html
import json
from collections.abc import Sequence
from pathlib import Path

from metarl.config.mapping import config_to_dict
from metarl.storage.checkpoint import Checkpoint
from metarl.storage.files import atomic_write

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; padding: 1rem; border: 1px solid #8886; border-radius: 6px; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; background: white; border-radius: 6px; }
table { border-collapse: collapse; }
td { padding: .1rem 1.5rem .1rem 0; vertical-align: top; }
"""
_CAPTIONS = {
    "raster": "Every choice, frozen: one row per episode, one column per trial.",
    "regret": "Cumulative expected regret by trial, with 95% bands.",
    "reward": "Mean reward by trial, with 95% bands.",
    "critic": "What the critic expects, against the returns that follow.",
    "learning": "The learning curve: frozen copies on tasks they were not trained on.",
}


def write_page(file: Path, checkpoint: Checkpoint, text: str, figures: Sequence[Path]) -> None:
    """Writes the page; it is written completely or not at all.

    Args:
      file: the HTML file.
      checkpoint: the agent.
      text: the report's text.
      figures: PNG files, which become part of the page.

    Raises:
      OSError: if the page cannot be written, or a figure cannot be read.
    """
    name, progress = checkpoint.config.name, checkpoint.progress
    config = config_to_dict(checkpoint.config)
    facts = {
        "Steps": f"{progress.steps:,}",
        "Updates": f"{progress.updates:,} ({progress.skipped} skipped)",
        "Episodes": f"{progress.episodes:,}",
        "Training time": f"{progress.seconds:.1f} s",
        "Task": checkpoint.config.environment.describe(),
        "Advantage from": f"{checkpoint.config.agent.advantage_rewards} rewards",
        "Seeds in the file": str(1 + len(checkpoint.others)),
    }
    parts = [
        f"<h1>{html.escape(name)}</h1>",
        _table(facts),
        "<h2>How well it plays</h2>",
        f"<pre>{html.escape(text)}</pre>",
        *map(_figure, figures),
        "<h2>Settings</h2>",
        f"<pre>{html.escape(json.dumps(config, indent=2, default=str))}</pre>",
        "<h2>Versions</h2>",
        _table(checkpoint.versions),
    ]
    page = (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(name)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )
    with atomic_write(file) as out:
        out.write(page.encode())


def _table(rows: dict[str, str]) -> str:
    cells = (
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>"
        for name, value in rows.items()
    )
    return f"<table>{''.join(cells)}</table>"


def _figure(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    caption = html.escape(_CAPTIONS.get(path.stem, path.stem))
    return (
        f"<figure><img src='data:image/png;base64,{data}' alt='{caption}'>"
        f"<figcaption>{caption}</figcaption></figure>"
    )
