"""Players to compare an agent with: one per file, each following `metarl.rollout.Player`."""

from metarl.baselines.greedy import Greedy
from metarl.baselines.insider import Insider
from metarl.baselines.random import Random
from metarl.baselines.thompson import Thompson

__all__ = ["Greedy", "Insider", "Random", "Thompson"]
