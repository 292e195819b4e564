"""Searches the training's settings: `python tools/search.py --help`.

`random CONFIG` draws settings at random around those of a config; `ablate CONFIG` changes one thing
at a time. Each is trained with several seeds by `train_a2c`, and the agents are evaluated, frozen,
on tasks of their own. A csv is written as it goes on, the best first.
"""

import argparse
import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from metarl.cli.files import run_config_file
from metarl.config import AgentConfig, TrainConfig
from metarl.config.recipe import derive
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.processes.compilation import prepare_compiler
from metarl.storage.files import atomic_write
from metarl.training.a2c import train_a2c

# How each setting is drawn: times ten to the power of +-`decades`, or uniformly between two values.
DECADES = {
    "learning_rate": 0.5,
    "learning_rate_end": 0.7,
    "max_gradient_norm": 0.5,
    "value_cost": 0.7,
    "entropy_cost": 0.5,
    "entropy_cost_end": 0.7,
}
RANGES = {
    "adam_b2": (0.98, 0.999),
    "discount": (0.7, 0.95),
    "discount_end": (0.9, 1.0),
    "gae_lambda": (0.7, 1.0),
    "gae_lambda_end": (0.7, 1.0),
}


# What an ablation changes, one at a time; what a config already has is left out.
ABLATIONS: dict[str, dict[str, object]] = {
    "as it is": {},
    "belief rewards": {"advantage_rewards": "belief"},
    "oracle rewards": {"advantage_rewards": "oracle"},
    "sampled rewards": {"advantage_rewards": "sampled"},
    "advantage as it comes": {"normalize_advantage": False},
    "critic's loss as it comes": {"normalize_value_loss": False},
    "n-step returns": {"advantage_estimator": "n_step"},
    "learning rate .001": {"learning_rate": 1e-3},
    "learning rate .02": {"learning_rate": 2e-2},
    "gradients clipped at 1": {"max_gradient_norm": 1.0},
    "an entropy bonus of .05": {"entropy_cost": 0.05},
    "gradients clipped at 1, an entropy bonus of .05": {
        "max_gradient_norm": 1.0,
        "entropy_cost": 0.05,
    },
    "32 episodes per update": {"episodes_per_update": 32},
    "8 episodes per update": {"episodes_per_update": 8},
    "discount .9 from the start": {"discount": 0.9},
    "discount .99 from the start": {"discount": 0.99, "discount_end": 0.99},
    "discount .8 to the end": {"discount_end": 0.8},
    "no entropy bonus": {"entropy_cost": 0.0, "entropy_cost_end": 0.0},
    "no entropy bonus at the end": {"entropy_cost_end": 0.0},
    "an entropy bonus of .03 at the end": {"entropy_cost_end": 0.03},
    "schedules to the last update": {"schedule_end": 1.0},
    "discount .9 at the end": {"discount_end": 0.9},
    "discount .99 at the end": {"discount_end": 0.99},
    "trial index as an input": {"use_trial_index": True},
    "no trial index as an input": {"use_trial_index": False},
    "24 LSTM units": {"num_units": 24},
}


def main() -> None:
    """Runs the search, and writes a row per setting to a csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("how", choices=["random", "ablate"])
    parser.add_argument("config", help="a config of the package, such as bandit:quick")
    parser.add_argument("--trials", type=int, default=16, help="settings to draw at random")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each setting")
    parser.add_argument("--steps", type=int, help="environment steps; the config's, if not given")
    parser.add_argument("--episodes", type=int, default=8192, help="episodes of each evaluation")
    parser.add_argument("--seed", type=int, default=0, help="seed of the search itself")
    parser.add_argument("--only", nargs="*", help="some of the ablations, by name")
    parser.add_argument("--out", type=Path, default=Path("results/search.csv"))
    arguments = parser.parse_args()
    prepare_compiler()
    config = run_config_file(TrainConfig, arguments.config)
    agent = derive(config.agent, config.environment)
    config = dataclasses.replace(config, agent=agent)
    if arguments.steps is not None:
        agent = dataclasses.replace(agent, training_steps=arguments.steps)
        config = dataclasses.replace(config, agent=agent)
    rng = np.random.default_rng(arguments.seed)
    trials = {
        name: changes
        for name, changes in ABLATIONS.items()
        if (not changes or dataclasses.replace(config.agent, **changes) != config.agent)
        and (not arguments.only or name in arguments.only)
    }
    if arguments.how == "random":
        trials = {f"trial {i}": draw(config.agent, rng) for i in range(arguments.trials)}
    rows: list[dict[str, object]] = []
    for name, changes in tqdm(trials.items(), unit=" settings"):
        changed = dataclasses.replace(config, agent=dataclasses.replace(config.agent, **changes))
        regrets = trained_regrets(changed, arguments.seeds, arguments.episodes)
        rows.append({"name": name, "regrets": regrets, **changes})
        tqdm.write(f"{name}: {regrets}  {changes}")
        rows.sort(key=lambda row: np.median(row["regrets"]))
        write(arguments.out, rows)


def trained_regrets(config: TrainConfig, num_seeds: int, num_episodes: int) -> list[float]:
    """Trains with each seed; returns the frozen agents' expected regrets."""
    trained = train_a2c(config, seeds=range(num_seeds))
    regrets = []
    for flat_params in trained.flat_params:
        result = evaluate(
            trained.learner.agent,
            trained.learner.unravel(flat_params),
            config.environment,
            num_episodes=num_episodes,
            seed=2**31,
            keep="totals",
        )
        regrets.append(round(episode_regret(result).mean, 3))
    return regrets


def draw(agent: AgentConfig, rng: np.random.Generator) -> dict[str, object]:
    """Settings around those of `agent`."""
    near = {name: getattr(agent, name) * 10 ** rng.uniform(-d, d) for name, d in DECADES.items()}
    return near | {name: rng.uniform(*bounds) for name, bounds in RANGES.items()}


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Writes the rows; a setting that a row did not change is empty."""
    names = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names))
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


if __name__ == "__main__":
    main()
