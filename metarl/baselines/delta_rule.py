"""The delta rule and its variants, as functions that players and likelihoods share.

Rescorla & Wagner (1972), "A theory of Pavlovian conditioning", in Classical Conditioning II. As
models of choice: Daw (2011), "Trial-by-trial data analysis using computational models"; Wilson &
Collins (2019, doi 10.7554/eLife.49547). Shapes: `A` actions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int


class DeltaRule(NamedTuple):
    """The constants of the model: numbers, or arrays of one shape.

    Attributes:
      alpha: the learning rate after a reward above the value, in [0, 1].
      alpha_loss: the same after a reward below it.
      beta: the inverse temperature; 0 chooses uniformly.
      forgetting: the fraction of the way back to the initial value that the value of an action
        goes on each trial on which it is not chosen.
      fictitious: actions that were not chosen are updated, too, as if they had paid 1 - reward;
        their learning rate is multiplied by this, in [0, 1].
      kernel_rate: the learning rate of the choice kernel: of how often an action was chosen lately.
      kernel_weight: the kernel's weight in the choice: above 0 repeats choices, below 0 alternates.
      lapse: the probability of a choice at random.
      initial: the value of every action at the start of an episode.
    """

    alpha: Float[ArrayLike, "*S"] = 0.3
    alpha_loss: Float[ArrayLike, "*S"] = 0.3
    beta: Float[ArrayLike, "*S"] = 5.0
    forgetting: Float[ArrayLike, "*S"] = 0.0
    fictitious: Float[ArrayLike, "*S"] = 0.0
    kernel_rate: Float[ArrayLike, "*S"] = 0.3
    kernel_weight: Float[ArrayLike, "*S"] = 0.0
    lapse: Float[ArrayLike, "*S"] = 0.0
    initial: Float[ArrayLike, "*S"] = 0.5


class Learnt(NamedTuple):
    """What is remembered: the value of each action, and how often each was chosen lately."""

    values: Float[Array, " A"]
    kernel: Float[Array, " A"]


def begin(rule: DeltaRule, num_actions: int) -> Learnt:
    """What is remembered at the start of an episode."""
    values = jnp.broadcast_to(jnp.asarray(rule.initial, jnp.float32), (num_actions,))
    return Learnt(values, jnp.zeros(num_actions, jnp.float32))


def learn(
    rule: DeltaRule, learnt: Learnt, action: Int[Array, ""], reward: Float[Array, ""]
) -> Learnt:
    """Learns from a trial: Q <- Q + alpha (r - Q) for the chosen action.

    Args:
      rule: the constants.
      learnt: what is remembered before the trial.
      action: the action; nothing is learnt from -1, which is none.
      reward: its reward.
    """
    values, kernel = learnt
    chosen = jax.nn.one_hot(action, len(values), dtype=jnp.float32)
    paid = jnp.where(chosen > 0, reward, 1 - reward)
    rate = jnp.where(paid >= values, rule.alpha, rule.alpha_loss)
    moved = values + rate * (chosen + (1 - chosen) * rule.fictitious) * (paid - values)
    moved = moved + (1 - chosen) * rule.forgetting * (rule.initial - moved)
    kernel = kernel + rule.kernel_rate * (chosen - kernel)
    after = Learnt(moved.astype(jnp.float32), kernel.astype(jnp.float32))
    return jax.tree.map(lambda new, old: jnp.where(action >= 0, new, old), after, learnt)


def log_policy(rule: DeltaRule, learnt: Learnt) -> Float[Array, " A"]:
    """The logarithm of each action's probability: a softmax of values and kernel, and lapses."""
    # Relative to the best: next to large numbers, small differences would be lost.
    logits = rule.beta * (learnt.values - learnt.values.max()) + rule.kernel_weight * learnt.kernel
    log_softmax = jax.nn.log_softmax(logits)
    return jnp.logaddexp(
        log_softmax + jnp.log1p(jnp.negative(rule.lapse)),
        jnp.log(jnp.asarray(rule.lapse) / len(logits)),
    ).astype(jnp.float32)
