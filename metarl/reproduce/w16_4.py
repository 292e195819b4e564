"""Restless arms, and learning rates that follow their volatility: W16, experiment 4."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from metarl.analysis import fit_delta_rule
from metarl.evaluation.results import EvalResult, episode_regret
from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction, bars

TITLE = "Restless arms"
SHOWS = (
    "Win probabilities that walk slowly in some episodes and fast in others. The network has the "
    "lowest regret of all players but the Bayes-optimal one. Fitted to blocks of ten episodes of "
    "one volatility, models whose learning rate differs between blocks are better than one with a "
    "single rate: it learns faster where arms change faster."
)
BLOCK = 10  # episodes
SPEEDS = ("slow", "fast")
PLAYERS = {"greedy": "Bayes-optimal", "rescorla_wagner:0.5": "best fixed rate", "ucb1:1": "UCB1"}


def reproduce(lab: Lab) -> Reproduction:
    """Plays slow and fast episodes apart, and fits the delta rule to blocks of them."""
    agents = lab.agents("restless")
    env = agents[0].config.environment
    both = [env.changed(fast_probability=fast) for fast in (0.0, 1.0)]
    results = [lab.play_all(agents, env) for env in both]
    regret = np.array([[episode_regret(r).mean for r in row] for row in results])  # speed, seed
    others = {  # every other player believes that episodes may be slow or fast
        name: np.array([episode_regret(r).mean for r in _alike(lab, name, env, both)])
        for name in PLAYERS
    }
    rates, gains = zip(*(_fit_blocks(row) for row in results), strict=True)

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        names = ["agent", *PLAYERS.values(), "random"]
        chance = np.array([episode_regret(lab.play_named("random", e)).mean for e in both])
        for speed, shift in enumerate((-0.2, 0.2)):
            values = [regret[speed].mean(), *(x[speed] for x in others.values()), chance[speed]]
            left.bar(
                np.arange(len(names)) + shift,
                values,
                width=0.36,
                color=(PLAYER_COLOURS["agent"], "#C85200")[speed],
                label=f"{SPEEDS[speed]} walk",
            )
        left.set_xticks(range(len(names)), names, rotation=20)
        left.set_ylabel("regret per episode")
        left.legend(frameon=False)
        left.spines[["top", "right"]].set_visible(False)
        bars(right, SPEEDS, np.array(rates).T, (PLAYER_COLOURS["agent"], "#C85200"))
        right.plot([0, 1], np.array(rates), color="#888888", lw=0.6)
        right.set(
            xlabel="walk of the win probabilities", ylabel="fitted learning rate", ylim=(0, 1)
        )

    mean = regret.mean(axis=0)
    everyone = min(x.mean() for name, x in others.items() if name != "greedy")
    return Reproduction(
        [
            Finding(
                "regret per episode",
                "lowest but for Bayes-optimal",
                tuple(mean),
                best=float(others["greedy"].mean()),
                high=min(6.5, everyone),
            ),
            Finding("fitted learning rate, slow walk", "", tuple(rates[0])),
            Finding("fitted learning rate, fast walk", "", tuple(rates[1])),
            Finding("fast minus slow", "above 0", tuple(np.subtract(rates[1], rates[0])), low=0.0),
            Finding(
                "BIC gained per block by a rate of its own",
                "above 0",
                tuple(np.mean(gains, axis=0)),
                low=0.0,
            ),
        ],
        draw,
    )


def _alike(lab: Lab, name: str, env: Any, both: list[Any]) -> list[EvalResult]:
    """A player of `env` on slow and on fast episodes."""
    from metarl.evaluation.players import find_players

    ((_, player, params),), _ = find_players(env, [name])
    return [lab.play(player, params, speed) for speed in both]


def _fit_blocks(
    results: list[EvalResult],
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """The mean learning rate of each seed's blocks, and what a rate of its own gains in BIC."""
    blocks = min(6, len(results[0].trajectory.actions) // BLOCK)

    def stacked(name: str) -> np.ndarray:
        arrays = [np.asarray(getattr(r.trajectory, name))[: blocks * BLOCK] for r in results]
        return np.concatenate([x.reshape(blocks, BLOCK, -1) for x in arrays])

    choices, rewards = stacked("actions"), stacked("rewards").astype(np.float32)
    own = fit_delta_rule(choices, rewards, ("alpha", "beta"), num_starts=4)
    fixed = fit_delta_rule(choices, rewards, ("beta",), fixed={"alpha": 0.5}, num_starts=4)
    table = pd.DataFrame(
        {
            "seed": np.repeat(np.arange(len(results)), blocks),
            "rate": own["alpha"],
            "gain": fixed["bic"] - own["bic"],
        }
    )
    means = table.groupby("seed").mean()
    return means["rate"].to_numpy(), means["gain"].to_numpy()
