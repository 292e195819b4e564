"""Losses against arithmetic by hand, with and without jit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metarl.training.losses import (
    actor_critic_loss,
    entropy,
    generalized_advantages,
    n_step_returns,
    policy_gradient_loss,
    value_loss,
)


@pytest.fixture(params=[False, True], ids=["eager", "jit"])
def maybe_jit(request):
    return jax.jit if request.param else (lambda function: function)


R_T = jnp.array([1.0, 0.0, 2.0])
V_T = jnp.array([0.5, 1.0, -1.0])
BOOTSTRAP = jnp.float32(4.0)


def test_n_step_returns_by_hand(maybe_jit):
    # G_2 = 2 + .5 * 4 = 4; G_1 = 0 + .5 * 4 = 2; G_0 = 1 + .5 * 2 = 2
    returns = maybe_jit(n_step_returns)(R_T, 0.5, BOOTSTRAP)
    np.testing.assert_allclose(returns, [2.0, 2.0, 4.0])


def test_returns_of_an_ended_episode_do_not_bootstrap(maybe_jit):
    # G_2 = 2; G_1 = 1; G_0 = 1.5
    returns = maybe_jit(n_step_returns)(R_T, 0.5, jnp.float32(0.0))
    np.testing.assert_allclose(returns, [1.5, 1.0, 2.0])


def test_generalized_advantages_by_hand(maybe_jit):
    # delta = [1 + .5*1 - .5, 0 + .5*(-1) - 1, 2 + .5*4 + 1] = [1, -1.5, 5]
    # A_2 = 5; A_1 = -1.5 + .5*.2*5 = -1; A_0 = 1 + .5*.2*(-1) = .9
    advantages = maybe_jit(generalized_advantages)(R_T, V_T, 0.5, 0.2, BOOTSTRAP)
    np.testing.assert_allclose(advantages, [0.9, -1.0, 5.0], rtol=1e-6)


def test_gae_with_lambda_one_is_the_n_step_return_minus_the_value(maybe_jit):
    advantages = maybe_jit(generalized_advantages)(R_T, V_T, 0.5, 1.0, BOOTSTRAP)
    np.testing.assert_allclose(advantages, n_step_returns(R_T, 0.5, BOOTSTRAP) - V_T, rtol=1e-6)


def test_gae_with_lambda_zero_is_the_one_step_error(maybe_jit):
    advantages = maybe_jit(generalized_advantages)(R_T, V_T, 0.5, 0.0, BOOTSTRAP)
    np.testing.assert_allclose(advantages, [1.0, -1.5, 5.0], rtol=1e-6)


# A policy of 1/4 and 3/4, and one of 1/2 and 1/2.
LOGITS = jnp.log(jnp.array([[1.0, 3.0], [2.0, 2.0]]))


def test_policy_gradient_loss_by_hand(maybe_jit):
    loss = maybe_jit(policy_gradient_loss)(LOGITS, jnp.array([0, 1]), jnp.array([2.0, -1.0]))
    np.testing.assert_allclose(loss, [2 * np.log(4), -np.log(2)], rtol=1e-6)


def test_a_positive_advantage_makes_the_action_likelier(maybe_jit):
    def total(logits):
        return policy_gradient_loss(logits, jnp.array([0, 1]), jnp.array([2.0, -1.0])).sum()

    # d(-log pi(a) A)/d logits = (pi - onehot(a)) A
    gradient = maybe_jit(jax.grad(total))(LOGITS)
    np.testing.assert_allclose(gradient, [[-1.5, 1.5], [-0.5, 0.5]], rtol=1e-5)


def test_value_loss_by_hand_and_its_gradient(maybe_jit):
    v_t, return_t = jnp.array([1.0, 2.0]), jnp.array([3.0, 2.0])
    np.testing.assert_allclose(maybe_jit(value_loss)(v_t, return_t), [2.0, 0.0])
    by_value = maybe_jit(jax.grad(lambda v: value_loss(v, return_t).sum()))(v_t)
    by_return = maybe_jit(jax.grad(lambda g: value_loss(v_t, g).sum()))(return_t)
    np.testing.assert_allclose(by_value, [-2.0, 0.0])
    np.testing.assert_allclose(by_return, [0.0, 0.0])


def test_entropy_by_hand(maybe_jit):
    expected = [np.log(4) - 0.75 * np.log(3), np.log(2)]
    np.testing.assert_allclose(maybe_jit(entropy)(LOGITS), expected, rtol=1e-6)


def test_the_loss_adds_up_with_its_signs(maybe_jit):
    def loss():
        return actor_critic_loss(
            LOGITS,
            jnp.array([1.0, 2.0]),
            jnp.array([0, 1]),
            jnp.array([2.0, -1.0]),
            jnp.array([3.0, 2.0]),
            value_cost=0.25,
            entropy_cost=0.1,
        )

    parts = maybe_jit(loss)()
    policy = (2 * np.log(4) - np.log(2)) / 2
    bonus = (np.log(4) - 0.75 * np.log(3) + np.log(2)) / 2
    np.testing.assert_allclose(parts.policy, policy, rtol=1e-6)
    np.testing.assert_allclose(parts.value, 1.0, rtol=1e-6)
    np.testing.assert_allclose(parts.entropy, bonus, rtol=1e-6)
    np.testing.assert_allclose(parts.total, policy + 0.25 * 1.0 - 0.1 * bonus, rtol=1e-6)
