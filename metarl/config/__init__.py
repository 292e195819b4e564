"""Configs of experiments and commands: frozen dataclasses that are checked when they are made."""

from metarl.config.agent import AgentConfig
from metarl.config.experiment import EvalConfig, TrainConfig

__all__ = ["AgentConfig", "EvalConfig", "TrainConfig"]
