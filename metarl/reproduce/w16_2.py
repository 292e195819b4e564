"""Bandits with dependent arms: W16, experiment 2."""

from typing import Any, cast

import numpy as np

from metarl.configs.bandit import TASKS
from metarl.evaluation.players import find_players
from metarl.evaluation.results import episode_regret
from metarl.exact.optimum import optimum
from metarl.plotting.figures import set_title
from metarl.plotting.players import plot_matrix
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "Bandits with dependent arms"
SHOWS = (
    "Agents trained on one family of dependent arms (p and 1 - p: uniform, easy, medium, hard) or "
    "on independent ones, tested on all five. Agents use the dependence of the arms they were "
    "trained on, and do better there than players that take arms to be independent."
)
FAMILIES = ("independent", "correlated", "easy", "medium", "hard")
NAMES = ("independent", "uniform", "easy", "medium", "hard")


def reproduce(lab: Lab) -> Reproduction:
    """Plays every agent on every family."""
    experiments = ["independent_seeds", *FAMILIES[1:]]
    regret = [  # trained on, tested on, seed
        [
            np.array([episode_regret(r).mean for r in lab.play_all(agents, TASKS[tested])])
            for tested in FAMILIES
        ]
        for agents in (lab.agents(f"bandit:{name}") for name in experiments)
    ]
    ((_, gittins, _),), _ = find_players(TASKS["independent"], ["gittins"])
    unaware = [  # a player that takes arms to be independent
        episode_regret(lab.play(gittins, (), TASKS[tested])).mean for tested in FAMILIES
    ]
    best = {name: float(np.sum(cast(np.ndarray, optimum(TASKS[name])))) for name in FAMILIES}

    def draw(figure: Any) -> None:
        ax = figure.subplots()
        plot_matrix(
            ax,
            np.array([*([x.mean() for x in row] for row in regret), unaware]),
            [f"trained on {name}" for name in NAMES] + ["Gittins (independent arms)"],
            NAMES,
            best=0.6,
        )
        ax.set_xlabel("tested on")
        set_title(ax, "regret per episode, mean of the seeds")

    findings = [
        Finding(
            f"trained and tested on {name} arms: regret",
            "below Gittins",
            tuple(regret[place][place]),
            best=best[FAMILIES[place]],
            high=unaware[place],
        )
        for place, name in enumerate(NAMES)
        if place > 0
    ]
    gain = regret[0][1] - regret[1][1].mean()
    findings.append(
        Finding(
            "regret on uniform arms: trained on independent ones, minus trained on uniform ones",
            "above 0",
            tuple(gain),
            low=0.0,
        )
    )
    return Reproduction(findings, draw, (7.4, 4.4))
