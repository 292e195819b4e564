"""Stable and volatile blocks: simulation 2 of Wang et al. 2018 (doi 10.1038/s41593-018-0147-8).

Two arms win with p and 1 - p. In a stable episode they never change; in a volatile one they swap at
regular intervals, as in Behrens et al. 2007 (doi 10.1038/nn1954). The paper does not print how its
training episodes were made; here, half of them are stable (.75 and .25), and half swap .8 and .2
every 25 trials, the first time on a trial drawn anew in each episode. All of these numbers are
settings, and the defaults are ours. With `switch_probability`, an episode has blocks of both kinds
in turn, and swaps come without notice. `blocks` makes the paper's test episodes.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from metarl.checks import check_integer, check_number, check_trials
from metarl.envs.arms import ArmsTask, MirroredArms, mirrored, weigh
from metarl.envs.core import TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class Volatile(MirroredArms, family="volatile"):
    """Two arms that win with p and 1 - p: in half of the episodes, or blocks, they swap.

    Attributes:
      num_trials: number of trials in an episode, `T`.
      stable_probability: the better arm's win probability in a stable episode.
      volatile_probability: the same in a volatile one.
      interval: number of trials from one swap to the next in a volatile episode.
      switch_probability: None for episodes that are stable or volatile from beginning to end. A
        number for episodes of both kinds of block: it is the probability that a block ends before
        a trial. In volatile blocks, the arms then swap with a probability of 1 / `interval` before
        each trial.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_trials: int = 200
    stable_probability: float = 0.75
    volatile_probability: float = 0.8
    interval: int = 25
    switch_probability: float | None = None

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_trials(self.num_trials)
        check_number("stable_probability", self.stable_probability, 0.5, 1)
        check_number("volatile_probability", self.volatile_probability, 0.5, 1)
        check_integer("interval", self.interval, 1, maximum=10_000)
        if self.switch_probability is not None:
            check_number("switch_probability", self.switch_probability, 0, 1)

    def sample_task(self, key: Key[Array, ""]) -> ArmsTask:
        """Draws one of all possible episodes. The key is consumed."""
        if self.switch_probability is not None:
            return self._sample_blocks(key, self.switch_probability)
        one = jax.random.choice(key, 2 + 2 * self.interval, p=self.initial_belief())
        return mirrored(self._regular_paths(jnp.arange(self.num_trials, dtype=jnp.int32))[one])

    def blocks(self, lengths: tuple[int, ...] = (50, 50, 50, 50), *, first: int = 0) -> ArmsTask:
        """A test episode of four blocks: stable, volatile, volatile, stable.

        Two volatile blocks in a row go on swapping at the same interval; the stable blocks keep
        whichever arm is the better one then.

        Args:
          lengths: number of trials in each of the four blocks.
          first: the arm that is the better one at first, 0 or 1.

        Raises:
          ValueError: if the lengths are not four, or do not add up to `num_trials`.
        """
        if len(lengths) != 4:
            raise ValueError(f"`lengths` must be those of four blocks, got {lengths}.")
        for length in lengths:
            check_integer("lengths", length, 0)
        check_integer("first", first, 0, maximum=1)
        if sum(lengths) != self.num_trials:
            raise ValueError(
                f"`lengths` must add up to {self.num_trials}, the family's `num_trials`, got "
                f"{lengths}."
            )
        volatile = np.repeat([False, True, True, False], lengths)
        into = np.cumsum(volatile) - 1
        swaps = volatile & (into % self.interval == 0) & (into > 0)
        better = (first + np.cumsum(swaps)) % 2
        p = np.where(volatile, self.volatile_probability, self.stable_probability)
        return mirrored(jnp.asarray(np.where(better == 0, p, 1 - p), jnp.float32))

    def initial_belief(self) -> Float[Array, " K"]:
        """The probability of each possible episode; with blocks, of each kind and better arm."""
        if self.switch_probability is not None:
            return jnp.full(4, 0.25, jnp.float32)
        swaps = 2 * self.interval
        return jnp.asarray([0.25] * 2 + [0.5 / swaps] * swaps, jnp.float32)

    def update_belief(
        self,
        belief: Float[Array, " K"],
        timestep: TimeStep,
        action: Int[Array, ""],
        next_timestep: TimeStep,
    ) -> Float[Array, " K"]:
        """Applies Bayes' rule to the outcome and, with blocks, what may happen after it."""
        first = self._paths(timestep.step)
        chances = jnp.where(action == 0, first, 1 - first)
        return weigh(belief, chances, next_timestep.reward, self._move)

    def belief_values(
        self, belief: Float[Array, " K"], timestep: TimeStep
    ) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        """Each arm's win probability under the belief, and the better arm's."""
        paths = self._paths(timestep.step)
        first = jnp.sum(belief * paths)
        return jnp.stack([first, 1 - first]), jnp.sum(belief * jnp.maximum(paths, 1 - paths))

    def sample_values(
        self, key: Key[Array, ""], belief: Float[Array, " K"], timestep: TimeStep
    ) -> Float[Array, " 2"]:
        """Draws one of the possibilities from the belief. The key is consumed."""
        first = self._paths(timestep.step)[jax.random.choice(key, len(belief), p=belief)]
        return jnp.stack([first, 1 - first])

    def diagnostic_tasks(self, count: int, key: Key[Array, ""]) -> tuple[ArmsTask, list[str]]:
        """Stable episodes in the first half of the rows, volatile ones in the others."""
        del key
        volatile = np.linspace(2, 1 + 2 * self.interval, count - count // 2).round().astype(int)
        rows = np.concatenate([np.arange(count // 2) % 2, volatile])
        paths = self._regular_paths(jnp.arange(self.num_trials, dtype=jnp.int32))[rows]
        return jax.vmap(mirrored)(paths), ["stable" if row < 2 else "volatile" for row in rows]

    def describe(self) -> str:
        """The family in words."""
        if self.switch_probability is not None:
            return f"stable and volatile blocks (swaps every {self.interval} trials on average)"
        return f"stable and volatile arms (swaps every {self.interval} trials)"

    def _sample_blocks(self, key: Key[Array, ""], switch_probability: float) -> ArmsTask:
        """Draws an episode with blocks of both kinds. The key is consumed."""
        kind_key, switch_key, side_key, swap_key = jax.random.split(key, 4)
        volatile = jax.random.bernoulli(kind_key)
        switches = jax.random.bernoulli(switch_key, switch_probability, (self.num_trials,))
        volatile = (volatile + jnp.cumsum(switches.at[0].set(False))) % 2 == 1
        swaps = volatile & jax.random.bernoulli(swap_key, 1 / self.interval, (self.num_trials,))
        side = (jax.random.bernoulli(side_key) + jnp.cumsum(swaps.at[0].set(False))) % 2
        p = jnp.where(volatile, self.volatile_probability, self.stable_probability)
        return mirrored(jnp.where(side == 0, p, 1 - p).astype(jnp.float32))

    def _move(self, belief: Float[Array, " K"]) -> Float[Array, " K"]:
        """What may happen before the next trial: a block ends, the arms swap."""
        if self.switch_probability is None:
            return belief
        kinds = belief.reshape(2, 2)  # stable, volatile; each arm the better one
        kinds = kinds + self.switch_probability * (kinds[::-1] - kinds)
        swapped = kinds[1] + (kinds[1, ::-1] - kinds[1]) / self.interval
        return kinds.at[1].set(swapped).reshape(4)

    def _paths(self, trial: Int[Array, ""]) -> Float[Array, " K"]:
        """The first arm's win probability on a trial under each possibility."""
        if self.switch_probability is None:
            return self._regular_paths(trial)
        better = jnp.array([self.stable_probability, self.volatile_probability], jnp.float32)
        return jnp.stack([better, 1 - better], axis=1).reshape(4)

    def _regular_paths(self, trial: Int[Array, "*batch"]) -> Float[Array, " K *batch"]:
        """The first arm's win probability in each possible episode: two stable, then the others."""
        phase = jnp.repeat(jnp.arange(self.interval, dtype=jnp.int32), 2)
        swaps = jax.vmap(lambda phase: (trial + phase) // self.interval)(phase)
        swaps = jnp.concatenate([jnp.zeros_like(swaps[:2]), swaps])
        chance = [self.stable_probability] * 2 + [self.volatile_probability] * len(phase)

        def path(begins: Array, swaps: Array, p: Array) -> Array:
            return jnp.where((begins + swaps) % 2 == 0, p, 1 - p)

        begins = jnp.asarray([0, 1] * (1 + self.interval), jnp.int32)
        return jax.vmap(path)(begins, swaps, jnp.asarray(chance, jnp.float32))
