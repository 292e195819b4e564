"""Trains RecurrentPPO of sb3-contrib beside our default on one task: `python tools/beside_sb3.py`.

Both learn two correlated arms with 100 trials, for the same time on the same machine, one after
the other. RecurrentPPO is stopped every few seconds, and evaluated; the clock stops meanwhile.
The curve of ours is what `metarl train` writes. It needs stable-baselines3 and sb3-contrib.
"""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path

import gymnasium
import matplotlib as mpl
import numpy as np
import torch
from rows import append, read
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

import metarl.envs.gym  # noqa: F401 (it registers the environments)
from metarl import Bandit, TrainConfig, train
from metarl.config import AgentConfig
from metarl.storage.curves import EvaluatorRow, read_rows

mpl.use("Agg")
import matplotlib.pyplot as plt

EPISODES = 500  # of each evaluation


@dataclasses.dataclass(frozen=True)
class Row:
    """One evaluation.

    Attributes:
      learner: who was trained.
      seconds: seconds of training before it.
      steps: environment steps of training before it.
      regret: expected regret per episode, frozen, on other episodes.
    """

    learner: str
    seconds: float
    steps: int
    regret: float


def main() -> None:
    """Trains both, writes a row for each evaluation, and draws the curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="of training, for each")
    parser.add_argument("--csv", type=Path, default=Path("docs/sb3.csv"))
    parser.add_argument("--figure", type=Path, default=Path("docs/sb3.png"))
    arguments = parser.parse_args()
    learners = {"RecurrentPPO (sb3-contrib)": recurrent_ppo, "metarl train": ours}
    done = {row.learner for row in read(arguments.csv, Row)}
    for name, run in learners.items():
        if name not in done:
            append(arguments.csv, run(name, arguments.seconds))
    draw(read(arguments.csv, Row), arguments.figure)


def recurrent_ppo(name: str, seconds: float) -> list[Row]:
    """RecurrentPPO, with the settings that were best of those that we tried."""
    torch.set_num_threads(1)  # quicker than two, for layers of this size
    env = make_vec_env("metarl/Bandit-v0", n_envs=16, seed=0)
    model = RecurrentPPO(
        "MlpLstmPolicy",
        env,
        n_steps=100,
        batch_size=800,
        n_epochs=4,
        learning_rate=3e-3,
        gamma=0.9,
        ent_coef=0.01,
        policy_kwargs={"lstm_hidden_size": 48},
        seed=0,
        device="cpu",
    )
    rows = [Row(name, 0.0, 0, regret_of(model))]

    class Watch(BaseCallback):  # type: ignore[misc]
        """Evaluates every tenth of the time; the clock stops meanwhile."""

        def __init__(self) -> None:
            super().__init__()
            self.begun, self.paused = time.perf_counter(), 0.0

        def _on_step(self) -> bool:
            now = time.perf_counter() - self.begun - self.paused
            if now >= len(rows) * seconds / 10:
                before = time.perf_counter()
                rows.append(Row(name, round(now, 1), self.num_timesteps, regret_of(model)))
                print(rows[-1], flush=True)
                self.paused += time.perf_counter() - before
            return len(rows) <= 10

    model.learn(10**9, callback=Watch())
    return rows


def regret_of(model: RecurrentPPO) -> float:
    """The expected regret per episode of a frozen model, on `EPISODES` episodes."""
    env = gymnasium.make_vec("metarl/Bandit-v0", num_envs=EPISODES)
    seen, _ = env.reset(seed=10**6)
    memory, first, total = None, np.ones(EPISODES, bool), 0.0
    for _ in range(100):
        actions, memory = model.predict(seen, memory, first, deterministic=False)
        seen, _, ended, _, info = env.step(actions)
        total, first = total + float(info["regret"].sum()), ended
    return round(total / EPISODES, 3)


def ours(name: str, seconds: float) -> list[Row]:
    """The default agent, trained for so many seconds, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(
            workdir=folder,
            eval_every_steps=100_000,
            num_eval_episodes=EPISODES,
            environment=Bandit(),
            agent=AgentConfig(training_seconds=min(seconds, 20.0)),
        )
        trained = train(config)
        curve = read_rows(trained.config.agent_folder / "evaluator_0.csv", EvaluatorRow)
    return [Row(name, round(x.wall_seconds, 1), x.step, round(x.expected_regret, 3)) for x in curve]


def draw(rows: list[Row], path: Path) -> None:
    """Draws regret over seconds of training."""
    figure, axes = plt.subplots(figsize=(7, 4), constrained_layout=True)
    for name in dict.fromkeys(row.learner for row in rows):
        curve = [(max(row.seconds, 0.5), row.regret) for row in rows if row.learner == name]
        axes.plot(*zip(*curve, strict=True), marker="o", markersize=3, label=name)
    axes.set(xscale="log", yscale="log", xlabel="seconds of training, two cores")
    axes.set_ylabel("expected regret per episode (frozen)")
    axes.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
