"""Agents of several random seeds, trained together by `train_a2c`, as checkpoints."""

import dataclasses
import time
from collections.abc import Sequence

import jax
import numpy as np

from metarl.config import TrainConfig
from metarl.config.recipe import derive
from metarl.storage.checkpoint import Checkpoint, Progress, current_versions
from metarl.training.a2c import train_a2c
from metarl.training.a3c.evaluator import final_scores


def train_seeds(config: TrainConfig, seeds: Sequence[int]) -> list[Checkpoint]:
    """Trains an agent with each random seed; what the recipe derives is derived first.

    Args:
      config: the experiment; its own random seed is not used.
      seeds: the random seeds.

    Returns:
      A checkpoint for each, with the scores of a frozen evaluation on
      `config.num_final_eval_episodes` fresh episodes. `seconds` is the time that all took together.

    Raises:
      ValueError: if a seed is impossible or there twice.
    """
    config = dataclasses.replace(config, agent=derive(config.agent, config.environment))
    begun = time.perf_counter()
    trained = train_a2c(config, seeds=seeds)
    seconds = round(time.perf_counter() - begun, 1)
    learner = trained.learner
    agents = []
    for seed, flat_params in zip(seeds, trained.flat_params, strict=True):
        agent = dataclasses.replace(config.agent, random_seed=seed)
        own = dataclasses.replace(config, agent=agent)
        progress = Progress(
            updates=learner.total_updates,
            steps=learner.total_steps,
            episodes=learner.total_steps // config.environment.num_steps,
            seconds=seconds,
        )
        agents.append(
            Checkpoint(
                config=own,
                params=jax.tree.map(np.asarray, learner.unravel(flat_params)),
                optimizer=None,
                progress=progress,
                staleness=np.array([learner.total_updates]),
                scores=final_scores(own, learner, flat_params),
                versions=current_versions(),
            )
        )
    return agents
