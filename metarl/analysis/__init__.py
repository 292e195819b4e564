"""Questions asked of behaviour and of memory, one per file: arrays in, tables out.

Agents, players and people are analysed alike: `trials` makes the arrays from an evaluation or from
the table of a game.
"""

from metarl.analysis.delta_rule_fits import compare_models, fit_delta_rule
from metarl.analysis.lagged_regression import lagged_regression
from metarl.analysis.matching import matching_slope
from metarl.analysis.stay import stay_probabilities
from metarl.analysis.trials import Trials, trials_of, trials_of_table

__all__ = [
    "Trials",
    "compare_models",
    "fit_delta_rule",
    "lagged_regression",
    "matching_slope",
    "stay_probabilities",
    "trials_of",
    "trials_of_table",
]
