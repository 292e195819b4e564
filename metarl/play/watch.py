"""An agent's episode, to be viewed step by step."""

from typing import Any

import jax
import numpy as np

from metarl.agents.actor_critic import AgentTrace
from metarl.envs import TaskFamily
from metarl.evaluation.draws import draw_episodes
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import shipped_agent
from metarl.play.record import outcome_of
from metarl.rollout import Player


class Watch:
    """An agent's episode, to be viewed step by step.

    Args:
      env: the family of tasks.
      agent: the agent, with its parameters; None takes a shipped one.
      seed: the random seed of the task, the tape and the agent's choices.

    Raises:
      ValueError: if no agent is given, and none ships for such tasks.
    """

    def __init__(
        self, env: TaskFamily, *, agent: tuple[Player, Any] | None = None, seed: int = 0
    ) -> None:
        if agent is None:
            shipped = shipped_agent(env)
            if shipped is None:
                raise ValueError(
                    f"`agent` must be given for {env.describe()}: no shipped agent fits them. "
                    "Train one with `metarl.train`, and pass its `agent` and `params`."
                )
            agent = shipped.agent, shipped.params
        player, params = agent
        result = evaluate(player, params, env, num_episodes=1, seed=seed)
        trace: AgentTrace = result.trajectory.trace
        self.env = env
        self.step_index = 0
        self.actions = np.asarray(result.trajectory.actions[0])
        self.rewards = np.asarray(result.trajectory.rewards[0])
        self.probabilities = np.asarray(jax.nn.softmax(trace.logits[0]))
        self.values = np.asarray(trace.value[0])
        task = jax.tree.map(lambda x: np.asarray(x)[0], draw_episodes(env, 1, seed).tasks)
        self.told = env.describe_task(task)

    @property
    def over(self) -> bool:
        """Whether the last step has been shown."""
        return self.step_index == self.env.num_steps

    def step(self) -> bool:
        """Shows the next step if there is one; returns whether."""
        if self.over:
            return False
        self.step_index += 1
        return True

    def outcome(self) -> str:
        """The outcome of the last finished trial: `won`, `lost`, or its reward."""
        end = self.step_index
        rewards = self.rewards[end - self.env.steps_per_trial : end]
        return outcome_of(float(rewards.sum()), self.env)
