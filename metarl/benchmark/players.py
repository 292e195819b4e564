"""Compares players on the same tasks and the same tapes: `metarl benchmark players`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from metarl.benchmark.config import PlayersConfig
from metarl.benchmark.table import columns
from metarl.checks import check_instance, check_integer, check_seed, short_repr
from metarl.envs import Bandit, TaskFamily
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.intervals import bootstrap_means, notes_on
from metarl.evaluation.players import find_players
from metarl.evaluation.report import Report
from metarl.evaluation.results import Curve, Totals
from metarl.exact.dynamic_programme import bayes_optimal_value
from metarl.exact.optimum import is_soon_solved, optimum
from metarl.plotting.figures import Written, save_figures, set_title
from metarl.storage.files import make_folder
from metarl.storage.tables import write_table

MEASURES = ("reward", "regret", "suboptimal_choices")
EXACT = "best possible, exact"


class PlayerRow(NamedTuple):
    """One measure of one player, per episode; None where the mean is exact and has no interval.

    Attributes:
      player: the player's name, with its constants.
      measure: `reward` (sampled), `regret` (expected) or `suboptimal_choices`.
      mean: its mean over episodes.
      low: the lower end of its 95% interval, by bootstrap over tasks.
      high: the upper end.
      standard_error: the bootstrap's standard error.
      num_episodes: number of episodes.
      seed: the random seed.
      family: the task family.
      settings: its settings, as `num_trials=100, hazard=0.1`.
    """

    player: str
    measure: str
    mean: float
    low: float | None
    high: float | None
    standard_error: float | None
    num_episodes: int | None
    seed: int | None
    family: str
    settings: str


class Comparison(NamedTuple):
    """The results of a comparison.

    Attributes:
      rows: a row for each player and measure, best player first.
      curves: each player's cumulative regret over steps, in the same order.
      best_possible: the cumulative regret of the best possible player; None if unknown.
      left_out: a line for each player that cannot play this family.
    """

    rows: list[PlayerRow]
    curves: dict[str, Curve]
    best_possible: Float[np.ndarray, " T"] | None
    left_out: list[str]


def compare_players(
    env: TaskFamily,
    names: Sequence[str] = (),
    *,
    num_episodes: int = 20_000,
    seed: int = 0,
    folder: str | Path | None = None,
) -> Comparison:
    """Evaluates players and agents on the same tasks and the same tapes.

    Args:
      env: the family of tasks.
      names: the players, as in `metarl.evaluation.players.find_players`; empty means all.
      num_episodes: number of episodes, at least 2.
      seed: the random seed of tasks, tapes, choices and resampling.
      folder: the folder to search for agents before the shipped ones.

    Returns:
      Means with their intervals, and curves.

    Raises:
      ValueError: if a named player does not exist or cannot play, or a number is impossible.
    """
    check_instance("env", env, TaskFamily)
    check_integer("num_episodes", num_episodes, 2, "One episode has no interval.")
    check_seed("seed", seed)
    players, left_out = find_players(env, names, folder)
    rows: dict[str, list[PlayerRow]] = {}
    curves: dict[str, Curve] = {}
    for label, player, params in players:
        if label in rows:
            raise ValueError(
                f"`players` must name each player once, got {short_repr(label)} twice. "
                "Constants are compared as rounded here."
            )
        played = evaluate(player, params, env, num_episodes=num_episodes, seed=seed, keep="totals")
        rows[label] = _rows(label, played, env, num_episodes, seed)
        curves[label] = played.curve
    order = sorted(rows, key=lambda label: _worth(rows[label]))
    best = optimum(env)
    return Comparison(
        rows=[row for label in order for row in rows[label]] + _exact_rows(env, best),
        curves={label: curves[label] for label in order},
        best_possible=None if best is None else np.cumsum(best),
        left_out=left_out,
    )


def benchmark_players(config: PlayersConfig) -> Report:
    """Runs `metarl benchmark players`.

    Args:
      config: the settings.

    Returns:
      The table as text, and a function that writes `NAME.csv` and `NAME.png`.

    Raises:
      ValueError: if a named player does not exist or cannot play.
    """
    make_folder(config.folder)
    env = config.environment
    compared = compare_players(
        env,
        config.players,
        num_episodes=config.num_episodes,
        seed=config.random_seed,
        folder=config.folder,
    )
    title = (
        f"{config.num_episodes:,} episodes of {env.num_trials} trials, {env.describe()}, "
        f"seed {config.random_seed}"
    )

    def draw(ax: Any) -> None:
        from metarl.plotting.players import plot_regret

        ylabel = "cumulative expected regret" if env.has_regret else "cumulative reward"
        xlabel = "trial" if env.steps_per_trial == 1 else "step"
        best = {} if compared.best_possible is None else {"best possible": compared.best_possible}
        plot_regret(ax, compared.curves, best, xlabel=xlabel, ylabel=ylabel)
        set_title(ax, f"{title}; 95% bands")

    def write() -> Written:
        data, picture = (config.folder / f"{config.name}.{end}" for end in ("csv", "png"))
        write_table(data, compared.rows)
        figures = save_figures({picture: draw}, size=(8.2, 4.8))
        return Written([data, *figures.files], figures.failures)

    notes = [*notes_on(config.num_episodes), *compared.left_out]
    return Report("\n".join([title, "", table(compared), *notes]), write)


def table(compared: Comparison) -> str:
    """A comparison as text: one line per player, with means per episode and 95% intervals."""
    lines = [["player", "reward", "", "regret", "", "suboptimal choices", ""]]
    by_player: dict[str, dict[str, PlayerRow]] = {}
    for row in compared.rows:
        by_player.setdefault(row.player, {})[row.measure] = row
    for player, measured in by_player.items():
        cells = [_cells(measured.get(measure)) for measure in MEASURES]
        lines.append([player, *(cell for pair in cells for cell in pair)])
    return columns(lines)


def _cells(row: PlayerRow | None) -> tuple[str, str]:
    if row is None:
        return "", ""
    if row.low is None or row.high is None:
        return f"{row.mean:.3f}", "(exact)"
    return f"{row.mean:.3f}", f"[{row.low:.3f}, {row.high:.3f}]"


def _rows(
    label: str, played: Totals, env: TaskFamily, num_episodes: int, seed: int
) -> list[PlayerRow]:
    measures = MEASURES if env.has_regret else MEASURES[:1]
    measured = np.stack([played.rewards, played.regret, played.suboptimal])[: len(measures)]
    found = bootstrap_means(measured, seed)
    numbers = np.stack(found, axis=1).tolist()
    family = _columns_of(env)
    return [
        PlayerRow(label, measure, mean, low, high, error, num_episodes, seed, *family)
        for measure, (mean, low, high, error) in zip(measures, numbers, strict=True)
    ]


def _worth(rows: Sequence[PlayerRow]) -> float:
    """The sort key of a player, smallest first: regret; minus reward where regret is unknown."""
    by_measure = {row.measure: row.mean for row in rows}
    return by_measure.get("regret", -by_measure["reward"])


def _exact_rows(env: TaskFamily, best: Float[np.ndarray, " T"] | None) -> list[PlayerRow]:
    if best is not None:
        regret = float(best.sum())
    elif isinstance(env, Bandit) and env == env.prior and is_soon_solved(env):
        best_arm = env.num_actions / (env.num_actions + 1)  # the mean of the largest of A uniforms
        value = bayes_optimal_value(env.num_actions, env.num_trials)
        regret = env.num_trials * best_arm - value
    else:
        return []
    return [PlayerRow(EXACT, "regret", regret, None, None, None, None, None, *_columns_of(env))]


def _columns_of(env: TaskFamily) -> tuple[str, str]:
    settings = {name: value for name, value in env.to_dict().items() if name != "family"}
    return env.family, ", ".join(f"{name}={value}" for name, value in settings.items())
