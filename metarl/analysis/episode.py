"""An agent's episode as an animation, beside what an ideal observer of it expects."""

from pathlib import Path

import jax
import numpy as np

from metarl.analysis.observer import beliefs_of
from metarl.config import EvalConfig
from metarl.envs.core import why_no_belief
from metarl.evaluation.draws import draw_episodes
from metarl.evaluation.evaluate import evaluate
from metarl.plotting.animation import animate_episode
from metarl.storage.checkpoint import Checkpoint


def animate_agent(file: str | Path, checkpoint: Checkpoint, config: EvalConfig) -> Path:
    """Plays one episode, frozen, and writes it as an animation.

    Args:
      file: a GIF, or a page in HTML.
      checkpoint: the agent.
      config: the random seed, and settings of the family to change from training.

    Returns:
      The file.

    Raises:
      ValueError: if the agent cannot play in the changed environment, or the file's ending is
        another one.
    """
    env = checkpoint.config.environment.changed(**config.environment)
    seed = config.random_seed
    result = evaluate(checkpoint.agent, checkpoint.params, env, num_episodes=1, seed=seed)
    played = result.trajectory
    task = jax.tree.map(lambda x: np.asarray(x)[0], draw_episodes(env, 1, seed).tasks)
    values = None if why_no_belief(env) is not None else beliefs_of(env, result)[1][0]
    return animate_episode(
        file,
        np.asarray(played.actions[0]),
        np.asarray(played.rewards[0]),
        np.asarray(jax.nn.softmax(played.trace.logits[0])),
        values,
        action_names=env.action_names,
        title=f"{checkpoint.config.name}, frozen. {env.describe_task(task)}",
    )
