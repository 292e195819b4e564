"""Prediction errors for a value that was inferred: W18, simulation 3."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from metarl.analysis.prediction_errors import prediction_errors
from metarl.envs.inferred import InferredTask
from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction, bars

TITLE = "Inferred value"
SHOWS = (
    "One of two targets pays, until they swap without notice. Once the swap shows at one "
    "target, the prediction error at the other one, unseen since, has flipped: "
    "its value was inferred, not learnt from its own rewards."
)
NAMES = ("paid before\nthe swap", "did not pay\nbefore the swap")
COLOURS = (PLAYER_COLOURS["agent"], "#C85200")


def reproduce(lab: Lab) -> Reproduction:
    """Plays episodes with one swap, noticed at one target and then tested at the other."""
    agents = lab.agents("inferred")
    env = agents[0].config.environment
    swap = env.num_trials // 2
    tasks, old = _tasks(env.num_trials, swap, lab.config.num_episodes)
    discount = agents[0].config.agent.discount_end
    assert discount is not None
    errors = []
    for result in lab.play_all(agents, env, tasks=tasks, episodes=len(old)):
        trajectory = result.trajectory
        found = prediction_errors(
            np.asarray(trajectory.trace.value), np.asarray(trajectory.rewards), discount
        )
        cue = found.reshape(len(old), env.num_trials, -1)[:, :, 0]  # the target appears after it
        # The target of trial `swap + 1` was shown last on trial `swap - 1`, before the swap.
        errors.append(
            [
                [cue[old == 1, swap - 1].mean(), cue[old == 0, swap - 1].mean()],
                [cue[old == 1, swap + 1].mean(), cue[old == 0, swap + 1].mean()],
            ]
        )
    error = np.array(errors)  # seed, before and after, paid before or not

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 2, sharey=True)
        for when, (ax, title) in enumerate(
            zip(axes, ("before the swap", "after it was seen at the other target"), strict=True)
        ):
            bars(ax, NAMES, error[:, when], COLOURS)
            ax.axhline(0, color="k", lw=0.8)
            ax.set_title(title, fontsize=9)
        axes[0].set_ylabel("prediction error when the target appears")

    return Reproduction(
        [
            Finding("target that paid: before", "above 0", tuple(error[:, 0, 0]), low=0.0),
            Finding("the same: after, inferred", "below 0", tuple(error[:, 1, 0]), high=0.0),
            Finding("target that did not: before", "below 0", tuple(error[:, 0, 1]), high=0.0),
            Finding("the same: after, inferred", "above 0", tuple(error[:, 1, 1]), low=0.0),
        ],
        draw,
        (7.4, 3.8),
    )


def _tasks(num_trials: int, swap: int, count: int) -> tuple[InferredTask, np.ndarray]:
    """Episodes with a swap before trial `swap`, which is noticed there at one target.

    The other target is shown on the trials before and after. Also returns whether that one paid
    before the swap.
    """
    rng = np.random.default_rng(0)
    first, old = np.arange(count) // 2 % 2, np.arange(count) % 2
    pays = np.where(np.arange(num_trials) < swap, first[:, None], 1 - first[:, None])
    shown = rng.integers(2, size=(count, num_trials))
    tested = np.where(old == 1, first, 1 - first)
    shown[:, swap - 1] = shown[:, swap + 1] = tested
    shown[:, swap] = 1 - tested
    return InferredTask(jnp.asarray(pays, jnp.int32), jnp.asarray(shown, jnp.int32)), old
