"""The informative arm: W16, experiment 3."""

from typing import Any

import numpy as np

from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "The informative arm"
SHOWS = (
    "One arm of eleven tells which of the others pays best, at the price of a worse reward on that "
    "trial. The network learns to pull it once, and then the target."
)
COLOURS = (PLAYER_COLOURS["agent"], "#C85200", "#ABABAB")


def reproduce(lab: Lab) -> Reproduction:
    """Counts which kind of arm is pulled on each trial."""
    agents = lab.agents("informative")
    env = agents[0].config.environment
    results = lab.play_all(agents, env)
    best = lab.play_named("bayes_optimal", env)
    tells = env.num_actions - 1
    shares = []
    for result in results:
        actions = np.asarray(result.trajectory.actions)
        target = np.asarray(result.trajectory.action_values).argmax(axis=-1)
        informative, right = actions == tells, actions == target
        shares.append([x.mean(axis=0) for x in (right, informative, ~right & ~informative)])
    share = np.array(shares)  # seed, kind of arm, trial
    reward = tuple(float(r.trajectory.rewards.sum(axis=1).mean()) for r in results)

    first, later = tuple(share[:, 1, 0]), tuple(share[:, 0, 1:].mean(axis=1))

    def draw(figure: Any) -> None:
        ax = figure.subplots()
        trials = np.arange(1, env.num_trials + 1)
        names = ("target", "informative arm", "other arms")
        for kind, (name, colour) in enumerate(zip(names, COLOURS, strict=True)):
            ax.plot(trials, share[:, kind].T, color=colour, lw=0.6, alpha=0.6)
            ax.plot(trials, share[:, kind].mean(axis=0), "o-", color=colour, lw=2, label=name)
        ax.set(xlabel="trial", ylabel="share of choices", xticks=trials, ylim=(-0.02, 1.04))
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, loc="center right")

    return Reproduction(
        [
            Finding(
                "reward per episode",
                "the best policy's",
                reward,
                best=float(best.trajectory.rewards.sum(axis=1).mean()),
                low=20.3,
            ),
            Finding("informative arm on trial 1", "nearly always", first, 1.0, 0.99),
            Finding("target on trials 2 to 5", "nearly always", later, 1.0),
        ],
        draw,
        (6.4, 4.0),
    )
