"""The restless bandit of Wang et al. 2016 (arXiv 1611.05763), experiment 4.

Two arms win with p and 1 - p, and p does a Gaussian random walk: slow in some episodes, fast in
others. The faster it is, the more a good player's choice depends on the last few rewards. The paper
prints neither the sizes of the steps nor the walk's bounds; the defaults here are ours: steps of
.02 and .18, reflected at 0 and 1. With them, the best fixed Rescorla-Wagner rate (.5) and the best
constant of UCB (1) are those that the paper prints.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_number, check_trials
from metarl.envs.arms import ArmsTask, MirroredArms, mirrored, weigh
from metarl.envs.core import TimeStep
from metarl.envs.walks import grid, kernel, sample_walks, start_weights


@dataclasses.dataclass(frozen=True, kw_only=True)
class Restless(MirroredArms, family="restless"):
    """Two arms that win with p and 1 - p; p walks, slowly in some episodes and fast in others.

    The ideal observer knows both sizes of the steps, but not which of them the episode has.

    Attributes:
      num_trials: number of trials in an episode, `T`.
      slow_step: standard deviation of the steps of p in an episode of low volatility.
      fast_step: the same in one of high volatility.
      fast_probability: the probability that an episode is of high volatility.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 100
    slow_step: float = 0.02
    fast_step: float = 0.18
    fast_probability: float = 0.5

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        check_number("slow_step", self.slow_step, 0, 1)
        check_number("fast_step", self.fast_step, 0, 1)
        check_number("fast_probability", self.fast_probability, 0, 1)

    def sample_task(self, key: Key[Array, ""]) -> ArmsTask:
        """Draws whether p is fast, and its walk. The key is consumed."""
        speed_key, walk_key = jax.random.split(key)
        fast = jax.random.bernoulli(speed_key, jnp.float32(self.fast_probability))
        step_size = jnp.where(fast, self.fast_step, self.slow_step).astype(jnp.float32)
        return mirrored(sample_walks(walk_key, self.num_trials, 1, step_size)[:, 0])

    def initial_belief(self) -> Float[Array, "2 G"]:
        """The joint probability of speed (slow, fast) and p, on a grid of p."""
        fast = jnp.float32(self.fast_probability)
        return jnp.outer(jnp.stack([1 - fast, fast]), jnp.asarray(start_weights()))

    def update_belief(
        self,
        belief: Float[Array, "2 G"],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, "2 G"]:
        """Applies Bayes' rule to the outcome, then the walk's step."""
        del timestep
        chances = jnp.where(action == 0, grid(), 1 - grid())
        kernels = np.stack([kernel(self.slow_step), kernel(self.fast_step)])
        return weigh(
            belief,
            jnp.broadcast_to(chances, belief.shape),
            next_timestep.reward,
            lambda posterior: jnp.einsum("sg,sgh->sh", posterior, kernels),
        )

    def belief_values(
        self, belief: Float[Array, "2 G"], timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """Each arm's win probability under the belief, and the better arm's."""
        del timestep
        weights, p = belief.sum(axis=0), grid()
        first = jnp.sum(weights * p)
        return jnp.stack([first, 1 - first]), jnp.sum(weights * np.maximum(p, 1 - p))

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, "2 G"], timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws p from the belief. The key is consumed."""
        del timestep
        p = jax.random.choice(key, grid(), p=belief.sum(axis=0))
        return jnp.stack([p, 1 - p])

    def describe(self) -> str:
        """The family in words."""
        return f"restless arms (steps {self.slow_step:g} or {self.fast_step:g})"
