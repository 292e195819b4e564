"""Players that model animals' choices: their arithmetic by hand, and what they earn."""

import jax.numpy as jnp
import numpy as np
import pytest

from metarl.baselines import Hybrid, Kalman
from metarl.baselines.delta_rule import DeltaRule, Learnt, begin, learn, log_policy
from metarl.envs import Bandit
from metarl.envs.core import TimeStep
from metarl.envs.drifting import Drifting
from metarl.envs.informative import Informative
from metarl.envs.reversal import Reversal
from metarl.envs.two_step import TwoStep
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import find_players
from metarl.evaluation.results import trial_reward

START = Learnt(jnp.array([0.4, 0.8]), jnp.array([0.5, 0.0]))


def after(reward, action=0, **rule):
    rule = {"alpha": 0.5, "alpha_loss": 0.5} | rule
    return learn(DeltaRule(**rule), START, jnp.int32(action), jnp.float32(reward))


@pytest.mark.parametrize(
    ("rule", "reward", "values"),
    [
        ({}, 1.0, [0.7, 0.8]),
        ({"alpha_loss": 0.25}, 0.0, [0.3, 0.8]),
        ({"alpha_loss": 0.25}, 1.0, [0.7, 0.8]),
        ({"forgetting": 0.5, "initial": 0.2}, 1.0, [0.7, 0.5]),
        ({"fictitious": 1.0}, 1.0, [0.7, 0.4]),
        ({"fictitious": 0.5, "alpha_loss": 0.4}, 1.0, [0.7, 0.8 - 0.2 * 0.8]),
    ],
)
def test_each_variant_of_the_delta_rule_learns_as_its_formula_says(rule, reward, values):
    found = after(reward, **rule)
    np.testing.assert_allclose(found.values, values, atol=1e-6)
    np.testing.assert_allclose(found.kernel, [0.5 + 0.3 * 0.5, 0.0], atol=1e-6)


def test_nothing_is_learnt_before_the_first_choice():
    for left, right in zip(after(1.0, action=-1, fictitious=1.0), START, strict=True):
        np.testing.assert_array_equal(left, right)
    rule = DeltaRule(initial=0.3)
    np.testing.assert_allclose(begin(rule, 3).values, [0.3] * 3)


def test_the_policy_is_a_softmax_with_lapses():
    rule = DeltaRule(beta=2.0, kernel_weight=1.0, lapse=0.2)
    logits = 2.0 * np.array([0.4, 0.8]) + np.array([0.5, 0.0])
    softmax = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(np.exp(log_policy(rule, START)), 0.8 * softmax + 0.1, rtol=1e-6)
    always = DeltaRule(lapse=1.0)
    np.testing.assert_allclose(np.exp(log_policy(always, START)), 0.5, rtol=1e-6)


def earned(env, name, num_episodes=4_000):
    ((_, player, params),), _ = find_players(env, [name])
    return trial_reward(
        evaluate(player, params, env, num_episodes=num_episodes, seed=1, keep="totals")
    ).mean


def test_win_stay_lose_shift_earns_what_is_known_of_it():
    for p, hazard, known in ((0.9, 0.025, 0.801), (0.8, 0.05, 0.661)):
        env = Reversal(win_probability=p, hazard=hazard)
        assert earned(env, "win_stay") == pytest.approx(known, abs=0.003)


def test_a_fictitious_update_helps_where_arms_are_opposites():
    env = Reversal()
    assert earned(env, "fictitious:0.35:30") > earned(env, "rescorla_wagner:0.6:30") + 0.01


def test_kalman_filters_as_the_formulas_say():
    player = Kalman(num_actions=2, step_size=0.2, bonus=0.0, noise=0.5, mean=0.5, spread=0.3)
    memory = player.initial_memory(None)
    shown = TimeStep(jnp.zeros(0), jnp.float32(0), jnp.int32(0))
    memory, _, _ = player.act((), memory, jnp.int32(-1), shown, jnp.zeros(2))
    np.testing.assert_allclose(memory.variance, 0.09, rtol=1e-6)
    won = shown._replace(reward=jnp.float32(1), step=jnp.int32(1))
    memory, action, _ = player.act((), memory, jnp.int32(1), won, jnp.zeros(2))
    gain = 0.09 / (0.09 + 0.25)
    np.testing.assert_allclose(memory.mean, [0.5, 0.5 + gain * 0.5], rtol=1e-6)
    np.testing.assert_allclose(memory.variance, [0.13, (1 - gain) * 0.09 + 0.04], rtol=1e-6)
    assert int(action) == 1
    env = Drifting()
    assert earned(env, "kalman:0.1:0.8") > earned(env, "kalman:0.1:0") + 0.01


def test_the_model_based_player_earns_more_than_the_model_free_one():
    env = TwoStep()
    based, free = earned(env, "model_based:0.5:20"), earned(env, "model_free:0.3:10")
    assert based == pytest.approx(0.695, abs=0.006)
    assert 0.63 < free < based - 0.02
    fixation = TwoStep(fixation=True)
    assert earned(fixation, "model_based:0.5:20") == pytest.approx(based, abs=0.006)


def test_a_two_step_player_knows_what_leads_where():
    env = TwoStep()
    values = jnp.array([[0.9, 0.9], [0.1, 0.1]], jnp.float32)
    for weight, expected in ((1.0, [0.74, 0.26]), (0.0, [0.5, 0.5]), (0.5, [0.62, 0.38])):
        player = Hybrid(env=env, weight=weight)
        memory = player.initial_memory(None)._replace(second_values=values)
        np.testing.assert_allclose(player.first_choice(memory), expected, atol=1e-6)


def test_players_refuse_what_they_cannot_play(as_users_run_it):
    for name in ("kalman", "win_stay", "two_rates", "choice_kernel", "forgetting", "fictitious"):
        with pytest.raises(ValueError, match="does not consist of arms"):
            find_players(Informative(), [name])
    for name in ("hybrid", "model_based", "model_free"):
        with pytest.raises(ValueError, match="not a two-step task"):
            find_players(Bandit(), [name])
    with pytest.raises(ValueError, match="`loss_rate` must be at least 0 and at most 1"):
        find_players(Bandit(), ["two_rates:0.1:1.5"])
    with pytest.raises(ValueError, match="`trace` must be"):
        Hybrid(env=TwoStep(), trace=2.0)
