"""Task families: one per file, each a subclass of `core.TaskFamily`."""

from metarl.envs.bandit import Bandit, BanditState, BanditTask
from metarl.envs.core import HasBelief, TaskFamily, TimeStep, families

__all__ = ["Bandit", "BanditState", "BanditTask", "HasBelief", "TaskFamily", "TimeStep", "families"]
