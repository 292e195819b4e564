"""A recurrent network that learns to reinforcement-learn: tasks, agent, A3C, frozen evaluation."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metarl.agents.actor_critic import Agent
    from metarl.config import AgentConfig, EvalConfig, TrainConfig
    from metarl.envs import Bandit
    from metarl.evaluation.evaluate import evaluate
    from metarl.evaluation.results import episode_regret, trial_reward
    from metarl.pretrained import load_agent, load_agents, pretrained_names
    from metarl.storage.checkpoint import load_checkpoint, save_checkpoint
    from metarl.training.a2c import train_a2c
    from metarl.training.a3c.manager import train

__version__ = "0.1.0"

# The module of each public name. Each is imported on first use, so that `import metarl` stays fast
# and a process that only plays need not import the trainer.
_HOMES = {
    "Agent": "metarl.agents.actor_critic",
    "AgentConfig": "metarl.config",
    "Bandit": "metarl.envs",
    "EvalConfig": "metarl.config",
    "TrainConfig": "metarl.config",
    "episode_regret": "metarl.evaluation.results",
    "evaluate": "metarl.evaluation.evaluate",
    "load_agent": "metarl.pretrained",
    "load_agents": "metarl.pretrained",
    "load_checkpoint": "metarl.storage.checkpoint",
    "pretrained_names": "metarl.pretrained",
    "save_checkpoint": "metarl.storage.checkpoint",
    "train": "metarl.training.a3c.manager",
    "train_a2c": "metarl.training.a2c",
    "trial_reward": "metarl.evaluation.results",
}

__all__ = [
    "Agent",
    "AgentConfig",
    "Bandit",
    "EvalConfig",
    "TrainConfig",
    "__version__",
    "episode_regret",
    "evaluate",
    "load_agent",
    "load_agents",
    "load_checkpoint",
    "pretrained_names",
    "save_checkpoint",
    "train",
    "train_a2c",
    "trial_reward",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'metarl' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
