"""Model-based choices and prediction errors in the two-step task: W18, simulation 4."""

from typing import Any

import numpy as np

from metarl.analysis.prediction_errors import (
    added_r2,
    ideal_values,
    model_free_errors,
    prediction_errors,
)
from metarl.envs.two_step import TwoStep
from metarl.evaluation.results import trial_reward
from metarl.reproduce.core import Finding, Lab, Reproduction, bars
from metarl.reproduce.w16_5 import COLOURS, KINDS, stays

TITLE = "The two-step task"
SHOWS = (
    "The network repeats its first choice as a model-based player does. Its reward-prediction "
    "errors are those of a model-based learner (the paper has r2 = .89), not those of a model-free "
    "one (r2 = 5.8e-7), although it was trained by a model-free method."
)
NOTE = (
    "Model-free errors resemble model-based ones, so that alone they explain much of the "
    "network's; what tells the two apart is what each adds to the other."
)


def reproduce(lab: Lab) -> Reproduction:
    """Counts repeated choices, and regresses prediction errors on those of two kinds of learner."""
    agents = lab.agents("two_step")
    env = agents[0].config.environment
    assert isinstance(env, TwoStep)
    discount = agents[0].config.agent.discount_end
    assert discount is not None
    results = lab.play_all(agents, env)
    stay = np.array([stays(env, result) for result in results])
    players = {
        "ideal observer": stays(env, lab.play_named("greedy", env)),
        "model-free": stays(env, lab.play_named("model_free", env)),
    }
    explained = []
    for result in results:
        rewards = np.asarray(result.trajectory.rewards)
        errors = prediction_errors(np.asarray(result.trajectory.trace.value), rewards, discount)
        model_based = prediction_errors(ideal_values(env, result, discount), rewards, discount)
        model_free = model_free_errors(env, result)
        table = added_r2(errors, {"model-based": model_based, "model-free": model_free})
        explained.append([*table["r2"], *table["added_r2"]])
    r2 = np.array(explained)  # seed; alone and added, model-based and model-free
    best = trial_reward(lab.play_named("greedy", env, episodes=10_000)).mean

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 4, width_ratios=(1, 1, 1, 0.8))
        shown = {"agents": stay} | {name: row[None] for name, row in players.items()}
        for ax, (name, values) in zip(axes, shown.items(), strict=False):
            bars(ax, KINDS, values, COLOURS)
            ax.set_title(name)
            ax.set_ylim(0, 1.02)
            ax.tick_params(axis="x", labelsize=6)
        axes[0].set_ylabel("stay probability")
        bars(axes[3], ["model-\nbased", "model-\nfree"], r2[:, 2:], COLOURS[:2])
        axes[3].set_title("prediction errors")
        axes[3].set_ylabel("r² added to the other")

    names = ("rewarded, common", "rewarded, uncommon", "unrewarded, common", "unrewarded, uncommon")
    limits = ((0.95, 1.0), (0.5, 0.75), (0.5, 0.75), (0.95, 1.0))
    levels, ideal = ("high", "low", "low", "high"), players["ideal observer"]
    repeated = [
        Finding(f"stay: {name}", level, tuple(column), known, *limit)
        for name, level, column, known, limit in zip(
            names, levels, stay.T, ideal, limits, strict=True
        )
    ]
    return Reproduction(
        [
            Finding(
                "reward per trial (we ask for .7)",
                "",
                tuple(trial_reward(result).mean for result in results),
                best,
                0.7,
            ),
            *repeated,
            Finding("r² of model-based errors", ".89", tuple(r2[:, 0]), 1.0, 0.85),
            Finding("r² of model-free errors, alone", "", tuple(r2[:, 1])),
            Finding("r² that model-free errors add", "5.8e-7", tuple(r2[:, 3]), 0.0, high=0.01),
        ],
        draw,
        (12.0, 3.8),
    )
