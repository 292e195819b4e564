"""Harlow's task: W18, simulation 5, with vectors in place of pictures."""

from typing import Any

import numpy as np

from metarl.jax_settings import make_key
from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction
from metarl.reproduce.w16_6 import CEILING, accuracy

TITLE = "Harlow's task: learning to learn"
SHOWS = (
    "At the start of training, choices get better slowly over the six trials with a pair of "
    "objects; at its end, the first trial tells all: 50%, then nearly 100%, in 14 of the paper's "
    "50 networks. Here pictures are vectors."
)


def reproduce(lab: Lab) -> Reproduction:
    """Compares trained agents with the same networks before training."""
    right = accuracy(lab)
    agents = lab.agents("harlow")
    env = agents[0].config.environment.changed(held_out=True)
    untrained = []
    for agent in agents:
        player = agent.agent
        start = player.init(make_key(agent.config.agent.random_seed))
        result = lab.play(player, start, env)
        chosen = np.asarray(result.trajectory.actions)[:, 1::2]
        best = np.asarray(result.trajectory.action_values)[:, 1::2].argmax(axis=-1)
        untrained.append((chosen == best).mean(axis=0))
    before = np.array(untrained)

    def draw(figure: Any) -> None:
        ax = figure.subplots()
        trials = np.arange(1, right.shape[1] + 1)
        for rows, name, colour in (
            (before, "before training", "#898989"),
            (right, "after training", PLAYER_COLOURS["agent"]),
        ):
            ax.plot(trials, rows.T, color=colour, lw=0.6, alpha=0.6)
            ax.plot(trials, rows.mean(axis=0), "o-", color=colour, lw=2, label=name)
        ax.set(xlabel="trial with the same two objects", ylabel="rewarded object chosen")
        ax.set(ylim=(0.4, 1.02), xticks=trials)
        ax.legend(frameon=False, loc="center right")
        ax.spines[["top", "right"]].set_visible(False)

    later = right[:, 1:].mean(axis=1)
    return Reproduction(
        [
            Finding("trial 1", "50%", tuple(right[:, 0]), 0.5, 0.44, 0.56),
            Finding("trial 2", "nearly 100%", tuple(right[:, 1]), 1.0, CEILING),
            Finding("trials 2 to 6", "nearly 100%", tuple(later), 1.0, CEILING),
            Finding("trials 2 to 6, before training", "50%", tuple(before[:, 1:].mean(axis=1))),
        ],
        draw,
        (6.0, 4.0),
    )
