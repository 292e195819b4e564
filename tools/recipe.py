"""Measures the default recipe: `python tools/recipe.py --help`.

`run` trains an agent on each task with each seed, by `metarl train` and the settings of the task
alone, and evaluates it, frozen, on 10,000 fresh episodes. It writes a row per run to a csv and
goes on where it stopped. Further arguments, such as `--config.agent.discount_end=0.95`, go to
`metarl train`. The other players of a task get rows, too. `table` prints the csv as Markdown.
"""

import argparse
import dataclasses
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rows import append, read

from metarl.config import TrainConfig
from metarl.envs import Bandit, TaskFamily
from metarl.envs.colours import Colours
from metarl.envs.reversal import Reversal
from metarl.envs.two_step import TwoStep
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import BEST, yardsticks
from metarl.evaluation.results import episode_regret, trial_reward
from metarl.exact.optimum import optimum
from metarl.processes.compilation import prepare_compiler
from metarl.storage.checkpoint import load_checkpoint


def bandit(structure: str, num_arms: int = 2, num_trials: int = 100) -> Bandit:
    """A bandit by its few settings."""
    return Bandit(reward_structure=structure, num_arms=num_arms, num_trials=num_trials)


TASKS: dict[str, TaskFamily] = {
    "correlated": bandit("correlated"),
    "independent": bandit("independent"),
    "independent, 3 arms": bandit("independent", 3),
    "independent, 5 arms": bandit("independent", 5),
    "independent, 10 arms": bandit("independent", 10),
    "independent, 20 trials": bandit("independent", 2, 20),
    "independent, 50 trials": bandit("independent", 2, 50),
    "independent, 300 trials": bandit("independent", 2, 300),
    "independent, 10 arms, 50 trials": bandit("independent", 10, 50),
    "correlated, 4 arms, 50 trials": bandit("correlated", 4, 50),
    "easy": bandit("easy"),
    "medium": bandit("medium"),
    "hard": bandit("hard"),
    "reversal": Reversal(),
    "two-step": TwoStep(),
    "colours": Colours(),
}
# The others had been looked at while the recipe was searched for.
HELD_OUT = ("independent, 50 trials", "independent, 10 arms, 50 trials", "easy", "medium")
BY_REWARD = ("reversal", "two-step", "colours")  # what is told of the others is regret


@dataclasses.dataclass(frozen=True)
class Row:
    """One run, or one player.

    Attributes:
      task: the task's name in `TASKS`.
      player: `agent`, or the label of another player.
      seed: the agent's random seed; -1 for other players.
      steps: environment steps it was trained for.
      seconds: from the shell to the end of `metarl train`.
      regret: expected regret per episode; nan in a family without regret.
      reward: reward per trial.
    """

    task: str
    player: str
    seed: int
    steps: int
    seconds: float
    regret: float
    reward: float


def main() -> None:
    """Measures, or prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("--out", type=Path, default=Path("docs/recipe.csv"))
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), help="some of the tasks")
    parser.add_argument("--seeds", type=int, default=5, help="seeds of each task")
    parser.add_argument("--episodes", type=int, default=10_000, help="of each evaluation")
    arguments, more = parser.parse_known_args()
    rows = read(arguments.out, Row)
    if arguments.what == "table":
        print(table(rows))
        return
    prepare_compiler()
    for seed in range(arguments.seeds):
        for name in arguments.tasks:
            if (name, "agent", seed) not in {(row.task, row.player, row.seed) for row in rows}:
                row = train(name, seed, arguments.episodes, more)
                append(arguments.out, [row])
                rows.append(row)
                print(row, flush=True)
    for name in arguments.tasks:
        if not any(row.task == name and row.player == "random" for row in rows):
            append(arguments.out, others(name, arguments.episodes))


def train(name: str, seed: int, episodes: int, more: list[str]) -> Row:
    """Trains by the command line, as a user does."""
    env = TASKS[name]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "metarl", "train", f"--config.workdir={folder}"]
        command += [f"--config.agent.random_seed={seed}"]
        command += [f"--config.num_final_eval_episodes={episodes}"]
        command += [f"--config.environment.{key}={value}" for key, value in settings(env).items()]
        begun = time.perf_counter()
        environ = os.environ | {"TQDM_DISABLE": "1"}
        subprocess.run([*command, *more], check=True, capture_output=True, text=True, env=environ)
        seconds = time.perf_counter() - begun
        checkpoint = load_checkpoint(Path(folder) / "my_agent" / "checkpoint.npz")
    scores = checkpoint.scores
    regret = scores["expected_regret"]
    return Row(
        task=name,
        player="agent",
        seed=seed,
        steps=checkpoint.progress.steps,
        seconds=round(seconds, 1),
        regret=round(math.nan if regret is None else regret, 4),
        reward=round(scores["mean_reward"], 5),
    )


def settings(env: TaskFamily) -> dict[str, object]:
    """The settings of a family in which it differs from the default task."""
    default = TrainConfig().environment.to_dict()
    return {key: x for key, x in env.to_dict().items() if default.get(key) != x and x is not None}


def others(name: str, episodes: int) -> list[Row]:
    """The other players, on the same number of episodes."""
    env = TASKS[name]
    rows = []
    for label, player, params in yardsticks(env):
        result = evaluate(player, params, env, num_episodes=episodes, seed=1, keep="totals")
        regret, reward = episode_regret(result).mean, trial_reward(result).mean
        rows.append(Row(name, label, -1, 0, 0.0, round(regret, 4), round(reward, 5)))
    exact = optimum(env)
    if exact is not None:
        rows.append(Row(name, BEST, -1, 0, 0.0, round(float(exact.sum()), 4), math.nan))
    return rows


def table(rows: list[Row]) -> str:
    """The medians and ranges over seeds, beside the other players."""
    lines = [
        "| task | steps | agent: median (range) | best possible or known | Thompson | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name in TASKS:
        here = [row for row in rows if row.task == name]
        agents = [row for row in here if row.player == "agent"]
        if not agents:
            continue
        by_regret = name not in BY_REWARD
        values = [row.regret if by_regret else row.reward for row in agents]
        known = {
            row.player: row.regret if by_regret else row.reward
            for row in here
            if row.player not in ("agent", "oracle", "random")
        }
        pick = min if by_regret else max
        best = BEST if BEST in known else pick(known, key=known.__getitem__, default=None)
        cells = [
            f"{name}{'*' * (name in HELD_OUT)}{'' if by_regret else ', reward per trial'}",
            f"{agents[0].steps / 1e6:.0f} M",
            f"{statistics.median(values):.3f}{spread(values)}",
            "" if best is None else f"{known[best]:.3f} ({best})",
            f"{known['Thompson']:.3f}" if "Thompson" in known else "",
            f"{statistics.median(row.seconds for row in agents):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "\\* not looked at while the recipe was searched for"]
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """The lowest and the highest of several values."""
    return f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""


if __name__ == "__main__":
    main()
