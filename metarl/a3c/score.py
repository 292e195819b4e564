"""The frozen evaluation at the end of training."""

import math
from typing import Any

import numpy as np

from metarl.config import TrainConfig
from metarl.evaluation import episode_regret, evaluate, trial_reward
from metarl.learner import Learner


def final_scores(config: TrainConfig, learner: Learner, flat_params: np.ndarray) -> dict[str, Any]:
    """Evaluates the trained agent, frozen, on tasks that no evaluator saw.

    Args:
      config: the training run.
      learner: its update rule.
      flat_params: the trained parameters, one flat vector.

    Returns:
      What a checkpoint keeps as its `scores`.
    """
    seed = int(np.random.SeedSequence((config.agent.random_seed, 2**32)).generate_state(1)[0])
    result = evaluate(
        learner.agent,
        learner.unravel(flat_params),
        config.environment,
        num_episodes=config.num_final_eval_episodes,
        seed=seed,
        keep_trace=False,
    )
    regret, reward = episode_regret(result), trial_reward(result)
    return {
        "expected_regret": _number(regret.mean),
        "expected_regret_standard_error": _number(regret.standard_error),
        "mean_reward": reward.mean,
        "num_episodes": config.num_final_eval_episodes,
        "seed": seed,
        "advantage_rewards": config.agent.advantage_rewards,
    }


def _number(value: float) -> float | None:
    """The value; None for NaN, of which JSON knows nothing."""
    return None if math.isnan(value) else value
