"""Plots of curves: reward by trial, and learning curves. Arrays and Axes in, Axes out.

The axes keep their style; names are shown literally. Shapes: `T` trials.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import ArrayLike, Float
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator

from metarl.plotting.figures import AS_WRITTEN, as_label
from metarl.plotting.players import PLAYER_COLOURS


def plot_reward(
    ax: Axes, players: Mapping[str, tuple[Float[ArrayLike, " T"], Float[ArrayLike, " T"]]]
) -> Axes:
    """Draws the mean reward of each trial, with 95% bands.

    Args:
      ax: the axes to draw on.
      players: the mean reward of each trial and its standard error, by the player's name; there is
        no band where the error is NaN.

    Returns:
      The axes.
    """
    for name, (mean, error) in players.items():
        mean, error = np.asarray(mean), 1.96 * np.asarray(error)
        trials = np.arange(1, len(mean) + 1)
        label = f"{as_label(name)}: {mean.mean():.3f}"
        (line,) = ax.plot(trials, mean, label=label, color=PLAYER_COLOURS.get(name), lw=1.5)
        ax.fill_between(trials, mean - error, mean + error, color=line.get_color(), alpha=0.2, lw=0)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("trial")
    ax.set_ylabel("mean reward")
    _legend(ax)
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
    """Draws an evaluator's learning curve against steps trained; regret on a log scale.

    Args:
      ax: the axes to draw on; use the same axes again for another evaluator.
      steps: environment steps trained at each evaluation.
      mean: expected regret per episode of the frozen copy, or its reward per trial.
      standard_error: its standard error; the band is 95%.
      label: the name of the curve.
      regret: whether the curve is regret, not reward.

    Returns:
      The axes.
    """
    x, y, error = np.asarray(steps) / 1e6, np.asarray(mean), 1.96 * np.asarray(standard_error)
    (line,) = ax.plot(x, y, "o-", ms=3, label=as_label(label))
    lower = np.maximum(y - error, 0.5 * y.min()) if regret else y - error
    ax.fill_between(x, lower, y + error, color=line.get_color(), alpha=0.2, lw=0)
    if regret and y.min() > 0:  # zero regret has no logarithm
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
    ax.set_xlabel("environment steps trained (millions)")
    what = "expected regret per episode" if regret else "reward per trial"
    ax.set_ylabel(f"{what}, frozen")
    _legend(ax)
    return ax


def plot_learning_band(
    ax: Axes,
    steps: Sequence[float],
    values: Float[np.ndarray, "S N"],
    *,
    label: str,
    regret: bool = True,
) -> Axes:
    """Draws the learning curves of several seeds: their median, and a band from lowest to highest.

    Args:
      ax: the axes to draw on; use the same axes again for another setting.
      steps: environment steps trained at each of `N` evaluations.
      values: expected regret, or reward per trial, of each of `S` seeds.
      label: the name of the setting.
      regret: whether the curves are regret, not reward.

    Returns:
      The axes.
    """
    middle = np.median(values, axis=0)
    plot_learning_curve(
        ax, steps, middle, np.zeros_like(middle), label=f"{label}: {middle[-1]:.3g}", regret=regret
    )
    colour = ax.lines[-1].get_color()
    x = np.asarray(steps) / 1e6
    ax.fill_between(x, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, lw=0)
    return ax


def plot_reference(ax: Axes, value: float, *, label: str) -> Axes:
    """Draws another player's regret or reward, dashed across the axes."""
    colour = PLAYER_COLOURS.get(label.removesuffix(" (exact)"))
    text = f"{as_label(label)}: {value:.2f}"
    ax.axhline(value, ls="--", lw=1.2, color=colour, label=text)
    _legend(ax)
    return ax


def _legend(ax: Axes, **options: Any) -> None:
    """Makes a legend with literal labels; matplotlib's interprets `$` and skips leading `_`."""
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
