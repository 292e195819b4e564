"""Plots of many players: cumulative regret by trial, and a matrix of numbers.

Arrays and Axes in, Axes out; names are shown literally. Shapes: `T` trials, `R` rows, `C` columns.
"""

import collections
import itertools
from collections.abc import Iterable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
import scipy  # its submodules are imported when they are first used
from jaxtyping import ArrayLike, Float
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from metarl.plotting.figures import AS_WRITTEN, as_label

# Colour-blind readers can tell these apart; players of the same colour differ in line style.
_COLOURS = ("#005F9E", "#C85200", "#595959", "#5F9ED1", "#B8860B", "#117733", "#882255", "#898989")
PLAYER_COLOURS = {  # the same in every figure
    "agent": "#005F9E",
    "best possible": "#C85200",
    "Gittins": "#C85200",
    "greedy": "#5F9ED1",
    "oracle": "#222222",
    "random": "#898989",
    "Thompson": "#ABABAB",
    "you": "#FF800E",
}
_STYLES = ("-", "--", "-.", ":")
_ROW = 0.055  # height of a label, as a fraction of the axes' height
OUT_OF_SIGHT = 5.0  # times the best player's regret; curves that end higher may leave the axes


def plot_regret(
    ax: Axes,
    players: Mapping[str, tuple[Float[ArrayLike, " T"], Float[ArrayLike, " T"]]],
    exact: Mapping[str, Float[ArrayLike, " T"]] | None = None,
    *,
    xlabel: str = "trial",
    ylabel: str = "cumulative expected regret",
) -> Axes:
    """Draws cumulative expected regret against trial, with 95% bands and a label for each curve.

    Labels are to the right of the axes, in the order in which the curves end. Curves that end at
    more than five times the regret of the best may leave the axes; their labels have an arrow.

    Args:
      ax: the axes to draw on; the figure needs room on the right, as from `layout="constrained"`.
      players: the cumulative regret of each player and its standard error, by name: a
        `metarl.evaluation.results.Curve`. There is no band if the error is NaN or zero.
      exact: cumulative regret that is known exactly, by name; drawn as dashed lines.
      xlabel: the label of the horizontal axis.
      ylabel: the label of the vertical axis.

    Returns:
      The axes.
    """
    known = {name: np.asarray(mean) for name, mean in (exact or {}).items()}
    drawn = {name: np.asarray(mean) for name, (mean, _) in players.items()} | known
    ends = {name: float(mean[-1]) for name, mean in drawn.items()}
    ceiling = _ceiling(list(ends.values()))
    colours = _colours(drawn)
    labels = {name: f"{as_label(name)}: {end:.2f}" for name, end in ends.items()}
    used: collections.Counter[str] = collections.Counter()
    for name, mean in drawn.items():
        trials = np.arange(1, len(mean) + 1)
        colour = colours[name]
        if name in known:
            labels[name] += " (exact)"
            ax.plot(trials, mean, color=colour, ls=(0, (4, 3)), lw=1.6, zorder=3, label=name)
            continue
        style = _STYLES[used[colour] % len(_STYLES)]
        used[colour] += 1
        ax.plot(trials, mean, color=colour, ls=style, lw=1.6, label=name)
        error = 1.96 * np.asarray(players[name][1])
        if error[-1] > 0:
            labels[name] += f" ± {error[-1]:.2f}"
            ax.fill_between(trials, mean - error, mean + error, color=colour, alpha=0.2, lw=0)
    ax.set_xlim(0, len(next(iter(drawn.values()))))
    ax.set_ylim(-0.02 * ceiling, ceiling)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    _label_ends(ax, ends, labels, colours)
    return ax


def plot_matrix(
    ax: Axes,
    values: Float[ArrayLike, "R C"],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    best: float = 1.0,
) -> Axes:
    """Draws a matrix as colours, on a log scale from the best value up, with numbers in the cells.

    Args:
      ax: the axes to draw on.
      values: the matrix, above zero; NaN leaves a cell empty.
      rows: a label for each row.
      columns: a label for each column.
      best: the value of the palest colour.

    Returns:
      The axes.
    """
    values = np.asarray(values)
    top = max(4.0 * best, float(np.nanmax(values)))
    scale = mpl.colors.LogNorm(best, top)
    ax.imshow(np.clip(values, best, None), cmap="Blues", norm=scale, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            dark = scale(max(value, best)) > 0.6
            text = f"{value:.2f}" if value < 10 else f"{value:.1f}"
            ax.text(column, row, text, ha="center", va="center", color="w" if dark else "k")
    ax.set_xticks(range(len(columns)), [as_label(name) for name in columns], **AS_WRITTEN)
    ax.set_yticks(range(len(rows)), [as_label(name) for name in rows], **AS_WRITTEN)
    ax.set_xticks(np.arange(1, len(columns)) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, len(rows)) - 0.5, minor=True)
    ax.grid(which="minor", color="w", lw=2)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    return ax


def _colours(names: Iterable[str]) -> dict[str, str]:
    """Each player's own colour if it has one, else one of the remaining colours."""
    own = {name: PLAYER_COLOURS.get(name.partition(" (")[0]) for name in names}
    left = [colour for colour in _COLOURS if colour not in own.values()] or _COLOURS
    others = itertools.cycle(left)
    return {name: colour or next(others) for name, colour in own.items()}


def _ceiling(ends: list[float]) -> float:
    """The top of the axis: above all ends within `OUT_OF_SIGHT` times the smallest above zero."""
    losses = sorted(end for end in ends if end > 0)
    if not losses:
        return 1.0
    return 1.08 * max(end for end in losses if end <= OUT_OF_SIGHT * losses[0])


def _label_ends(
    ax: Axes,
    ends: Mapping[str, float],
    labels: Mapping[str, str],
    colours: Mapping[str, str],
) -> None:
    """Writes labels next to the curves' ends, moved apart where they would overlap."""
    low, high = ax.get_ylim()
    leader = {"arrowstyle": "-", "lw": 0.7, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)}
    names = sorted(ends, key=lambda name: ends[name])
    wanted = np.array([min(1.0, (ends[name] - low) / (high - low)) for name in names])
    # The least-squares places that keep the order and are at least one row apart.
    steps = _ROW * np.arange(len(names))
    places = scipy.optimize.isotonic_regression(wanted - steps).x
    places = np.clip(places, 0, max(0.0, 1.0 - steps[-1])) + steps
    for name, place, end in zip(names, places, wanted, strict=True):
        away = " ↑" if ends[name] > high else ""
        ax.annotate(
            labels[name] + away,
            xy=(1, end),
            xytext=(1.06, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=colours[name],
            fontsize=8,
            va="center",
            annotation_clip=False,
            **AS_WRITTEN,
            arrowprops=None if away else leader | {"color": colours[name]},
        )
