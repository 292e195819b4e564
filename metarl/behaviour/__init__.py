"""Behaviour of agents, players, people and animals: one table, one way to score them all."""

from metarl.behaviour.export import session_to_dataframe, to_dataframe, write_behaviour
from metarl.behaviour.held_out import fit_and_score, fitted_rule
from metarl.behaviour.policies import HasPolicy
from metarl.behaviour.reading import read_behaviour
from metarl.behaviour.scoring import Score, score, split_sessions

__all__ = [
    "HasPolicy",
    "Score",
    "fit_and_score",
    "fitted_rule",
    "read_behaviour",
    "score",
    "session_to_dataframe",
    "split_sessions",
    "to_dataframe",
    "write_behaviour",
]
