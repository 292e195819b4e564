"""The raster: every choice in every episode. Shapes: `B` episodes, `T` columns, `A` actions."""

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from jaxtyping import ArrayLike, Int
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

# Distinct for colour-blind readers and in greyscale: the first two are dark blue, light orange.
ARM_COLOURS = (
    "#005F9E",
    "#FFBC79",
    "#595959",
    "#5F9ED1",
    "#C85200",
    "#CFCFCF",
    "#898989",
    "#A2C8EC",
    "#FF800E",
    "#ABABAB",
)


def arm_colours(num_actions: int) -> list[str]:
    """A colour for each arm: from a palette of ten, or from a continuous scale for more arms."""
    if num_actions <= len(ARM_COLOURS):
        return list(ARM_COLOURS[:num_actions])
    shades = mpl.colormaps["viridis"](np.linspace(0, 1, num_actions))
    return [mpl.colors.to_hex(shade) for shade in shades]


def plot_raster(
    ax: Axes,
    actions: Int[ArrayLike, "B T"],
    action_names: Sequence[str],
    row_labels: Sequence[str],
    *,
    unit: str = "trial",
    ylabel: str = "task",
) -> Axes:
    """Draws every choice in every episode: one row per episode, one column per trial.

    Args:
      ax: the axes to draw on.
      actions: the action taken on each trial (or step).
      action_names: the name of each action; each has its own colour.
      row_labels: a label of each row's task. Five are shown or, if labels stand for groups of rows,
        one per group.
      unit: what a column is, `"trial"` or `"step"`.
      ylabel: the axis label, which says what the row labels mean.

    Returns:
      The axes.
    """
    actions = np.asarray(actions)
    num_episodes, num_columns = actions.shape
    num_actions = len(action_names)
    colours = arm_colours(num_actions)
    ax.imshow(
        actions,
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=num_actions - 0.5,
        aspect="auto",
        interpolation="nearest",
        extent=(0.5, num_columns + 0.5, num_episodes - 0.5, -0.5),
    )
    ax.set_xlabel(unit)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    distinct = list(dict.fromkeys(row_labels))
    if len(distinct) < num_episodes / 2:  # each stands for a group of rows
        of_label = [
            [row for row, text in enumerate(row_labels) if text == name] for name in distinct
        ]
        few = slice(None, None, math.ceil(len(distinct) / 20))
        ax.set_yticks([float(np.mean(rows)) for rows in of_label][few], distinct[few])
    else:
        rows = np.unique(np.linspace(0, num_episodes - 1, 5).round().astype(int))
        ax.set_yticks(rows, [row_labels[row] for row in rows])
    ax.set_ylabel(ylabel)
    shown = range(0, num_actions, math.ceil(num_actions / 12))  # a longer legend would not fit
    ax.legend(
        handles=[Patch(color=colours[action], label=action_names[action]) for action in shown],
        title="chosen",
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
    )
    return ax
