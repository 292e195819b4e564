"""Independent arms, tested at (.25, .75): W18, figure 1."""

import dataclasses
from typing import Any

import numpy as np

from metarl.analysis.memory import memory_of, principal_components
from metarl.analysis.observer import beliefs_of
from metarl.envs import Bandit
from metarl.evaluation.players import find_players
from metarl.evaluation.results import episode_regret
from metarl.exact.regret import exact_regret
from metarl.plotting.players import PLAYER_COLOURS, plot_regret
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "A network that learns within an episode"
SHOWS = (
    "Trained on independent arms, tested with win probabilities of .25 and .75: cumulative regret "
    "over 100 trials between that of Gittins indices and that of Thompson sampling and UCB; and "
    "the memory's path along its first principal components, which sorts episodes by what was "
    "found out."
)

OPTIMAL = "Bayes-optimal"  # on average over the family; not for each of its tasks


def reproduce(lab: Lab) -> Reproduction:
    """Plays the agents at (.25, .75), and looks at their memory."""
    agents = lab.agents("bandit:independent_seeds")
    family = agents[0].config.environment
    assert isinstance(family, Bandit)
    env = dataclasses.replace(family, arm_probs=(0.25, 0.75))
    results = lab.play_all(agents, env)
    exact = {}
    for label, name in (
        (OPTIMAL, "bayes_optimal"),
        ("Gittins", "gittins"),
        ("Thompson", "thompson"),
        ("UCB1 (textbook)", "ucb1"),
    ):
        ((_, player, _),), _ = find_players(family, [name])  # it knows the family, not the task
        exact[label] = np.cumsum(exact_regret(player, env))
    regret = tuple(episode_regret(result).mean for result in results)

    shares, fits, places, values = [], [], [], []
    for result in lab.play_all(agents, family, episodes=300):
        place, table = principal_components(memory_of(result), 2)
        _, expected = beliefs_of(family, result)
        difference = expected[..., 0] - expected[..., 1]
        shares.append(float(table["share"][0]))
        fits.append(
            max(
                abs(float(np.corrcoef(place[..., k].ravel(), difference.ravel())[0, 1]))
                for k in (0, 1)
            )
        )
        places.append(place[:, 4:])
        values.append(difference[:, 4:])

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        seeds = np.array([result.curve.mean for result in results])
        curves = {label: (curve, np.zeros_like(curve)) for label, curve in exact.items()}
        best, _ = curves.pop(OPTIMAL)
        agent = (seeds.mean(axis=0), np.zeros(env.num_steps))
        plot_regret(left, {**curves, "agent (mean of seeds)": agent}, {OPTIMAL: best})
        trials = np.arange(1, env.num_steps + 1)
        left.plot(trials, seeds.T, color=PLAYER_COLOURS["agent"], lw=0.5, alpha=0.6)
        points = right.scatter(
            places[0][:100, :, 0].ravel(),
            places[0][:100, :, 1].ravel(),
            c=values[0][:100].ravel(),
            s=2,
            cmap="coolwarm",
            vmin=-1,
            vmax=1,
        )
        right.set(xlabel="first component", ylabel="second component", xticks=[], yticks=[])
        right.set_title("memory of the first seed, all steps from the fifth", fontsize=8)
        bar = figure.colorbar(points, ax=right)
        bar.set_label("value of arm 1 minus arm 2, ideal observer")

    return Reproduction(
        [
            Finding(
                "regret at (.25, .75)",
                "below Thompson and UCB",
                regret,
                best=float(exact[OPTIMAL][-1]),
                high=float(min(exact["Thompson"][-1], exact["UCB1 (textbook)"][-1])),
            ),
            Finding(
                "the same, minus that of Gittins indices",
                "above 0",
                tuple(x - float(exact["Gittins"][-1]) for x in regret),
                low=0.0,
            ),
            Finding("share of variance along component 1", "", tuple(shares)),
            Finding(
                "larger correlation of component 1 or 2 with the difference in value",
                "sorted by what was found out",
                tuple(fits),
                1.0,
            ),
        ],
        draw,
        (11.5, 4.2),
    )
