"""Searches the training's settings: `python tools/search.py --help`.

Settings are drawn at random around those of a config, each is trained with several seeds by
`train_a2c`, and the agents are evaluated, frozen, on tasks of their own. The best come first.
"""

import argparse
import csv
import dataclasses
import importlib
import io
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from metarl.a2c import train_a2c
from metarl.compilation import use_compilation_cache
from metarl.config import AgentConfig
from metarl.evaluation import episode_regret, evaluate
from metarl.files import atomic_write

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


def main() -> None:
    """Runs the search, and writes a row per setting to a csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", help="a config of the package, such as bandit_independent")
    parser.add_argument("--settings", type=int, default=16, help="settings to try")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each")
    parser.add_argument("--steps", type=int, help="environment steps; the config's, if not given")
    parser.add_argument("--episodes", type=int, default=4096, help="episodes of each evaluation")
    parser.add_argument(
        "--vary", nargs="+", default=[*DECADES, *RANGES], choices=[*DECADES, *RANGES]
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the search itself")
    parser.add_argument("--out", type=Path, default=Path("results/search.csv"))
    arguments = parser.parse_args()
    use_compilation_cache()

    config = importlib.import_module(f"metarl.configs.{arguments.config}").get_config()
    if arguments.steps is not None:
        agent = dataclasses.replace(config.agent, training_steps=arguments.steps)
        config = dataclasses.replace(config, agent=agent)
    rng = np.random.default_rng(arguments.seed)
    rows = []
    for trial in tqdm(range(arguments.settings), desc="settings"):
        # The first are the config's own, to hold the others against.
        drawn = draw(config.agent, arguments.vary if trial else [], rng)
        result = train_a2c(
            config,
            seeds=range(arguments.seeds),
            settings={name: [value] for name, value in drawn.items()},
            progress_bar=False,
        )
        regrets = [
            episode_regret(
                evaluate(
                    result.learner.agent,
                    result.learner.unravel(flat_params),
                    config.environment,
                    num_episodes=arguments.episodes,
                    seed=2**31,
                    keep_trace=False,
                )
            ).mean
            for flat_params in result.flat_params
        ]
        row = {"median_regret": np.median(regrets), "worst_regret": max(regrets), **drawn}
        rows.append({name: f"{value:.4g}" for name, value in row.items()})
        tqdm.write("  ".join(f"{name}={value}" for name, value in rows[-1].items()))
        rows.sort(key=lambda row: float(row["median_regret"]))
        write(arguments.out, rows)


def draw(agent: AgentConfig, names: list[str], rng: np.random.Generator) -> dict[str, float]:
    """Settings around those of `agent`."""
    drawn = {}
    for name in names:
        if name in DECADES:
            drawn[name] = getattr(agent, name) * 10 ** rng.uniform(-DECADES[name], DECADES[name])
        else:
            drawn[name] = rng.uniform(*RANGES[name])
    return drawn


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Writes the rows; settings that were not varied are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["median_regret", "worst_regret", *DECADES, *RANGES])
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


if __name__ == "__main__":
    main()
