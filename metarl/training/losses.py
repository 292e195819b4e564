"""Returns, advantages and the actor-critic loss: arrays in, arrays out.

Everything here is for one sequence of `T` steps; write `jax.vmap` around it for a batch. `r_t` is
the reward of step t, `v_t` the critic's estimate of the return from step t on, and
`bootstrap_value` stands for v_T, the value of the state after the last step: zero if the
episode ended there.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int


def n_step_returns(
    r_t: Float[Array, " T"],
    discount: float | Float[Array, ""],
    bootstrap_value: Float[Array, ""],
) -> Float[Array, " T"]:
    """Sums discounted rewards to the end of the sequence, and bootstraps there.

    G_t = r_t + discount * G_{t+1}, with G_T = bootstrap_value: the n-step return of A3C, each step
    with the longest n the sequence allows (Mnih et al. 2016, arXiv 1602.01783, algorithm S3).

    Args:
      r_t: rewards.
      discount: the discount per step, in [0, 1].
      bootstrap_value: the value of what follows the last step; zero at the end of an episode.

    Returns:
      G_t for each step.
    """

    def one_step(g_tp1: Array, r: Array) -> tuple[Array, Array]:
        g_t = r + discount * g_tp1
        return g_t, g_t

    return jax.lax.scan(one_step, bootstrap_value, r_t, reverse=True)[1]


def generalized_advantages(
    r_t: Float[Array, " T"],
    v_t: Float[Array, " T"],
    discount: float | Float[Array, ""],
    gae_lambda: float | Float[Array, ""],
    bootstrap_value: Float[Array, ""],
) -> Float[Array, " T"]:
    """Estimates advantages by GAE(lambda).

    delta_t = r_t + discount * v_{t+1} - v_t and A_t = delta_t + discount * lambda * A_{t+1}, with
    A_T = 0 (Schulman et al. 2016, arXiv 1506.02438, equations 11 to 16). With lambda = 1 it is the
    n-step return minus v_t, with lambda = 0 the one-step temporal-difference error.

    Args:
      r_t: rewards.
      v_t: values.
      discount: the discount per step, in [0, 1].
      gae_lambda: the decay of later TD errors, in [0, 1].
      bootstrap_value: the value of what follows the last step; zero at the end of an episode.

    Returns:
      A_t for each step.
    """
    v_tp1 = jnp.append(v_t[1:], bootstrap_value)
    delta_t = r_t + discount * v_tp1 - v_t
    return n_step_returns(delta_t, discount * gae_lambda, jnp.zeros_like(bootstrap_value))


def policy_gradient_loss(
    logits_t: Float[Array, "T A"], a_t: Int[Array, " T"], advantage_t: Float[Array, " T"]
) -> Float[Array, " T"]:
    """Makes actions with positive advantage more likely: -log pi(a_t) * A_t.

    No gradient flows through the advantage (Mnih et al. 2016, section 4).
    """
    log_pi_t = jax.nn.log_softmax(logits_t)
    log_pi_a_t = jnp.sum(
        log_pi_t * jax.nn.one_hot(a_t, logits_t.shape[-1], dtype=logits_t.dtype), axis=-1
    )
    return -log_pi_a_t * jax.lax.stop_gradient(advantage_t)


def value_loss(v_t: Float[Array, " T"], return_t: Float[Array, " T"]) -> Float[Array, " T"]:
    """Moves the critic toward the return: (G_t - v_t)^2 / 2. No gradient flows through G_t."""
    return 0.5 * jnp.square(jax.lax.stop_gradient(return_t) - v_t)


def entropy(logits_t: Float[Array, "T A"]) -> Float[Array, " T"]:
    """The entropy of the policy, in nats: -sum_a pi(a) log pi(a), from 0 to log A."""
    log_pi_t = jax.nn.log_softmax(logits_t)
    return -jnp.sum(jnp.exp(log_pi_t) * log_pi_t, axis=-1)


class ActorCriticLoss(NamedTuple):
    """The loss and its parts, each a mean over steps.

    Attributes:
      total: policy + value_cost * value - entropy_cost * entropy.
      policy: the policy gradient's part.
      value: the critic's part.
      entropy: the policy's entropy, in nats; zero on forced steps.
    """

    total: Float[Array, ""]
    policy: Float[Array, ""]
    value: Float[Array, ""]
    entropy: Float[Array, ""]


def actor_critic_loss(
    logits_t: Float[Array, "T A"],
    v_t: Float[Array, " T"],
    a_t: Int[Array, " T"],
    advantage_t: Float[Array, " T"],
    return_t: Float[Array, " T"],
    free_t: Float[Array, " T"] | float = 1.0,
    *,
    value_cost: Float[ArrayLike, ""],
    entropy_cost: Float[ArrayLike, ""],
) -> ActorCriticLoss:
    """Adds up the loss of an advantage actor-critic (Mnih et al. 2016, section 4).

    Args:
      logits_t: the policy before its softmax.
      v_t: values.
      a_t: the actions taken.
      advantage_t: how much better each action was than expected; treated as a constant.
      return_t: the critic's target; treated as a constant.
      value_cost: weight of the critic's error.
      entropy_cost: weight of the entropy, a bonus: it is subtracted.
      free_t: 1 where the agent chose the action, 0 where it was forced: such a step has no loss of
        the policy and no bonus.

    Returns:
      The loss and its parts, as means over the steps.
    """
    policy = jnp.mean(free_t * policy_gradient_loss(logits_t, a_t, advantage_t))
    value = jnp.mean(value_loss(v_t, return_t))
    bonus = jnp.mean(free_t * entropy(logits_t))
    total = policy + value_cost * value - entropy_cost * bonus
    return ActorCriticLoss(total=total, policy=policy, value=value, entropy=bonus)
