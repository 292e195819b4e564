"""What a Bayesian player knows of Bernoulli arms: counts of wins and losses, and their Betas.

The prior is uniform: on each arm alone (`"independent"`), or on the first arm's p of a pair p and
1 - p (`"correlated"`), where a win of one arm counts as a loss of the other.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from metarl.envs import Bandit, TimeStep


class Counts(NamedTuple):
    """Wins and losses of each arm so far."""

    wins: Float[Array, " A"]
    losses: Float[Array, " A"]


def no_counts(num_actions: int) -> Counts:
    """No wins and no losses yet."""
    zeros = jnp.zeros(num_actions)
    return Counts(wins=zeros, losses=zeros)


def count(counts: Counts, previous_action: Int[Array, ""], timestep: TimeStep) -> Counts:
    """Adds the outcome of the trial before; on the first trial (action -1) there is none."""
    pulled = jax.nn.one_hot(previous_action, counts.wins.shape[0])
    return Counts(
        wins=counts.wins + pulled * timestep.reward,
        losses=counts.losses + pulled * (1 - timestep.reward),
    )


def posterior(
    counts: Counts, reward_structure: str
) -> tuple[Float[Array, " A"], Float[Array, " A"]]:
    """The parameters of each arm's Beta posterior.

    Of a correlated pair, the second arm's Beta is the first's mirrored, and not a belief apart.
    """
    wins, losses = counts
    if reward_structure == "correlated":
        wins, losses = wins + losses[::-1], losses + wins[::-1]
    return wins + 1, losses + 1


def check_family(num_actions: int, reward_structure: str) -> None:
    """Raises ValueError for a family whose posterior is no product of Betas."""
    Bandit(num_arms=num_actions, reward_structure=reward_structure)
    if reward_structure == "correlated" and num_actions != 2:
        raise ValueError(
            f"`num_actions` must be 2 for correlated arms, got {num_actions}. "
            "The posterior of more arms that sum to one is not a product of Betas."
        )
