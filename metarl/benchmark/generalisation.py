"""Trained on one family, tested on all: `metarl benchmark generalisation`.

As in Wang et al. 2016 (arXiv 1611.05763), Fig. 2, but in regret relative to the best possible.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from metarl.benchmark.config import GeneralisationConfig
from metarl.benchmark.table import columns
from metarl.checks import check_integer, check_seed
from metarl.configs.bandit import TASKS
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.intervals import bootstrap_means, notes_on
from metarl.evaluation.players import agent_player
from metarl.evaluation.report import Report
from metarl.exact.optimum import best_possible_regret
from metarl.plotting.figures import Written, save_figures, set_title
from metarl.pretrained import load_agent, pretrained_names
from metarl.storage.files import make_folder
from metarl.storage.tables import write_table

# The paper's names; its "uniform" is our pair of correlated arms, p and 1 - p.
FAMILIES = {
    "independent": "independent",
    "uniform": "correlated",
    "easy": "easy",
    "medium": "medium",
    "hard": "hard",
}
AGENTS = tuple(f"bandit_{structure}" for structure in FAMILIES.values())


class GeneralisationRow(NamedTuple):
    """The result of one agent on one family.

    Attributes:
      agent: the agent's name.
      trained_on: the family it was trained on.
      advantage_rewards: the rewards its advantage was computed from in training.
      tested_on: the family it plays here.
      regret: expected regret per episode.
      low: the lower end of its 95% interval, by bootstrap over tasks.
      high: the upper end.
      standard_error: the bootstrap's standard error.
      best_possible: the regret of the best possible player of the tested family, exact.
      relative: `regret` over `best_possible`; 1 is optimal.
      num_trials: number of trials in an episode.
      num_episodes: number of episodes.
      seed: the random seed of tasks, tapes, choices and resampling.
    """

    agent: str
    trained_on: str
    advantage_rewards: str
    tested_on: str
    regret: float
    low: float
    high: float
    standard_error: float
    best_possible: float
    relative: float
    num_trials: int
    num_episodes: int
    seed: int


def generalisation(
    agents: Sequence[str] = (),
    *,
    num_episodes: int = 20_000,
    num_trials: int = 100,
    seed: int = 0,
    folder: str | Path | None = None,
) -> list[GeneralisationRow]:
    """Evaluates agents of two arms on all five families, every agent on the same episodes.

    Args:
      agents: names of agents; empty means those of `AGENTS` that ship.
      num_episodes: number of episodes of each family, at least 2.
      num_trials: number of trials in an episode; at most 200, for which the optimum is known.
      seed: the random seed of tasks, tapes, choices and resampling.
      folder: the folder to search for agents before the shipped ones.

    Returns:
      A row for each agent and family, in the order of the matrix.

    Raises:
      ValueError: if an agent does not exist or does not have two arms, or a number is impossible.
    """
    check_integer("num_episodes", num_episodes, 2, "One episode has no interval.")
    check_seed("seed", seed)
    names = list(agents) or [name for name in AGENTS if name in pretrained_names()]
    tests = {
        family: replace(TASKS[structure], num_trials=num_trials)
        for family, structure in FAMILIES.items()
    }
    best = {family: float(best_possible_regret(env).sum()) for family, env in tests.items()}
    rows = []
    for name in names:
        trained = load_agent(name, folder).config
        seen = trained.environment
        same_length = seen.changed(num_trials=num_trials)
        known = [family for family, env in tests.items() if env == same_length]
        trained_on = known[0] if known else seen.describe()
        for family, env in tests.items():
            _, player, params = agent_player(env, name, folder)
            played = evaluate(
                player, params, env, num_episodes=num_episodes, seed=seed, keep="totals"
            )
            found = bootstrap_means(played.regret[None], seed)
            mean, low, high, error = (float(values[0]) for values in found)
            rows.append(
                GeneralisationRow(
                    agent=name,
                    trained_on=trained_on,
                    advantage_rewards=trained.agent.advantage_rewards,
                    tested_on=family,
                    regret=mean,
                    low=low,
                    high=high,
                    standard_error=error,
                    best_possible=best[family],
                    relative=mean / best[family],
                    num_trials=num_trials,
                    num_episodes=num_episodes,
                    seed=seed,
                )
            )
    return rows


def benchmark_generalisation(config: GeneralisationConfig) -> Report:
    """Runs `metarl benchmark generalisation`.

    Args:
      config: the settings.

    Returns:
      The table as text, and a function that writes `generalisation.csv` and `generalisation.png`.

    Raises:
      ValueError: as in `generalisation`.
    """
    make_folder(config.folder)
    rows = generalisation(
        config.agents,
        num_episodes=config.num_episodes,
        num_trials=config.num_trials,
        seed=config.random_seed,
        folder=config.folder,
    )

    def draw(ax: Any) -> None:
        plot_generalisation(ax, rows)
        set_title(ax, "Regret relative to the best possible on the tested family (1: optimal)")

    def write() -> Written:
        data, picture = (config.folder / f"generalisation.{end}" for end in ("csv", "png"))
        write_table(data, rows)
        tested = len(rows) // len(FAMILIES)
        figures = save_figures({picture: draw}, size=(6.6, 1.7 + 0.55 * tested))
        return Written([data, *figures.files], figures.failures)

    missing = [name for name in AGENTS if name not in pretrained_names()]
    notes = notes_on(config.num_episodes)
    if not config.agents:
        notes += [f"left out: {name}, which is not shipped." for name in missing]
    return Report("\n".join([table(rows), *notes]), write)


def plot_generalisation(ax: Any, rows: Sequence[GeneralisationRow]) -> Any:
    """Draws the matrix on matplotlib axes: one row per agent, one column per family."""
    from metarl.plotting.players import plot_matrix

    by_agent = [rows[i : i + len(FAMILIES)] for i in range(0, len(rows), len(FAMILIES))]
    labels = [f"{of[0].trained_on} ({of[0].advantage_rewards} rewards)" for of in by_agent]
    values = np.array([[row.relative for row in of] for of in by_agent])
    plot_matrix(ax, values, labels, list(FAMILIES))
    ax.set_xlabel("tested on")
    ax.set_ylabel("trained on")
    return ax


def table(rows: Sequence[GeneralisationRow]) -> str:
    """The matrix as text: regret over the best possible, with its 95% interval."""
    one = rows[0]
    lines = [["trained on", "advantage from", *FAMILIES]]
    for i in range(0, len(rows), len(FAMILIES)):
        of = rows[i : i + len(FAMILIES)]
        cells = [
            f"{row.relative:.3f} [{row.low / row.best_possible:.3f}, "
            f"{row.high / row.best_possible:.3f}]"
            for row in of
        ]
        lines.append([of[0].trained_on, f"{of[0].advantage_rewards} rewards", *cells])
    best = [f"{row.best_possible:.5f}" for row in rows[: len(FAMILIES)]]
    lines.append(["best possible regret, exact", "", *best])
    title = (
        f"Regret over the best possible on the tested family, {one.num_episodes:,} episodes of "
        f"{one.num_trials} trials each,\nseed {one.seed}; 95% intervals by bootstrap over tasks"
    )
    return f"{title}\n\n{columns(lines, left=2)}"
