"""Trains the agents that ship for the papers' tasks: `python tools/ship.py --help`.

For each experiment, it trains agents of eight random seeds, in one call of `train_a2c`, evaluates
them, frozen, on 20,000 fresh episodes, and writes them into one file. Agents that are in the file
already stay: only the other seeds are trained. Rows of a csv tell how far each is on the way from
random choices, 0, to the best player, 1. Seeds that the csv has are left out: it goes on where
it stopped.
"""

import os

os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
)

import argparse
import dataclasses
import math
import statistics
from pathlib import Path

from rows import append, read

from metarl.cli.files import run_config_file
from metarl.config import TrainConfig
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import yardsticks
from metarl.evaluation.results import episode_regret, trial_reward
from metarl.exact.optimum import optimum
from metarl.processes.compilation import prepare_compiler
from metarl.storage.checkpoint import load_checkpoint, save_checkpoint
from metarl.training.seeds import train_seeds

AGENTS = Path("metarl/pretrained")
EXPERIMENTS = (
    "informative",
    "restless",
    "volatile",
    "volatile:blocks",
    "drifting",
    "hidden_markov",
    "hidden_markov:reward",
    "hidden_markov:transition",
    "baited",
    "inferred",
    "two_step:w16",
    "two_step",
    "two_step:fixation",
    "daw",
    "harlow",
    "risky",
    "risky:dopamine",
    "reversal",
    "bandit:independent_seeds",
    "bandit:correlated",
    "bandit:easy",
    "bandit:medium",
    "bandit:hard",
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One agent.

    Attributes:
      agent: the agent's name: its file in `metarl/pretrained`.
      seed: its random seed.
      steps: environment steps it was trained for.
      seconds: time that its training took, together with the others of the same call.
      reward: reward per trial; where the family has a regret, the oracle's minus that regret, which
        has less noise.
      random: that of random choices.
      best: that of the best player that knows no more than the agent does.
      player: that player.
      share: how far the agent is on the way from random, 0, to best, 1.
    """

    agent: str
    seed: int
    steps: int
    seconds: float
    reward: float
    random: float
    best: float
    player: str
    share: float


def main() -> None:
    """Trains, evaluates and writes what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="*", default=EXPERIMENTS, help="some of them")
    parser.add_argument("--seeds", type=int, default=8, help="number of seeds, from 42 on")
    parser.add_argument("--steps", type=int, help="environment steps; the config's, if not given")
    parser.add_argument("--csv", type=Path, default=Path("docs/papers.csv"))
    parser.add_argument("--table", action="store_true", help="only print the csv as Markdown")
    parser.add_argument("--agents", type=Path, default=AGENTS, help="folder of the agents' files")
    arguments = parser.parse_args()
    if arguments.table:
        print(table(read(arguments.csv, Row)))
        return
    prepare_compiler()
    done = {(row.agent, row.seed) for row in read(arguments.csv, Row)}
    for name in arguments.experiments:
        config = run_config_file(TrainConfig, name)
        if arguments.steps is not None:
            agent = dataclasses.replace(config.agent, training_steps=arguments.steps)
            config = dataclasses.replace(config, agent=agent)
        first = config.agent.random_seed
        if {(config.name, seed) for seed in range(first, first + arguments.seeds)} - done:
            file = arguments.agents / f"{config.name}.npz"
            rows = ship(config, arguments.seeds, file)
            append(arguments.csv, [row for row in rows if (row.agent, row.seed) not in done])
            print(*rows, sep="\n", flush=True)


def ship(config: TrainConfig, num_seeds: int, file: Path) -> list[Row]:
    """Trains the agents of one experiment that are not in the file; a row for each of all."""
    agents = []
    if file.exists():
        kept = load_checkpoint(file)
        agents = [kept._replace(others=()), *kept.others]
    first = config.agent.random_seed
    missing = range(first + len(agents), first + num_seeds)
    if missing:
        agents += train_seeds(config, missing)
        save_checkpoint(file, agents[0]._replace(others=tuple(agents[1:])))
    env = config.environment
    results = {
        label: evaluate(player, params, env, num_episodes=20_000, seed=1, keep="totals")
        for label, player, params in yardsticks(env)
    }
    rewards = {label: trial_reward(result).mean for label, result in results.items()}
    knows_the_task = rewards.pop("oracle", math.nan)
    num_free = env.num_trials - env.num_forced_trials

    def without_luck(reward: float, regret: float) -> float:
        """The expectation of a reward, where the family has a regret: less noise."""
        return knows_the_task - regret / num_free if env.has_regret else reward

    players = {
        label: without_luck(reward, episode_regret(results[label]).mean)
        for label, reward in rewards.items()
    }
    if (regret := optimum(env)) is not None:
        players["best possible"] = without_luck(math.nan, float(regret.sum()))
    best = max(players, key=players.__getitem__)
    rows = []
    for agent in agents:
        reward = without_luck(agent.scores["mean_reward"], agent.scores["expected_regret"])
        chance = players["random"]
        rows.append(
            Row(
                agent=config.name,
                seed=agent.config.agent.random_seed,
                steps=agent.progress.steps,
                seconds=round(agent.progress.seconds, 1),
                reward=round(reward, 5),
                random=round(chance, 5),
                best=round(players[best], 5),
                player=best,
                share=round((reward - chance) / (players[best] - chance), 4),
            )
        )
    return rows


def table(rows: list[Row]) -> str:
    """A line for each agent: all of its seeds."""
    lines = [
        "| agent | steps | seconds | random | best player | share: lowest, median |",
        "|---|---|---|---|---|---|",
    ]
    for agent in sorted({row.agent for row in rows}):
        seeds = [row for row in rows if row.agent == agent]
        one, shares = seeds[-1], [row.share for row in seeds]
        lines.append(
            f"| `{agent}` | {one.steps / 1e6:.0f} M | {one.seconds:.0f} | {one.random:.3f} | "
            f"{one.best:.3f} ({one.player}) | {min(shares):.3f}, {statistics.median(shares):.3f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
