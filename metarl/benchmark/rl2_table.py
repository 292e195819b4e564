"""Replicates RL2's table of bandits next to the printed values: `metarl benchmark rl2-table`."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from metarl.baselines import (
    UCB1,
    EpsilonGreedy,
    Gittins,
    Greedy,
    OptimisticThompson,
    Random,
    Thompson,
)
from metarl.baselines.gittins import LONGEST_EXACT_INDEX
from metarl.benchmark.config import RL2TableConfig
from metarl.benchmark.rl2_notes import NOTES
from metarl.benchmark.rl2_printed import BASELINES, LEARNT, NUM_PRINTED, PRINTED, ROUNDING
from metarl.benchmark.table import columns
from metarl.checks import SEEDS
from metarl.config.experiment import CHECKPOINT_FILE
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import NamedPlayer, agent_player
from metarl.evaluation.report import Report
from metarl.plotting.figures import Written
from metarl.pretrained import pretrained_names
from metarl.progress import make_progress_bar
from metarl.rollout import Player
from metarl.storage.files import make_folder
from metarl.storage.tables import write_table

OURS = "LSTM"  # the agent trained on belief rewards
SAMPLED = "LSTM, sampled"  # and the one on sampled rewards, as RL2's
AGENTS = {OURS: "", SAMPLED: "_sampled"}  # how the names of the agents end
FIRST = "ties: first"  # a second greedy player, which explains the printed one
COLUMNS = (*BASELINES, FIRST, *LEARNT, *AGENTS)
MARK = 3.0  # standard errors of the difference, above which a cell is marked
# As RL2 writes UCB1's constant: c sqrt(2 ln t / n).
UCB1_GRID = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)
EPSILON_GRID = (0.005, 0.01, 0.02, 0.05, 0.1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FirstGreedy(Greedy):
    """The greedy player, but ties go to the first arm, as with `argmax`."""

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws nothing: numbers decrease over the arms, so that ties go to the first."""
        del key
        place = jnp.arange(1, self.num_actions + 1, dtype=jnp.float32)
        falling = 1 - place / (self.num_actions + 1)
        return jnp.broadcast_to(falling, (num_steps, self.num_actions))


class RL2Row(NamedTuple):
    """One cell of the table; None where nothing was played, or nothing printed.

    Attributes:
      n: number of pulls.
      k: number of arms.
      column: the player's name in the paper; `LSTM` is ours.
      setting: the player's constant or horizon, or the agent's label.
      reward: total reward of an episode, averaged over bandits.
      standard_error: its standard error over bandits.
      printed: the printed average.
      difference: measured minus printed, in standard errors of the difference.
      marked: 1 if its absolute value is above three, else 0.
      num_bandits: number of bandits played.
      seed: the random seed.
    """

    n: int
    k: int
    column: str
    setting: str
    reward: float | None
    standard_error: float | None
    printed: float | None
    difference: float | None
    marked: int
    num_bandits: int | None
    seed: int | None


def benchmark_rl2_table(config: RL2TableConfig) -> Report:
    """Runs `metarl benchmark rl2-table`.

    Args:
      config: the settings.

    Returns:
      The table as text, and a function that writes `rl2_table.csv`.

    Raises:
      ValueError: if an agent cannot play its cell.
      OSError: if the folder cannot be made.
    """
    make_folder(config.folder)
    rows: list[RL2Row] = []
    cells = [(n, k) for n in config.pulls for k in config.arms]
    for n, k in make_progress_bar(
        visible=config.progress_bar, iterable=cells, desc="rl2-table", unit=" cells"
    ):
        rows += play_cell(config, n, k)

    def write() -> Written:
        path = config.folder / "rl2_table.csv"
        write_table(path, rows)
        return Written([path], [])

    return Report(table(rows), write)


def play_cell(config: RL2TableConfig, n: int, k: int) -> list[RL2Row]:
    """Plays all columns of one cell on the same bandits and the same tapes.

    As in RL2, the constants of UCB1 and epsilon-greedy are tuned per cell; on separate bandits.
    """
    env = Bandit(num_arms=k, num_trials=n, reward_structure="independent")
    exact = n <= LONGEST_EXACT_INDEX
    discount = None if exact else config.gittins_discount
    epsilon = _tuned(config, env, EPSILON_GRID, lambda x: EpsilonGreedy(env=env, epsilon=x))
    constant = _tuned(config, env, UCB1_GRID, lambda c: _ucb1(k, c))
    players = {
        "Random": NamedPlayer("", Random(num_actions=k)),
        "Gittins": NamedPlayer(
            f"horizon {n}" if exact else f"disc. {discount:g}",
            Gittins(num_actions=k, num_trials=n, discount=discount),
        ),
        "TS": NamedPlayer("", Thompson(env=env)),
        "OTS": NamedPlayer("", OptimisticThompson(env=env)),
        "UCB1": NamedPlayer(f"c {constant:g}", _ucb1(k, constant)),
        "eps-Greedy": NamedPlayer(f"eps {epsilon:g}", EpsilonGreedy(env=env, epsilon=epsilon)),
        "Greedy": NamedPlayer("", Greedy(env=env)),
        FIRST: NamedPlayer("greedy", FirstGreedy(env=env)),
    }
    for column, suffix in AGENTS.items():
        name = f"rl2_{n}_{k}{suffix}"
        if name in pretrained_names() or (config.folder / name / CHECKPOINT_FILE).exists():
            players[column] = agent_player(env, name, config.folder)
    return [_row(config, env, column, players.get(column)) for column in COLUMNS]


def table(rows: Sequence[RL2Row]) -> str:
    """The table as text: for each cell the measured and the printed value, error and settings."""
    by_cell: dict[tuple[int, int], dict[str, RL2Row]] = {}
    for row in rows:
        by_cell.setdefault((row.n, row.k), {})[row.column] = row
    lines = [["n, k", "", *COLUMNS]]
    for (n, k), found in by_cell.items():
        cell = [found[name] for name in COLUMNS]
        played = [_number(row.reward, 2) + "*" * row.marked for row in cell]
        lines += [
            [f"{n}, {k}", "measured", *played],
            ["", "± standard error", *(_number(row.standard_error, 2) for row in cell)],
            ["", "printed", *(_number(row.printed, 1) for row in cell)],
            ["", "setting", *("" if row.column in AGENTS else row.setting for row in cell)],
        ]
    number = next(row.num_bandits for row in rows if row.num_bandits)
    title = (
        f"Total reward of n pulls of k independent arms, averaged over {number:,} bandits; "
        "printed: Duan et al. 2016,\narXiv 1611.02779, Table 1 (1,000 bandits; SNAIL: arXiv "
        "1707.03141). "
        f"* differs by more than {MARK:g} standard errors."
    )
    agents = [
        f"{row.n}, {row.k}: {row.setting}" for row in rows if row.column in AGENTS and row.setting
    ]
    ours = [f"{OURS}: {'; '.join(agents)}."] if agents else []
    marked = [name for name in COLUMNS if any(row.marked for row in rows if row.column == name)]
    notes = [f"{name}: {NOTES[name]}" for name in marked]
    return "\n".join([title, "", columns(lines, left=2), "", *ours, *notes]).rstrip()


def _row(config: RL2TableConfig, env: Bandit, column: str, player: NamedPlayer | None) -> RL2Row:
    n, k = env.num_trials, env.num_arms
    printed = PRINTED.get((n, k), {}).get("Greedy" if column == FIRST else column)
    if player is None:
        return RL2Row(n, k, column, "", None, None, printed, None, 0, None, None)
    number, seed = config.num_bandits, config.random_seed
    played = evaluate(
        player.player, player.params, env, num_episodes=number, seed=seed, keep="totals"
    )
    reward, deviation = float(played.rewards.mean()), float(played.rewards.std(ddof=1))
    error = deviation / math.sqrt(number)
    difference = None
    if printed is not None:
        theirs = math.hypot(deviation / math.sqrt(NUM_PRINTED), ROUNDING)
        difference = (reward - printed) / math.hypot(error, theirs)
    marked = int(difference is not None and abs(difference) > MARK)
    setting = player.label
    return RL2Row(n, k, column, setting, reward, error, printed, difference, marked, number, seed)


def _tuned(
    config: RL2TableConfig, env: Bandit, grid: Sequence[float], make: Callable[[float], Player]
) -> float:
    """The constant of the grid that earns most on the tuning bandits."""
    number, seed = config.num_tuning_bandits, (config.random_seed + 1) % SEEDS
    earned = {
        # On the same tasks, the least regret is the most reward, but less noisy.
        constant: evaluate(
            make(constant), (), env, num_episodes=number, seed=seed, keep="totals"
        ).regret.mean()
        for constant in grid
    }
    return min(earned, key=lambda constant: earned[constant])


def _ucb1(num_arms: int, constant: float) -> UCB1:
    """UCB1 as in RL2: c sqrt(2 ln t / n), and each arm starts with one success and one failure."""
    return UCB1(
        num_actions=num_arms, constant=constant * math.sqrt(2), prior_wins=1, prior_losses=1
    )


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
