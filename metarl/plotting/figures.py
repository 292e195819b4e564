"""Making and saving figures: in matplotlib's default style, with all text shown literally.

Matplotlib is imported late: if the import or a figure fails, the results are still there.
"""

import contextlib
import io
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from metarl.storage.files import atomic_write

AS_WRITTEN = {"parse_math": False, "usetex": False}  # options of texts that show a user's words
_LONGEST_NAME, _LONGEST_REASON = 60, 300


class Written(NamedTuple):
    """The files that were written, and a sentence for each figure that was not."""

    files: list[Path]
    failures: list[str]


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """Sets matplotlib's default style, regardless of the user's matplotlibrc or style sheets.

    A figure must be made, drawn and saved in one such context; `@own_style()` decorates a function.
    Text is not parsed as mathematics, and characters that the font lacks are shown as boxes.
    """
    import matplotlib.style

    settings: list[Any] = ["default", {"text.parse_math": False}]
    with matplotlib.style.context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")  # a script
        yield


def as_label(name: str) -> str:
    """A user's text for a figure: on one line, and with the middle left out if it is long.

    The text that shows it needs the options `AS_WRITTEN`.
    """
    line = _one_line(name)
    half = _LONGEST_NAME // 2
    return line if len(line) <= _LONGEST_NAME else f"{line[: half - 1]}…{line[-half:]}"


def set_title(ax: Any, title: str) -> None:
    """Sets the title of the axes' figure, wrapped to as many lines as needed."""
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
    """Draws and writes figures; one that fails does not affect the others.

    Args:
      draw: for each file, a function that draws on the axes it is given.
      size: width and height of each figure, in inches.

    Returns:
      The written files, and the failures with their reasons.
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
        except Exception as error:  # any: matplotlib's libraries may raise anything
            said = _one_line(getattr(error, "strerror", None) or str(error))
            reason = " ".join(said.split())[:_LONGEST_REASON]
            older = ", and the existing file is from an earlier run" if path.exists() else ""
            written.failures.append(
                f"{path.name} was not drawn; the other results are complete{older} "
                f"({type(error).__name__}: {reason})"
            )
    return written


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
