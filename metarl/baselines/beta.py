"""What a Bayesian player knows of Bernoulli arms: counts of wins and losses, and its posterior.

The prior is the task family's. Independent arms: uniform on each arm alone. Two arms that win with
p and 1 - p: uniform on p (`"correlated"`) or one of two values (`"easy"`, `"medium"`, `"hard"`);
a win of one arm then counts as a loss of the other.

Arms are the first axis of every array. Behind it may stand a grid of states, in NumPy or in JAX:
a player's rule then serves to play one episode and to go through all states at once.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from metarl.envs import Bandit, TimeStep
from metarl.envs.bandit import PAIRS
from metarl.validation import check_integer

AnyArray = Array | np.ndarray


class Counts(NamedTuple):
    """Wins and losses of each arm so far."""

    wins: Float[AnyArray, " A *grid"]
    losses: Float[AnyArray, " A *grid"]


class _Proposal(NamedTuple):
    """Gamma draws, which of them are accepted, and how often the others were tried."""

    number: Int[Array, ""]
    gamma: Float[Array, "2 A"]
    accepted: Bool[Array, "2 A"]


def no_counts(num_actions: int) -> Counts:
    """No wins and no losses yet."""
    zeros = jnp.zeros(num_actions, jnp.float32)
    return Counts(wins=zeros, losses=zeros)


def count(counts: Counts, previous_action: Int[Array, ""], timestep: TimeStep) -> Counts:
    """Adds the outcome of the trial before; on the first trial (action -1) there is none."""
    pulled = jax.nn.one_hot(previous_action, counts.wins.shape[0], dtype=counts.wins.dtype)
    return Counts(
        wins=counts.wins + pulled * timestep.reward,
        losses=counts.losses + pulled * (1 - timestep.reward),
    )


def posterior(
    counts: Counts, reward_structure: str
) -> tuple[Float[AnyArray, " A *grid"], Float[AnyArray, " A *grid"]]:
    """The parameters of each arm's Beta posterior, for independent arms or a correlated pair.

    Of a correlated pair, the second arm's Beta is the first's mirrored, and not a belief apart.
    """
    wins, losses = counts
    if reward_structure == "correlated":
        wins, losses = wins + losses[::-1], losses + wins[::-1]
    return wins + 1, losses + 1


def log_odds(counts: Counts, reward_structure: str) -> Float[AnyArray, " 2 *grid"]:
    """The log odds that each arm of an easy, medium or hard pair is the better one."""
    better = PAIRS[reward_structure]
    evidence = counts.wins - counts.losses
    return (evidence - evidence[::-1]) * math.log(better / (1 - better))


def means(counts: Counts, reward_structure: str) -> Float[AnyArray, " A *grid"]:
    """Each arm's chance to win the next trial, given what was seen.

    Equal arms come out exactly equal: as Beta means they are ratios of small whole numbers, and
    those of a discrete pair lie mirrored around 1/2.
    """
    if reward_structure in PAIRS:
        xp = namespace(counts.wins)
        half_gap = PAIRS[reward_structure] - 0.5
        return 0.5 + half_gap * xp.tanh(log_odds(counts, reward_structure) / 2)
    wins, losses = posterior(counts, reward_structure)
    return wins / (wins + losses)


def draw(key: Key[Array, ""], counts: Counts, reward_structure: str) -> Float[Array, " A"]:
    """Draws win probabilities from the posterior. The key is consumed."""
    if reward_structure in PAIRS:
        better = PAIRS[reward_structure]
        first = jax.random.bernoulli(key, jax.nn.sigmoid(log_odds(counts, reward_structure)[0]))
        pair = jnp.asarray([better, 1 - better], jnp.float32)
        return jnp.where(first, pair, pair[::-1])
    a, b = posterior(counts, reward_structure)
    drawn = _draw_beta(key, jnp.asarray(a), jnp.asarray(b))
    if reward_structure == "correlated":
        drawn = jnp.stack([drawn[0], 1 - drawn[0]])
    return drawn


def _draw_beta(
    key: Key[Array, ""], a: Float[Array, " A"], b: Float[Array, " A"]
) -> Float[Array, " A"]:
    """Draws from Beta(a, b), of parameters no less than one. The key is consumed.

    As X / (X + Y) of Gamma(a) and Gamma(b); these by Marsaglia & Tsang (2000, ACM Trans. Math.
    Softw. 26), which accepts 95% of its proposals or more. `jax.random.beta`, which takes any
    parameters, is three times as slow.
    """
    d = jnp.stack([a, b]) - 1 / 3

    def propose(proposal: _Proposal) -> _Proposal:
        normal_key, uniform_key = jax.random.split(jax.random.fold_in(key, proposal.number))
        x = jax.random.normal(normal_key, d.shape, d.dtype)
        u = jax.random.uniform(uniform_key, d.shape, d.dtype)
        v = (1 + x / jnp.sqrt(9 * d)) ** 3
        inside = v > 0
        bound = x * x / 2 + d * (1 - v + jnp.log(jnp.where(inside, v, 1.0)))
        accepted = inside & (jnp.log(u) < bound)
        return _Proposal(
            number=proposal.number + 1,
            gamma=jnp.where(proposal.accepted, proposal.gamma, d * v),
            accepted=proposal.accepted | accepted,
        )

    first = _Proposal(jnp.int32(0), jnp.zeros_like(d), jnp.zeros(d.shape, bool))
    gamma = jax.lax.while_loop(lambda p: ~p.accepted.all(), propose, first).gamma
    return gamma[0] / gamma.sum(axis=0)


def namespace(array: AnyArray) -> Any:
    """The library that `array` belongs to: `numpy` or `jax.numpy`."""
    return np if isinstance(array, np.ndarray) else jnp


def check_family(num_actions: int, reward_structure: str) -> None:
    """Raises ValueError for a family whose posterior no player here knows."""
    check_integer("num_actions", num_actions, 2, "One arm offers no choice.")
    if reward_structure != "independent" and num_actions != 2:
        # An unknown structure, or fewer arms than two, is the environment's to refuse.
        Bandit(num_arms=2, reward_structure=reward_structure)
        raise ValueError(
            f"`num_actions` must be 2 for {reward_structure} arms, got {num_actions}. "
            "The posterior of more arms that sum to one is not a product of Betas."
        )
    Bandit(num_arms=num_actions, reward_structure=reward_structure)
