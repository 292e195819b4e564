"""Matching on baited arms: W18, simulation 1."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from metarl.analysis import Trials, lagged_regression, matching_slope, trials_of
from metarl.envs.baited import BaitedTask
from metarl.evaluation.results import trial_reward
from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "Matching on baited arms"
SHOWS = (
    "Where an arm pays more often the longer it is left alone, the network spreads its choices as "
    "rewards are spread (a slope near 1 in log coordinates), on rates it was not trained on; and "
    "its choices depend on rewards and choices of many trials before, as those of monkeys do."
)
# Rates of the left arm that training left out; those of both arms add up to .5.
RATES = np.concatenate([np.linspace(0.11, 0.19, 8), np.linspace(0.31, 0.39, 8)])
LAGS = 15
TERM_COLOURS = {"choice": "#595959", "reward": "#ABABAB", "choice x reward": "#005F9E"}


def reproduce(lab: Lab) -> Reproduction:
    """Plays tasks of given rates, and rates that training left out."""
    agents = lab.agents("baited")
    env = agents[0].config.environment
    held_out = env.changed(held_out=True)
    each = max(4, lab.config.num_episodes // len(RATES))
    left = np.repeat(RATES, each)
    tasks = BaitedTask(jnp.asarray(np.stack([left, 0.5 - left], axis=1), jnp.float32))
    slopes, lags, points = [], [], []
    for result in lab.play_all(agents, env, tasks=tasks, episodes=len(left)):
        trials = trials_of(env, result)
        slopes.append(_slope(trials, left))
        lags.append(lagged_regression(trials.choices, trials.rewards, LAGS))
        points.append([_ratios(trials, left == rate) for rate in RATES])
    reward = tuple(
        trial_reward(result).mean for result in lab.play_all(agents, held_out, episodes=4_000)
    )
    known = [
        trial_reward(lab.play_named(name, held_out, episodes=4_000)).mean
        for name in ("greedy", "bayes_optimal")
    ]

    ideal = trials_of(env, lab.play_named("greedy", env, tasks=tasks, episodes=len(left)))

    def draw(figure: Any) -> None:
        left_ax, right_ax = figure.subplots(1, 2)
        for seed in points:
            income, chosen = np.array(seed).T
            left_ax.plot(income, chosen, "o", ms=3, alpha=0.6, color=PLAYER_COLOURS["agent"])
        ends = np.array(left_ax.get_xlim())
        left_ax.plot(ends, ends, color="#888888", ls="--", label="matching: slope 1")
        left_ax.set(xlabel="log2 (rewards left / right)", ylabel="log2 (choices left / right)")
        left_ax.legend(frameon=False)
        for term, colour in TERM_COLOURS.items():
            rows = np.array([t[t["term"] == term]["coefficient"].to_numpy() for t in lags])
            trials_back = np.arange(1, LAGS + 1)
            right_ax.plot(trials_back, rows.T, color=colour, lw=0.5, alpha=0.6)
            right_ax.plot(trials_back, rows.mean(axis=0), "o-", ms=3, color=colour, label=term)
        right_ax.axhline(0, color="#888888", lw=0.8)
        right_ax.set(xlabel="trials back", ylabel="coefficient, choice of the left arm")
        right_ax.legend(frameon=False)
        for ax in (left_ax, right_ax):
            ax.spines[["top", "right"]].set_visible(False)

    return Reproduction(
        [
            Finding("matching slope", "near 1", tuple(slopes), _slope(ideal, left), 0.5, 1.5),
            Finding(
                "reward per trial, rates not trained on (we ask for .428)",
                "",
                reward,
                best=max(known),
                low=0.428,
            ),
            Finding(
                "coefficient of the last choice x reward",
                "",
                tuple(float(table["coefficient"][2]) for table in lags),
            ),
        ],
        draw,
    )


def _slope(trials: Trials, groups: np.ndarray) -> float:
    return float(matching_slope(trials.choices, trials.rewards, groups)["slope"][0])


def _ratios(trials: Trials, here: np.ndarray) -> tuple[float, float]:
    """log2 of the ratios of rewards and of choices, left over right, in some episodes."""
    choices, rewards = trials.choices[here], trials.rewards[here]
    income = [rewards[choices == arm].sum() for arm in (0, 1)]
    chosen = [(choices == arm).sum() for arm in (0, 1)]
    return float(np.log2(income[0] / income[1])), float(np.log2(chosen[0] / chosen[1]))
