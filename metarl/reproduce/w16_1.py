"""Bandits with independent arms: W16, experiment 1."""

from typing import Any

import numpy as np

from metarl.evaluation.results import episode_regret
from metarl.exact.optimum import optimum
from metarl.plotting.players import PLAYER_COLOURS, plot_regret
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "Bandits with independent arms"
SHOWS = (
    "Cumulative regret over 100 trials of two independent arms: the network does better than "
    "Thompson sampling and UCB, and worse than Gittins indices."
)
PLAYERS = ("gittins", "thompson", "ucb1", "greedy")


def reproduce(lab: Lab) -> Reproduction:
    """Plays the agents and the classic players on the same tasks."""
    agents = lab.agents("bandit:independent_seeds")
    env = agents[0].config.environment
    results = lab.play_all(agents, env)
    others = {name: lab.play_named(name, env) for name in PLAYERS}
    best = optimum(env)
    assert best is not None
    regret = tuple(episode_regret(result).mean for result in results)
    gittins, thompson, ucb1 = (episode_regret(others[name]).mean for name in PLAYERS[:3])

    def draw(figure: Any) -> None:
        ax = figure.subplots()
        everyone = {"Gittins": others["gittins"].curve, "Thompson": others["thompson"].curve}
        everyone |= {"UCB1 (textbook)": others["ucb1"].curve, "greedy": others["greedy"].curve}
        seeds = np.array([result.curve.mean for result in results])
        nothing = np.zeros(env.num_steps)
        plot_regret(
            ax,
            {**everyone, "agent (mean of seeds)": (seeds.mean(axis=0), nothing)},
            {"best possible": np.cumsum(best)},
        )
        trials = np.arange(1, env.num_steps + 1)
        ax.plot(trials, seeds.T, color=PLAYER_COLOURS["agent"], lw=0.5, alpha=0.6)

    return Reproduction(
        [
            Finding(
                "regret per episode",
                "below Thompson and UCB, above Gittins",
                regret,
                best=float(best.sum()),
                high=min(thompson, ucb1),
            ),
            Finding(
                "regret, minus that of Gittins indices",
                "above 0",
                tuple(value - gittins for value in regret),
                best=float(best.sum()) - gittins,
                low=0.0,
            ),
            Finding(
                "Thompson's regret, minus ours", "above 0", tuple(thompson - r for r in regret)
            ),
        ],
        draw,
        (7.4, 4.2),
    )
