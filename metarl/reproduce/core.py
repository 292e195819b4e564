"""What the figures have in common: agents of several seeds, findings, and their table."""

import dataclasses
import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy  # its submodules are imported when they are first used
from jaxtyping import Float

from metarl.envs import TaskFamily
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import find_players
from metarl.evaluation.results import EvalResult
from metarl.pretrained import load_agents
from metarl.reproduce.config import ReproduceConfig
from metarl.storage.checkpoint import Checkpoint, save_checkpoint
from metarl.storage.files import make_folder
from metarl.training.seeds import train_seeds

NUM_SEEDS = 8


class Finding(NamedTuple):
    """One number of a figure, for each agent.

    Attributes:
      what: what it is.
      printed: what the paper prints or shows, in a few words.
      ours: our number for the agent of each seed.
      best: that of the best player that knows no more than the agents, or of the oracle; None where
        there is none.
      low: a seed's number must be at least this, for the finding to have come out; None for no
        such limit.
      high: a seed's number must be at most this; None for no such limit.
    """

    what: str
    printed: str
    ours: tuple[float, ...]
    best: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def tested(self) -> bool:
        """Whether there is a limit."""
        return self.low is not None or self.high is not None

    @property
    def came_out(self) -> tuple[bool, ...]:
        """For each seed, whether its number is within the limits."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return tuple(bool(low <= value <= high) for value in self.ours)


class Reproduction(NamedTuple):
    """What came out of a figure.

    Attributes:
      findings: its numbers.
      draw: draws the figure on a matplotlib figure, which is empty.
      size: width and height of the figure, in inches.
    """

    findings: Sequence[Finding]
    draw: Callable[[Any], None]
    size: tuple[float, float] = (9.0, 3.8)


class Lab:
    """Where a figure gets its agents from, and where they and other players play.

    Args:
      config: where agents are, and how many episodes are played.
    """

    def __init__(self, config: ReproduceConfig) -> None:
        self.config = config

    def agents(self, name: str) -> list[Checkpoint]:
        """The agents of all seeds of an experiment, such as `two_step:w16`.

        They are those in `workdir/NAME/`, or else those that ship. With `config.train`, they are
        trained first, unless they are in `workdir/NAME/`.
        """
        module, _, variant = name.partition(":")
        get_config = importlib.import_module(f"metarl.configs.{module}").get_config
        experiment = get_config(variant) if variant else get_config()
        experiment = dataclasses.replace(experiment, workdir=self.config.workdir)
        file = experiment.checkpoint_file
        if self.config.train and not file.exists():
            if self.config.training_steps is not None:
                agent = dataclasses.replace(
                    experiment.agent, training_steps=self.config.training_steps
                )
                experiment = dataclasses.replace(experiment, agent=agent)
            first = experiment.agent.random_seed
            trained = train_seeds(experiment, range(first, first + NUM_SEEDS))
            make_folder(file.parent)
            save_checkpoint(file, trained[0]._replace(others=tuple(trained[1:])))
        return load_agents(experiment.name, self.config.folder)

    def play(
        self, player: Any, params: Any, env: TaskFamily, *, tasks: Any = None, episodes: int = 0
    ) -> EvalResult:
        """Plays `config.num_episodes` episodes, or as many as are given; always the same ones."""
        return evaluate(
            player,
            params,
            env,
            num_episodes=episodes or self.config.num_episodes,
            seed=self.config.random_seed,
            tasks=tasks,
        )

    def play_all(
        self, agents: Sequence[Checkpoint], env: TaskFamily, *, tasks: Any = None, episodes: int = 0
    ) -> list[EvalResult]:
        """Plays the same episodes with the agent of each seed."""
        return [
            self.play(agent.agent, agent.params, env, tasks=tasks, episodes=episodes)
            for agent in agents
        ]

    def play_named(
        self, name: str, env: TaskFamily, *, tasks: Any = None, episodes: int = 0
    ) -> EvalResult:
        """Plays the same episodes with another player, by the name it has on the command line."""
        ((_, player, params),), _ = find_players(env, [name])
        return self.play(player, params, env, tasks=tasks, episodes=episodes)


def over_seeds(values: Sequence[float]) -> tuple[float, float]:
    """The mean over seeds, and half the width of its 95% interval (Student's t)."""
    count = len(values)
    if count < 2:
        return float(np.mean(values)), math.nan
    quantile = scipy.stats.t.ppf(0.975, count - 1)
    return float(np.mean(values)), float(quantile * np.std(values, ddof=1) / math.sqrt(count))


def findings_table(findings: Sequence[Finding]) -> str:
    """The findings as a table in Markdown."""
    lines = [
        "| | the paper | ours: mean ± 95% | lowest to highest | best known | came out |",
        "|---|---|---|---|---|---|",
    ]
    for finding in findings:
        mean, half = over_seeds(finding.ours)
        spread = "" if math.isnan(half) else f" ± {number(half)}"
        best = "" if finding.best is None else number(finding.best)
        came_out = f"{sum(finding.came_out)} of {len(finding.ours)}" if finding.tested else ""
        lines.append(
            f"| {finding.what} | {finding.printed} | {number(mean)}{spread} | "
            f"{number(min(finding.ours))} to {number(max(finding.ours))} | {best} | {came_out} |"
        )
    return "\n".join(lines)


def number(value: float) -> str:
    """A number with three digits after the point, or three significant ones if it is small."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.2e}" if abs(value) < 1e-3 else f"{value:.3f}"


class SeedRow(NamedTuple):
    """A finding for the agent of one seed.

    Attributes:
      figure: the figure's name.
      finding: what the number is.
      seed: which of the agents it is, from 1.
      value: its number.
      best: that of the best player that is known; None where there is none.
      came_out: 1 if the finding came out for this seed, else 0; None where there is no limit.
    """

    figure: str
    finding: str
    seed: int
    value: float
    best: float | None
    came_out: int | None


def rows_of(figure: str, findings: Sequence[Finding]) -> list[SeedRow]:
    """The findings as rows of a csv, one for each seed."""
    return [
        SeedRow(
            figure,
            finding.what,
            seed,
            value,
            finding.best,
            int(came_out) if finding.tested else None,
        )
        for finding in findings
        for seed, (value, came_out) in enumerate(
            zip(finding.ours, finding.came_out, strict=True), start=1
        )
    ]


def bars(
    ax: Any, names: Sequence[str], values: Float[np.ndarray, "S K"], colours: Sequence[str]
) -> None:
    """Draws the mean over seeds as bars, and the agent of each seed as a dot."""
    for place, (column, colour) in enumerate(zip(values.T, colours, strict=True)):
        ax.bar(place, column.mean(), color=colour, width=0.7, zorder=2)
        spread = np.linspace(-0.2, 0.2, len(column)) if len(column) > 1 else np.zeros(1)
        ax.plot(place + spread, column, "o", ms=3, color="k", mfc="w", mew=0.8, zorder=3)
    ax.set_xticks(range(len(names)), names)
    ax.spines[["top", "right"]].set_visible(False)
