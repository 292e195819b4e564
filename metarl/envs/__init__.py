"""Task families: one per file, each a subclass of `core.TaskFamily`."""

from metarl.envs.bandit import Bandit, BanditState, BanditTask
from metarl.envs.core import HasBelief, HasPlan, TaskFamily, TimeStep, families

__all__ = [
    "Bandit",
    "BanditState",
    "BanditTask",
    "HasBelief",
    "HasPlan",
    "TaskFamily",
    "TimeStep",
    "families",
]
