"""What is asked for: experiments and commands, as frozen dataclasses that are checked when made."""

from metarl.config.experiment import AgentConfig, EvalConfig, TrainConfig

__all__ = ["AgentConfig", "EvalConfig", "TrainConfig"]
