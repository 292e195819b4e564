"""Pictures: arrays and Axes in, Axes out; nothing is computed here but means and bands.

The axes keep the style of whoever made them; names are shown as they are written. Shapes: `B`
episodes, `T` trials, `A` arms.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import ArrayLike, Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator

from metarl.plotting.figures import AS_WRITTEN, as_label

# Told apart by colour-blind readers and in grey: the first two are dark blue and light orange.
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
FEWEST_FOR_A_BAND = 10  # the normal approximation says nothing about fewer episodes
PLAYER_COLOURS = {
    "agent": "#005F9E",
    "best possible": "#C85200",
    "Gittins": "#C85200",
    "greedy": "#5F9ED1",
    "oracle": "#222222",
    "random": "#898989",
    "Thompson": "#ABABAB",
    "you": "#FF800E",
}


def arm_colours(num_actions: int) -> list[str]:
    """A colour for each arm: from a palette of ten, or of a continuous scale for more."""
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
    """Draws every choice of every episode: one row per episode, one column per trial.

    Args:
      ax: where to draw.
      actions: the action taken on each trial (or step).
      action_names: the name of each action; each has a colour.
      row_labels: what each row's task is. Some are shown: five, or of labels that stand for many
        rows, each once.
      unit: what a column is, `"trial"` or `"step"`.
      ylabel: what the labels are.

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
    shown = range(0, num_actions, math.ceil(num_actions / 12))  # a longer legend leaves the picture
    ax.legend(
        handles=[Patch(color=colours[action], label=action_names[action]) for action in shown],
        title="chosen",
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
    )
    return ax


def plot_reward(ax: Axes, players: Mapping[str, Float[ArrayLike, "B T"]]) -> Axes:
    """Draws the mean reward of each trial, with 95% bands over ten or more episodes.

    Args:
      ax: where to draw.
      players: the reward of each trial of each episode, by the player's name.

    Returns:
      The axes.
    """
    for name, reward in players.items():
        values = np.asarray(reward)
        mean, error = values.mean(axis=0), 1.96 * values.std(axis=0) / np.sqrt(len(values))
        trials = np.arange(1, len(mean) + 1)
        label = f"{as_label(name)}: {mean.mean():.3f}"
        (line,) = ax.plot(trials, mean, label=label, color=PLAYER_COLOURS.get(name), lw=1.5)
        if len(values) >= FEWEST_FOR_A_BAND:
            colour = line.get_color()
            ax.fill_between(trials, mean - error, mean + error, color=colour, alpha=0.2, lw=0)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("trial")
    ax.set_ylabel("mean reward")
    _legend(ax)
    return ax


def plot_regret(
    ax: Axes,
    players: Mapping[str, Float[ArrayLike, "B T"]],
    exact: Mapping[str, Float[ArrayLike, " T"]],
) -> Axes:
    """Draws cumulative expected regret against trial, with 95% bands over ten or more episodes.

    The axis is cut above what every player but a random one ends with; the legend says what each
    ends with, a player that leaves the picture included.

    Args:
      ax: where to draw.
      players: the expected regret of each trial of each episode, by the player's name.
      exact: expected regret of each trial known without playing, by name; drawn dashed.

    Returns:
      The axes.
    """
    ceiling = 0.0
    for name, regret in players.items():
        total = np.cumsum(np.asarray(regret), axis=1)
        mean, error = total.mean(axis=0), total.std(axis=0) / np.sqrt(len(total))
        trials = np.arange(1, len(mean) + 1)
        interval = len(total) >= FEWEST_FOR_A_BAND
        label = f"{as_label(name)}: {mean[-1]:.2f}" + (
            f" ± {1.96 * error[-1]:.2f}" if interval else ""
        )
        above = 3 if name == "agent" else 2  # where it plays as well as another, both are seen
        colour = PLAYER_COLOURS.get(name.partition(" (")[0])
        width = 1.5 if name == "agent" else 3
        (line,) = ax.plot(trials, mean, label=label, color=colour, lw=width, zorder=above)
        if interval:
            low, high = mean - 1.96 * error, mean + 1.96 * error
            ax.fill_between(trials, low, high, color=line.get_color(), alpha=0.2, lw=0)
        if name != "random":
            ceiling = max(ceiling, 2.5 * mean[-1])
    for name, regret in exact.items():
        total = np.cumsum(np.asarray(regret))
        label = f"{as_label(name)}: {total[-1]:.2f} (exact)"
        trials = np.arange(1, len(total) + 1)
        ax.plot(trials, total, "--", label=label, color=PLAYER_COLOURS.get(name), lw=1.5)
        ceiling = max(ceiling, 2.5 * total[-1])
    ax.set_ylim(bottom=-0.02 * ceiling, top=ceiling or None)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("trial")
    ax.set_ylabel("cumulative expected regret")
    _legend(ax, loc="upper right")
    return ax


def plot_learning_curve(
    ax: Axes,
    steps: Sequence[float] | np.ndarray,
    mean: Sequence[float] | np.ndarray,
    standard_error: Sequence[float] | np.ndarray,
    *,
    label: str,
    regret: bool = True,
) -> Axes:
    """Draws what an evaluator found against steps trained; regret on a log scale.

    Args:
      ax: where to draw; draw on it again for another evaluator.
      steps: environment steps trained at each evaluation.
      mean: expected regret per episode of the frozen copy, or its reward per trial.
      standard_error: its standard error; the band is 95%.
      label: the name of the curve.
      regret: whether it is regret.

    Returns:
      The axes.
    """
    x, y, error = np.asarray(steps) / 1e6, np.asarray(mean), 1.96 * np.asarray(standard_error)
    (line,) = ax.plot(x, y, "o-", ms=3, label=as_label(label))
    lower = np.maximum(y - error, 0.5 * y.min()) if regret else y - error
    ax.fill_between(x, lower, y + error, color=line.get_color(), alpha=0.2, lw=0)
    if regret and y.min() > 0:  # a task in which nothing can be lost has no logarithm
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
    ax.set_xlabel("environment steps trained (millions)")
    what = "expected regret per episode" if regret else "reward per trial"
    ax.set_ylabel(f"{what}, frozen")
    _legend(ax)
    return ax


def plot_reference(ax: Axes, regret: float, *, label: str) -> Axes:
    """Draws a level of regret that is known without playing, dashed across the axes."""
    colour = PLAYER_COLOURS.get(label)
    text = f"{as_label(label)}: {regret:.2f} (exact)"
    ax.axhline(regret, ls="--", lw=1.5, color=colour, label=text)
    _legend(ax)
    return ax


def _legend(ax: Axes, **options: Any) -> None:
    """Makes a legend of every label; matplotlib's own reads `$`, and leaves out a leading `_`."""
    handles, _ = ax.get_legend_handles_labels()
    own = r"_child\d+|_nolegend_|[^_].*|"
    handles += [line for line in ax.lines if not re.fullmatch(own, str(line.get_label()))]
    frame: dict[str, Any] = {
        "facecolor": "white",
        "edgecolor": "none",
        "framealpha": 0.85,
    }  # lines pass behind it
    legend = ax.legend(handles, ["" for _ in handles], **frame, **options)
    for text, handle in zip(legend.get_texts(), handles, strict=True):
        text.set(text=str(handle.get_label()), **AS_WRITTEN)
