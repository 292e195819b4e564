"""Harlow's task: W16, experiment 6, with vectors in place of pictures."""

from typing import Any

import numpy as np

from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "Harlow's task: performance by trial"
SHOWS = (
    "Two unfamiliar pictures, one of which is always rewarded: chance on the first trial, and from "
    "the second on close to perfect, in 43% of the paper's 100 seeds (26% with another network). "
    "Here pictures are vectors, which are much easier to see."
)
CEILING = 0.985


def accuracy(lab: Lab) -> np.ndarray:
    """How often each seed chooses the rewarded object, by trial; objects were held out."""
    agents = lab.agents("harlow")
    env = agents[0].config.environment.changed(held_out=True)
    rows = []
    for result in lab.play_all(agents, env):
        chosen = np.asarray(result.trajectory.actions)[:, 1::2]
        right = np.asarray(result.trajectory.action_values)[:, 1::2].argmax(axis=-1)
        rows.append((chosen == right).mean(axis=0))
    return np.array(rows)


def reproduce(lab: Lab) -> Reproduction:
    """Counts right choices by trial."""
    right = accuracy(lab)

    def draw(figure: Any) -> None:
        ax = figure.subplots()
        trials = np.arange(1, right.shape[1] + 1)
        ax.plot(trials, right.T, color=PLAYER_COLOURS["agent"], lw=0.8, alpha=0.6)
        ax.plot(trials, right.mean(axis=0), "o-", color=PLAYER_COLOURS["agent"], lw=2)
        ax.axhline(0.5, color="#888888", ls=":")
        ax.set(xlabel="trial with the same two objects", ylabel="rewarded object chosen")
        ax.set(ylim=(0.4, 1.02), xticks=trials)
        ax.spines[["top", "right"]].set_visible(False)

    later = right[:, 1:].mean(axis=1)
    return Reproduction(
        [
            Finding("trial 1", "50%", tuple(right[:, 0]), 0.5, 0.44, 0.56),
            Finding("trials 2 to 6", "nearly 100%", tuple(later), 1.0, CEILING),
            Finding(
                "seeds at the ceiling", "43% and 26%", tuple((later >= CEILING).astype(float)), 1.0
            ),
        ],
        draw,
        (6.0, 4.0),
    )
