"""Task families: one per file, each following the protocol in `core`."""

from metarl.envs.bandit import Bandit, BanditState, BanditTask
from metarl.envs.core import BeliefEnvironment, Environment, TimeStep

__all__ = ["Bandit", "BanditState", "BanditTask", "BeliefEnvironment", "Environment", "TimeStep"]
