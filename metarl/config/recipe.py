"""What training settings depend on the task: the settings that are None in an `AgentConfig`."""

import dataclasses

from metarl.config.experiment import AgentConfig
from metarl.envs import TaskFamily

# Where the best guess is always the best choice, there is no exploration to learn.
_STEPS_TO_EXPLOIT, _STEPS_TO_EXPLORE = 8_000_000, 24_000_000


def derive(agent: AgentConfig, env: TaskFamily) -> AgentConfig:
    """Gives a number to each setting that is None, to suit the task.

    `training_steps`: 8 million in a family in which greedy choices are optimal
    (`TaskFamily.greedy_is_optimal`), 24 million in any other, where exploration has to be learnt: a
    choice that brings less now, and pays later, is a weak signal among sampled rewards.

    Args:
      agent: how the agent is trained.
      env: the family of tasks.

    Returns:
      The same, with numbers.
    """
    if agent.training_steps is not None:
        return agent
    steps = _STEPS_TO_EXPLOIT if env.greedy_is_optimal else _STEPS_TO_EXPLORE
    return dataclasses.replace(agent, training_steps=steps, training_seconds=None)


def explain(agent: AgentConfig, env: TaskFamily) -> list[str]:
    """What `derive` chooses, and why, in a sentence for each setting: for the log."""
    if agent.training_steps is not None or agent.training_seconds is not None:
        return []
    steps = derive(agent, env).training_steps
    why = "greedy choices are optimal" if env.greedy_is_optimal else "exploration has to be learnt"
    return [f"training_steps = {steps}, because {why} in this family"]
