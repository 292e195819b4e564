"""How figures are made and saved: in matplotlib's own style, with every word as it was written.

Matplotlib is imported late: where that fails, or a figure does, results stand without it.
"""

import contextlib
import io
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from metarl.storage.files import atomic_write

AS_WRITTEN = {"parse_math": False, "usetex": False}  # what a text with a user's words is to have
_LONGEST_NAME, _LONGEST_REASON = 60, 300


class Written(NamedTuple):
    """The files that were written, and a sentence for each figure that was not."""

    files: list[Path]
    failures: list[str]


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """Draws in matplotlib's default style, whatever the user's matplotlibrc or style sheets say.

    A figure must be made, drawn and saved in one such context; `@own_style()` decorates a function.
    No text is read as mathematics, and a box stands for a letter that the font lacks.
    """
    import matplotlib.style

    settings: list[Any] = ["default", {"text.parse_math": False}]
    with matplotlib.style.context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")  # a script
        yield


def as_label(name: str) -> str:
    """A user's words as a figure can hold them: on one line, and short, with their middle left out.

    The text that shows them needs the settings `AS_WRITTEN`.
    """
    line = _one_line(name)
    half = _LONGEST_NAME // 2
    return line if len(line) <= _LONGEST_NAME else f"{line[: half - 1]}…{line[-half:]}"


def set_title(ax: Any, title: str) -> None:
    """Gives the figure of these axes a title, in as many lines as it needs."""
    ax.figure.suptitle(textwrap.fill(title, 80), fontsize=9)


def to_png(figure: Any, *, dpi: int) -> bytes:
    """A figure as the bytes of a PNG."""
    data = io.BytesIO()
    with own_style():
        figure.savefig(data, format="png", dpi=dpi)
    return data.getvalue()


def save_figures(
    draw: Mapping[Path, Callable[[Any], object]], *, size: tuple[float, float] = (6.6, 4.8)
) -> Written:
    """Draws figures, and writes as many as can be drawn.

    Args:
      draw: for each file a function that draws on the axes it is given.
      size: width and height of each figure, in inches.

    Returns:
      What was written, and what was not and why.
    """
    written = Written([], [])
    for path, draw_on in draw.items():
        try:
            with own_style():
                from matplotlib.figure import Figure

                figure = Figure(figsize=size, layout="constrained")
                draw_on(figure.subplots())
                data = to_png(figure, dpi=150)
            with atomic_write(path) as file:
                file.write(data)
            written.files.append(path)
        except Exception as error:  # any at all: matplotlib raises what its libraries do
            said = _one_line(getattr(error, "strerror", None) or str(error))
            reason = " ".join(said.split())[:_LONGEST_REASON]
            older = ", and the file of that name is an older one" if path.exists() else ""
            written.failures.append(
                f"{path.name} was not drawn; the results stand without it{older} "
                f"({type(error).__name__}: {reason})"
            )
    return written


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
