"""Who a person can be compared with, and an agent's episode to watch."""

from typing import Any

import jax
import numpy as np

from metarl.agent import AgentTrace
from metarl.baselines import Greedy, Thompson
from metarl.checkpoint import Checkpoint
from metarl.envs import Bandit
from metarl.evaluation import evaluate
from metarl.pretrained import load_agent, pretrained_names
from metarl.rollout import Player


def opponents_for(env: Bandit) -> dict[str, tuple[Player, Any]]:
    """The players a person can be compared with in `env`, by name, with their parameters.

    The agent is the one that ships for such arms, if there is one. With more than two correlated
    arms nobody here knows how to play well, and there is none.
    """
    if env.reward_structure == "correlated" and env.num_arms != 2:
        return {}
    players: dict[str, tuple[Player, Any]] = {}
    family: dict[str, Any] = {
        "num_actions": env.num_arms,
        "reward_structure": env.reward_structure,
    }
    shipped = shipped_agent(env)
    if shipped is not None:
        players["agent"] = (shipped.agent, shipped.params)
    players["Thompson"] = (Thompson(**family), ())
    is_best = env.reward_structure != "independent" and env.arm_probs is None
    best = "best possible" if is_best else "greedy"
    players[best] = (Greedy(**family), ())
    return players


def shipped_agent(env: Bandit) -> Checkpoint | None:
    """The agent that ships for such arms and episodes nearest to these in length, or None."""
    fitting = [
        agent
        for agent in map(load_agent, pretrained_names())
        if agent.config.environment.num_arms == env.num_arms
        and agent.config.environment.reward_structure == env.reward_structure
    ]
    return min(
        fitting,
        key=lambda agent: abs(agent.config.environment.num_trials - env.num_trials),
        default=None,
    )


class Watch:
    """An agent's episode, to be stepped through trial by trial.

    Args:
      env: the bandit.
      agent: the agent, with its parameters; None takes one that ships.
      seed: the seed of the task, the luck and the agent's choices.

    Raises:
      ValueError: if no agent is given, and none ships for such arms.
    """

    def __init__(
        self, env: Bandit, *, agent: tuple[Player, Any] | None = None, seed: int = 0
    ) -> None:
        if agent is None:
            shipped = shipped_agent(env)
            if shipped is None:
                raise ValueError(
                    f"`agent` must be given for {env.num_arms} {env.reward_structure} arms: none "
                    "ships for them. Train one with `metarl.train`, and give its `agent` and "
                    "`params`."
                )
            agent = shipped.agent, shipped.params
        player, params = agent
        result = evaluate(player, params, env, num_episodes=1, seed=seed)
        trace: AgentTrace = result.trajectory.trace
        self.env = env
        self.trial = 0
        self.actions = np.asarray(result.trajectory.actions[0])
        self.rewards = np.asarray(result.trajectory.rewards[0])
        self.probabilities = np.asarray(jax.nn.softmax(trace.logits[0]))
        self.values = np.asarray(trace.value[0])
        self.arm_probs = np.asarray(result.trajectory.action_values[0, 0])

    @property
    def over(self) -> bool:
        """Whether the last trial has been shown."""
        return self.trial == self.env.num_trials

    def step(self) -> bool:
        """Shows the next trial, if there is one; says whether."""
        if self.over:
            return False
        self.trial += 1
        return True
