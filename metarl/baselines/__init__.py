"""Baseline players to compare an agent with: one per file, each a `metarl.rollout.Player`."""

from metarl.baselines.bayes_optimal import BayesOptimal
from metarl.baselines.epsilon_greedy import EpsilonGreedy
from metarl.baselines.gittins import Gittins
from metarl.baselines.greedy import Greedy
from metarl.baselines.kalman import Kalman
from metarl.baselines.kl_ucb import KLUCB
from metarl.baselines.optimistic_thompson import OptimisticThompson
from metarl.baselines.oracle import Oracle
from metarl.baselines.planner import Planner
from metarl.baselines.random import Random
from metarl.baselines.rescorla_wagner import (
    ChoiceKernel,
    Fictitious,
    Forgetting,
    RescorlaWagner,
    TwoRates,
    WinStayLoseShift,
)
from metarl.baselines.thompson import Thompson
from metarl.baselines.two_step import Hybrid, ModelBased, ModelFree
from metarl.baselines.ucb1 import UCB1

__all__ = [
    "KLUCB",
    "UCB1",
    "BayesOptimal",
    "ChoiceKernel",
    "EpsilonGreedy",
    "Fictitious",
    "Forgetting",
    "Gittins",
    "Greedy",
    "Hybrid",
    "Kalman",
    "ModelBased",
    "ModelFree",
    "OptimisticThompson",
    "Oracle",
    "Planner",
    "Random",
    "RescorlaWagner",
    "Thompson",
    "TwoRates",
    "WinStayLoseShift",
]
