"""The two-step task of W16, experiment 5."""

from typing import Any

import numpy as np

from metarl.analysis import stay_probabilities, trials_of
from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction, bars

TITLE = "The two-step task, ten trials"
SHOWS = (
    "How often the first choice is repeated, by reward and transition of the trial before: after a "
    "rewarded uncommon transition the network leaves, as a model-based player does."
)
KINDS = ("rewarded\ncommon", "rewarded\nuncommon", "unrewarded\ncommon", "unrewarded\nuncommon")
COLOURS = (PLAYER_COLOURS["agent"], "#C85200") * 2


def stays(env: Any, result: Any) -> np.ndarray:
    """The four stay probabilities, in the order of `KINDS`."""
    trials = trials_of(env, result)
    table = stay_probabilities(trials.choices, trials.rewards, trials.states == trials.choices)
    return table["stay"].to_numpy()


def reproduce(lab: Lab) -> Reproduction:
    """Counts how often each seed repeats its choice."""
    agents = lab.agents("two_step:w16")
    env = agents[0].config.environment
    results = lab.play_all(agents, env)
    stay = np.array([stays(env, result) for result in results])
    players = {
        "optimal": stays(env, lab.play_named("greedy", env)),
        "model-free": stays(env, lab.play_named("model_free", env)),
    }
    reward = tuple(float(r.trajectory.rewards.sum(axis=1).mean()) for r in results)
    best = lab.play_named("greedy", env, episodes=20_000)

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 3, sharey=True)
        shown = {"agents": stay} | {name: row[None] for name, row in players.items()}
        for ax, (name, values) in zip(axes, shown.items(), strict=True):
            bars(ax, KINDS, values, COLOURS)
            ax.set_title(name)
            ax.tick_params(axis="x", labelsize=7)
        axes[0].set(ylabel="stay probability", ylim=(0, 1.02))

    interaction = stay[:, 0] - stay[:, 1] - stay[:, 2] + stay[:, 3]
    model_based, model_free = players.values()

    def cross(row: np.ndarray) -> float:
        return float(row[0] - row[1] - row[2] + row[3])

    return Reproduction(
        [
            Finding(
                "reward per episode",
                "",
                reward,
                best=float(best.trajectory.rewards.sum(axis=1).mean()),
            ),
            Finding(
                "interaction of reward and transition",
                "above 0: model-based",
                tuple(interaction),
                best=cross(model_based),
                low=max(0.0, (cross(model_based) + cross(model_free)) / 2),
            ),
            Finding("stay after a reward, common", "high", tuple(stay[:, 0]), model_based[0]),
            Finding("stay after a reward, uncommon", "low", tuple(stay[:, 1]), model_based[1]),
        ],
        draw,
    )
