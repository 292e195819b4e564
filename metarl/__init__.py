"""A recurrent network that learns to reinforcement-learn: tasks, agent, A3C, frozen evaluation."""

import importlib
from typing import Any

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
    "load_checkpoint": "metarl.storage.checkpoint",
    "pretrained_names": "metarl.pretrained",
    "save_checkpoint": "metarl.storage.checkpoint",
    "train": "metarl.training.a3c.manager",
    "trial_reward": "metarl.evaluation.results",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'metarl' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
