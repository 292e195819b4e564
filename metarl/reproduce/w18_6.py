"""Dopamine as an input: stimulation and blockade of prediction errors: W18, simulation 6."""

from typing import Any

import numpy as np

from metarl.analysis.lesions import Stimulated
from metarl.envs.risky import Risky
from metarl.plotting.players import PLAYER_COLOURS
from metarl.reproduce.core import Finding, Lab, Reproduction

TITLE = "Stimulation of dopamine"
SHOWS = (
    "The actor is told the critic's prediction errors in place of rewards. Blocking them after "
    "risky wins makes it choose the risky arm less often; blocking them after safe rewards, or "
    "adding to them after risky losses, more often."
)
NOTE = (
    "Two of the three effects come out for every seed. Blocking the errors after safe rewards "
    "changes nothing: in our task the safe arm pays 1 in every episode, so that the critic "
    "foresees it, and there is next to no error to block."
)
SAFE, RISKY = 0, 1
CONDITIONS: dict[str, dict[str, Any]] = {
    "blocked after risky wins": {"action": RISKY, "paid": True, "gain": 0.0},
    "blocked after safe rewards": {"action": SAFE, "paid": True, "gain": 0.0},
    "added after risky losses": {"action": RISKY, "paid": False, "added": 1.0},
}
SIGNS = (-1, 1, 1)
LEAST = 0.005  # change of the share of risky choices: less is chance
COLOURS = ("#C85200", "#5F9ED1", "#117733")


def reproduce(lab: Lab) -> Reproduction:
    """Plays with and without stimulation, in blocks in which the risky arm is better or worse."""
    agents = lab.agents("risky:dopamine")
    env = agents[0].config.environment.changed(hazard=0.0)
    assert isinstance(env, Risky)
    rows = []
    for agent in agents:
        players: list[Any] = [agent.agent]
        players += [Stimulated(agent=agent.agent, **how) for how in CONDITIONS.values()]
        results = [lab.play(player, agent.params, env) for player in players]
        rows.append([_risky(env, result) for result in results])
    share = np.array(rows)  # seed, condition, risky arm worse or better

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 3, sharey=True)
        worth = [env.prize * p for p in (env.low_probability, env.high_probability)]
        for place, (ax, condition) in enumerate(zip(axes, CONDITIONS, strict=True), start=1):
            for column, colour, label in (
                (0, PLAYER_COLOURS["agent"], "intact"),
                (place, COLOURS[place - 1], condition),
            ):
                ax.plot(worth, share[:, column].T, color=colour, lw=0.6, alpha=0.6)
                mean = share[:, column].mean(axis=0)
                ax.plot(worth, mean, "o-", color=colour, lw=2, label=label)
            ax.set(xlabel="average reward of the risky arm (safe: 1)", ylim=(-0.02, 1.22))
            ax.set_xticks(worth)
            ax.legend(frameon=False, loc="upper left")
            ax.spines[["top", "right"]].set_visible(False)
        axes[0].set_ylabel("risky arm chosen")

    intact = share[:, 0].mean(axis=1)
    findings = [
        Finding("risky choices, intact, risky arm better", "", tuple(share[:, 0, 1]), 1.0),
        Finding("risky choices, intact, risky arm worse", "", tuple(share[:, 0, 0]), 0.0),
    ]
    for place, (name, sign) in enumerate(zip(CONDITIONS, SIGNS, strict=True), start=1):
        change = tuple(share[:, place].mean(axis=1) - intact)
        limits = {"low": LEAST} if sign > 0 else {"high": -LEAST}
        shown = "more" if sign > 0 else "fewer"
        findings.append(Finding(f"change in risky choices: {name}", shown, change, **limits))
    return Reproduction(findings, draw, (11.0, 3.8))


def _risky(env: Risky, result: Any) -> tuple[float, float]:
    """The share of risky choices on free trials, where the risky arm is worse, and better."""
    actions = np.asarray(result.trajectory.actions)[:, env.num_forced_trials :]
    worth = np.asarray(result.trajectory.action_values)[:, -1, RISKY]
    better = worth > 1
    return float((actions[~better] == RISKY).mean()), float((actions[better] == RISKY).mean())
