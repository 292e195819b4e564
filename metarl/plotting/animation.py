"""An episode as an animation, for talks. Arrays in, an animation out.

Shapes: `T` steps, `A` actions.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metarl.checks import check_choice, check_integer, check_shape
from metarl.plotting.figures import own_style
from metarl.plotting.raster import arm_colours
from metarl.storage.files import atomic_write

KINDS = (".gif", ".html")
_INK, _PALE = "#222222", "#BBBBBB"


@own_style()
def animate_episode(
    file: str | Path,
    actions: Int[np.ndarray, " T"],
    rewards: Float[np.ndarray, " T"],
    probabilities: Float[np.ndarray, "T A"],
    values: Float[np.ndarray, "T A"] | None = None,
    *,
    action_names: Sequence[str],
    title: str = "",
    steps_per_second: int = 3,
) -> Path:
    """Writes an animation of an episode: what was chosen and paid, and what the agent would do.

    Args:
      file: the file; its ending says whether it is a GIF or a page in HTML that can be stopped.
      actions: the action of each step.
      rewards: the reward of that action.
      probabilities: the probability of each action, before the step.
      values: what an ideal observer expects of each action, before the step; None leaves it out.
      action_names: the name of each action.
      title: a line above it.
      steps_per_second: how fast it is.

    Returns:
      The file.

    Raises:
      ValueError: if shapes do not fit, or the file's ending is another one.
    """
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.figure import Figure

    file = Path(file)
    check_choice("file", file.suffix, KINDS)
    probabilities = check_shape("probabilities", probabilities, ("T", "A"))
    count, width = probabilities.shape
    check_shape("actions", actions, (count,))
    check_shape("rewards", rewards, (count,))
    if values is not None:
        check_shape("values", values, (count, width))
    check_integer("steps_per_second", steps_per_second, 1, maximum=60)

    figure: Any = Figure(figsize=(7.2, 3.6 if values is None else 4.6), layout="constrained")
    rows = figure.subplots(2 if values is None else 3, 1)
    strip, *bars = rows
    figure.suptitle(title, fontsize=10)

    def draw(step: int) -> list[Any]:
        strip.clear()
        _draw_strip(strip, actions[:step], rewards[:step], count, action_names)
        shown = min(step, count - 1)
        _draw_bars(bars[0], probabilities[shown], action_names, "the network's\nprobabilities")
        if values is not None:
            label = "an ideal observer\nexpects"
            _draw_bars(bars[1], values[shown], action_names, label, outline=True)
        return []

    animation = FuncAnimation(figure, draw, frames=count + 1, interval=1000 / steps_per_second)
    if file.suffix == ".html":
        with atomic_write(file) as out:
            out.write(animation.to_jshtml().encode())
    else:
        temporary = file.with_name(f".{file.name}")
        try:
            animation.save(str(temporary), writer=PillowWriter(fps=steps_per_second), dpi=90)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    return file


def _draw_strip(
    ax: Any, actions: np.ndarray, rewards: np.ndarray, count: int, names: Sequence[str]
) -> None:
    """A mark for each step so far, in the row of its action: full if it paid, else hollow."""
    for action, colour in enumerate(arm_colours(len(names))):
        here = np.flatnonzero(actions == action)
        paid = rewards[here] > 0
        ax.plot(here[paid] + 1, np.full(paid.sum(), action), "s", ms=5, color=colour)
        ax.plot(here[~paid] + 1, np.full((~paid).sum(), action), "s", ms=5, color=colour, mfc="w")
    ax.set(xlim=(0, count + 1), ylim=(len(names) - 0.4, -0.6), xlabel="step (full: paid)")
    ax.set_yticks(range(len(names)), names)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _draw_bars(
    ax: Any, heights: np.ndarray, names: Sequence[str], label: str, *, outline: bool = False
) -> None:
    ax.clear()
    places, colours = range(len(names)), arm_colours(len(names))
    faces = ["w"] * len(names) if outline else colours
    ax.barh(places, heights, color=faces, edgecolor=colours, height=0.7)
    ax.set_yticks(places, names)
    ax.set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center", color=_INK)
    ax.set(xlim=(min(0.0, float(heights.min())), max(1.0, float(heights.max()))))
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_color(_PALE)
    ax.tick_params(axis="y", length=0)
