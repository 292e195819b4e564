"""Runs figures, and writes their pictures, tables and the gallery page."""

import dataclasses
import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metarl.checks import check_choice
from metarl.plotting.figures import own_style, to_png
from metarl.progress import make_progress_bar
from metarl.reproduce.config import FIGURES, ReproduceConfig
from metarl.reproduce.core import Lab, Reproduction, findings_table, rows_of
from metarl.storage.files import atomic_write, make_folder
from metarl.storage.tables import write_table

NEW_PARAGRAPH = "\n\n"


@dataclasses.dataclass(frozen=True)
class Shown:
    """A figure that was reproduced.

    Attributes:
      figure: its name, such as `w18-4`.
      title: its title.
      shows: what the paper shows.
      reproduction: what came out.
      note: what there is to say about a finding that did not come out, or differs; may be empty.
      seconds: how long it took, of all processors' time.
    """

    figure: str
    title: str
    shows: str
    reproduction: Reproduction
    note: str
    seconds: float

    @property
    def text(self) -> str:
        """The figure's part of the gallery page."""
        return (
            f"## {self.figure}: {self.title}\n\n{self.shows}\n\n"
            f"{findings_table(self.reproduction.findings)}\n\n"
            f"{self.note}{self.note and NEW_PARAGRAPH}"
            f"`metarl reproduce {self.figure}`, {self.seconds:.0f} s of processor time."
        )


def reproduce(figures: Sequence[str], config: ReproduceConfig) -> list[Shown]:
    """Reproduces figures of the papers, and writes each one's picture and table as it is done.

    Args:
      figures: their names, such as `w18-4`; see `FIGURES`.
      config: where agents are and files go, and how many episodes are played.

    Returns:
      What came out of each. The files are `workdir/reproduce/NAME.png` and `NAME.csv`.

    Raises:
      ValueError: if there is no such figure.
    """
    for figure in figures:
        check_choice("figure", figure, FIGURES)
    folder = config.folder / "reproduce"
    make_folder(folder)
    lab, done = Lab(config), []
    with make_progress_bar(
        visible=config.progress_bar, total=len(figures), desc="figures", unit=" figures"
    ) as bar:
        for name in figures:
            bar.set_postfix(figure=name)
            module = importlib.import_module(f"metarl.reproduce.{name.replace('-', '_')}")
            begun = time.process_time()
            reproduction = module.reproduce(lab)
            _draw(folder / f"{name}.png", reproduction)
            write_table(folder / f"{name}.csv", rows_of(name, reproduction.findings))
            seconds = time.process_time() - begun
            note = getattr(module, "NOTE", "")
            done.append(Shown(name, module.TITLE, module.SHOWS, reproduction, note, seconds))
            bar.update()
    return done


def write_gallery(shown: Sequence[Shown], config: ReproduceConfig) -> Path:
    """Writes `workdir/reproduce/gallery.md`, a page of all figures; returns its path."""
    path = config.folder / "reproduce" / "gallery.md"
    parts = [
        "# The papers' figures, reproduced\n\n"
        "W16 is Wang et al. 2016 ([arXiv 1611.05763](https://arxiv.org/abs/1611.05763)), W18 is "
        "Wang et al. 2018 ([doi 10.1038/s41593-018-0147-8]"
        "(https://doi.org/10.1038/s41593-018-0147-8)). All agents are frozen, and all seeds are "
        "shown: thin lines or dots are seeds, thick lines or bars their mean. ± is a 95% interval "
        "over seeds. The text under a title is the paper's finding; *came out* counts the seeds "
        "for which it holds, within limits that we chose (`metarl/reproduce/`). The whole page: "
        "`metarl reproduce --all`."
    ]
    for one in shown:
        title, picture = one.text.split("\n", 1)[0], f"![{one.title}]({one.figure}.png)"
        parts.append(one.text.replace(title, f"{title}\n\n{picture}", 1))
    with atomic_write(path) as file:
        file.write(("\n\n".join(parts) + "\n").encode())
    return path


@own_style()
def _draw(path: Path, reproduction: Reproduction) -> None:
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=reproduction.size, layout="constrained")
    reproduction.draw(figure)
    with atomic_write(path) as file:
        file.write(to_png(figure, dpi=120))
