"""Configs of experiments and commands: frozen dataclasses that are checked when they are made."""

from metarl.config.experiment import AgentConfig, EvalConfig, TrainConfig

__all__ = ["AgentConfig", "EvalConfig", "TrainConfig"]
