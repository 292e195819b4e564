"""Helpers for the notebooks: a fast mode, and a learning curve that redraws in place."""

import os
from typing import TypeVar

import numpy as np
from IPython.display import DisplayHandle, Image, display
from matplotlib.figure import Figure

from metarl.plotting.curves import plot_learning_curve, plot_reference
from metarl.plotting.figures import own_style, to_png
from metarl.storage.curves import EvaluatorRow

T = TypeVar("T")


def fast(full: T, quick: T) -> T:
    """Returns `full`, or `quick` if the environment variable METARL_FAST is 1.

    The tests run every notebook in this fast mode, with small numbers.
    """
    return quick if os.environ.get("METARL_FAST") == "1" else full


class LiveCurve:
    """A learning curve that is redrawn in place after every evaluation.

    Give it to `metarl.train(config, on_evaluation=LiveCurve())`. It draws the regret of the frozen
    copies, or their reward per trial where the family has no regret.

    Args:
      reference: the regret, or reward per trial, of the best possible player, drawn as a dashed
        line; None draws none.
    """

    def __init__(self, reference: float | None = None) -> None:
        self.rows: list[EvaluatorRow] = []
        with own_style():
            self.figure = Figure(figsize=(6.0, 3.6), layout="constrained")
        self._reference = reference
        self._handle: DisplayHandle | None = None

    @own_style()
    def __call__(self, row: EvaluatorRow) -> None:
        """Adds an evaluation and redraws the curve."""
        self.rows = sorted([*self.rows, row])
        self.figure.clear()
        ax = self.figure.subplots()
        steps, _, _, reward, regret, error = np.array(self.rows).T
        has_regret = not np.isnan(regret).all()
        mean, error = (regret, error) if has_regret else (reward, np.zeros_like(reward))
        plot_learning_curve(ax, steps, mean, error, label="frozen copies", regret=has_regret)
        if self._reference is not None:
            plot_reference(ax, self._reference, label="best possible (exact)")
        image = Image(data=to_png(self.figure, dpi=90))
        if self._handle is None:
            self._handle = display(image, display_id=True)
        else:
            self._handle.update(image)
