"""The plot of a critic's calibration. Arrays and Axes in, Axes out; `K` groups of steps."""

from jaxtyping import ArrayLike, Float
from matplotlib.axes import Axes

from metarl.plotting.players import PLAYER_COLOURS


def plot_calibration(
    ax: Axes,
    values: Float[ArrayLike, " K"],
    returns: Float[ArrayLike, " K"],
    *,
    slope: float,
    discount: float,
) -> Axes:
    """Draws mean returns against mean values, with the diagonal that a calibrated critic is on.

    Args:
      ax: the axes to draw on.
      values: the mean value in each group of steps.
      returns: the mean return in each group.
      slope: the slope of the line through all steps; shown in the legend.
      discount: the discount of the returns, per step.

    Returns:
      The axes.
    """
    ax.axline((0, 0), slope=1, color="#898989", ls=(0, (4, 3)), lw=1.2, label="calibrated")
    label = f"critic, slope {slope:.3f}"
    ax.plot(values, returns, "o-", ms=4, lw=1.2, color=PLAYER_COLOURS["agent"], label=label)
    ax.set_xlabel("value: the critic's estimate of the return")
    ax.set_ylabel(f"return, discounted by {discount:g} per step")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left")
    return ax
