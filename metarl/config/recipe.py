"""What training settings depend on the task: the settings that are None in an `AgentConfig`."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from metarl.config.agent import DERIVED, AgentConfig
from metarl.envs import TaskFamily

_STEPS_TO_EXPLOIT, _STEPS_TO_SEE = 7_000_000, 24_000_000
_LEAST_TO_EXPLORE, _PER_STEP_TO_EXPLORE, _MOST_TO_EXPLORE = 24_000_000, 360_000, 120_000_000
_HORIZON_TO_EXPLOIT, _HORIZON_TO_EXPLORE, _LENGTH = 10, 100 / 3, 100
_STEPS_PER_UPDATE, _FEWEST_EPISODES, _MOST_EPISODES = 1_600, 16, 320


def derive(agent: AgentConfig, env: TaskFamily) -> AgentConfig:
    """Gives a number to each setting that is None, to suit the task.

    `training_steps`: 7 million in a family in which greedy choices are optimal
    (`TaskFamily.greedy_is_optimal`), 24 million if it has observations. In any other, exploration
    has to be learnt: a choice that brings less now, and pays later, is a weak signal among sampled
    rewards, and the weaker the longer the episode. It gets 360,000 for each step of an episode, and
    24 to 120 million.

    `discount_end`: .97, a horizon of 33 steps; beyond 100 steps, the horizon grows with the square
    root of the episode's length. Where greedy choices are optimal, what a choice teaches need not
    be looked for in later rewards, and .9 gives less noise.

    `episodes_per_update`: 16, or as many as have 1,600 steps together. More episodes learn less per
    step, but a smaller batch takes more time per step. At most 320.

    Args:
      agent: how the agent is trained.
      env: the family of tasks.

    Returns:
      The same, with numbers.
    """
    found = {name: value for name, value, _ in _derived(agent, env)}
    if "training_steps" in found:
        found["training_seconds"] = None
    return dataclasses.replace(agent, **found)


def explain(agent: AgentConfig, env: TaskFamily) -> list[str]:
    """What `derive` chooses, and why, in a sentence for each setting: for the log."""
    return [
        f"{name} = {value:,}, because {why}"
        for name, value, why in _derived(agent, env)
        if name != "training_steps" or agent.training_seconds is None
    ]


def as_derived(agent: AgentConfig, then: AgentConfig) -> AgentConfig:
    """Gives each setting that is None the number it had in an earlier run."""
    names = [name for name in DERIVED if getattr(agent, name) is None]
    found = {name: getattr(then, name) for name in names}
    if "training_steps" in found:
        found["training_seconds"] = None
    return dataclasses.replace(agent, **found)


def _derived(agent: AgentConfig, env: TaskFamily) -> Iterator[tuple[str, Any, str]]:
    """Each setting that is None: its name, its number and the reason."""
    length, greedy = env.num_steps, env.greedy_is_optimal
    because = "greedy choices are optimal" if greedy else "exploration has to be learnt"
    if agent.training_steps is None:
        if greedy:
            steps = _STEPS_TO_SEE if env.observation_size else _STEPS_TO_EXPLOIT
            why = f"{because}, {'with' if env.observation_size else 'without'} observations"
        else:
            steps = min(max(_PER_STEP_TO_EXPLORE * length, _LEAST_TO_EXPLORE), _MOST_TO_EXPLORE)
            why = f"{because}, over {length} steps in an episode"
        yield "training_steps", steps, why
    if agent.discount_end is None:
        longer = math.sqrt(max(length, _LENGTH) / _LENGTH)
        horizon = _HORIZON_TO_EXPLOIT if greedy else _HORIZON_TO_EXPLORE * longer
        why = because if greedy else f"{because}, over {length} steps in an episode"
        yield "discount_end", round(1 - 1 / horizon, 4), why
    if agent.episodes_per_update is None:
        wanted = math.ceil(_STEPS_PER_UPDATE / length)
        episodes = min(max(wanted, _FEWEST_EPISODES), _MOST_EPISODES)
        yield "episodes_per_update", episodes, f"an episode has {length} steps"
