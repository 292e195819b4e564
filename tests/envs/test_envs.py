import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metarl.baselines import Random
from metarl.envs import Bandit
from metarl.envs.core import why_no_belief
from metarl.evaluation.evaluate import evaluate
from metarl.rollout import belief_regret


def sample_probs(env, count=20_000):
    keys = jax.random.split(jax.random.key(0), count)
    return np.asarray(jax.vmap(env.sample_task)(keys).arm_probs)


@pytest.mark.parametrize("num_arms", [2, 3, 10])
def test_independent_arms_are_uniform_and_uncorrelated(num_arms):
    probs = sample_probs(Bandit(num_arms=num_arms, reward_structure="independent"))
    deciles = np.quantile(probs, np.linspace(0.1, 0.9, 9), axis=0)
    np.testing.assert_allclose(
        deciles, np.linspace(0.1, 0.9, 9)[:, None] + np.zeros(num_arms), atol=0.02
    )
    assert abs(np.corrcoef(probs.T)[0, 1]) < 0.03


@pytest.mark.parametrize("num_arms", [2, 3, 10])
def test_correlated_arms_sum_to_one_as_a_flat_dirichlet(num_arms):
    probs = sample_probs(Bandit(num_arms=num_arms, reward_structure="correlated"))
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    # Each entry of Dirichlet(1, ..., 1) is Beta(1, A - 1).
    variance = (num_arms - 1) / (num_arms**2 * (num_arms + 1))
    np.testing.assert_allclose(probs.mean(axis=0), 1 / num_arms, atol=0.01)
    np.testing.assert_allclose(probs.var(axis=0), variance, rtol=0.06)


def test_a_correlated_pair_is_p_and_one_minus_p_with_p_uniform():
    probs = sample_probs(Bandit())
    np.testing.assert_allclose(
        np.quantile(probs[:, 0], np.linspace(0.1, 0.9, 9)), np.linspace(0.1, 0.9, 9), atol=0.02
    )
    np.testing.assert_allclose(probs[:, 1], 1 - probs[:, 0], atol=1e-6)


@pytest.mark.parametrize(("structure", "better"), [("easy", 0.9), ("medium", 0.75), ("hard", 0.6)])
def test_either_arm_of_a_discrete_pair_is_the_better_one(structure, better):
    probs = sample_probs(Bandit(reward_structure=structure))
    np.testing.assert_allclose(np.sort(probs), np.tile([1 - better, better], (20_000, 1)), 1e-6)
    assert abs(np.mean(probs[:, 0] > 0.5) - 0.5) < 0.015


def test_the_first_time_step_shows_nothing():
    env = Bandit(num_arms=3)
    state, timestep = env.reset(env.sample_task(jax.random.key(0)))
    assert float(timestep.reward) == 0.0
    assert int(timestep.step) == 0
    assert int(state.trial) == 0
    assert timestep.observation.shape == (0,)


@pytest.mark.parametrize("use_jit", [False, True])
def test_an_arm_pays_when_its_entry_of_the_tape_is_below_its_probability(use_jit):
    env = Bandit(num_arms=3)
    step = jax.jit(env.step) if use_jit else env.step
    state, _ = env.reset(env.make_task([0.2, 0.5, 0.9]))
    tape_t = jnp.array([0.3, 0.3, 0.3])
    for action, reward in enumerate([0.0, 1.0, 1.0]):
        after, timestep = step(state, jnp.int32(action), tape_t)
        assert float(timestep.reward) == reward
        assert int(timestep.step) == int(after.trial) == 1


def test_certain_arms_are_certain():
    env = Bandit(num_trials=1000, arm_probs=(0.0, 1.0))
    tape = env.sample_tape(jax.random.key(0))
    state, _ = env.reset(env.sample_task(jax.random.key(1)))
    rewards = jax.vmap(lambda action, row: env.step(state, action, row)[1].reward, (None, 0))
    assert float(rewards(jnp.int32(0), tape).sum()) == 0
    assert float(rewards(jnp.int32(1), tape).sum()) == 1000


def test_rewards_come_as_often_as_the_probability_says():
    env = Bandit(num_trials=40_000)
    tape = env.sample_tape(jax.random.key(0))
    state, _ = env.reset(env.make_task([0.25, 0.75]))
    rewards = jax.vmap(lambda row: env.step(state, jnp.int32(0), row)[1].reward)(tape)
    assert abs(float(rewards.mean()) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 40_000)


def test_action_values_are_the_win_probabilities():
    env = Bandit(arm_probs=(0.1, 0.7))
    state, _ = env.reset(env.sample_task(jax.random.key(0)))
    np.testing.assert_allclose(env.action_values(state), [0.1, 0.7], rtol=1e-6)


def test_arm_probs_by_hand_are_the_task_of_every_episode():
    probs = sample_probs(Bandit(arm_probs=(0.3, 0.9)), count=5)
    np.testing.assert_allclose(probs, np.tile([[0.3, 0.9]], (5, 1)), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_arms": 1}, ["`num_arms`", "at least 2", "got 1", "no choice"]),
        ({"num_arms": 2.0}, ["`num_arms`", "whole number", "2.0"]),
        ({"num_arms": True}, ["`num_arms`", "whole number"]),
        ({"num_trials": 0}, ["`num_trials`", "at least 1", "got 0"]),
        ({"num_trials": -3}, ["`num_trials`", "at least 1", "got -3"]),
        ({"reward_structure": "dependent"}, ["`reward_structure`", "'independent'", "'dependent'"]),
        ({"num_arms": 3, "reward_structure": "easy"}, ["`num_arms`", "be 2", "'easy'", "got 3"]),
        ({"arm_probs": (0.5, 1.5)}, ["`arm_probs`", "[0, 1]", "1.5"]),
        ({"arm_probs": (-0.1, 0.5)}, ["`arm_probs`", "[0, 1]", "-0.1"]),
        ({"arm_probs": (0.5, float("nan"))}, ["`arm_probs`", "[0, 1]", "nan"]),
        ({"arm_probs": (0.5,)}, ["`arm_probs`", "2 arms", "(1,)", "num_arms"]),
        ({"arm_probs": ((0.5, 0.5),)}, ["`arm_probs`", "(1, 2)"]),
        ({"arm_probs": ("a", "b")}, ["`arm_probs`", "numbers"]),
    ],
)
def test_impossible_bandits_are_refused_with_the_reason(as_users_run_it, arguments, words):
    with pytest.raises(ValueError, match="must") as error:
        Bandit(**arguments)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("arm_probs", [[0.5], [0.5, 2.0], [float("nan"), 0.5], [[0.1, 0.2]]])
def test_impossible_tasks_are_refused(as_users_run_it, arm_probs):
    with pytest.raises(ValueError, match="`arm_probs` must"):
        Bandit().make_task(arm_probs)


def observed(env, actions, rewards):
    """The regret that an ideal observer of a bandit expects of each choice."""
    state, first = env.reset(env.sample_task(jax.random.key(0)))
    del state
    rewards = jnp.asarray(rewards, jnp.float32)
    actions = jnp.asarray(actions, jnp.int32)
    last = first._replace(reward=rewards[-1], step=jnp.int32(len(actions)))
    nothing = jnp.zeros((len(actions), 0), jnp.float32)
    observe = jax.jit(belief_regret, static_argnums=0)
    return observe(env, env.initial_belief(), first, nothing, actions, rewards, last, 0)[0]


@pytest.mark.parametrize("reward_structure", ["independent", "correlated"])
def test_belief_advantages_are_those_of_an_ideal_observer(reward_structure):
    """Against a fine grid of win probabilities, weighed by what was seen."""
    env = Bandit(num_trials=5, reward_structure=reward_structure)
    actions, rewards = np.array([0, 1, 0, 0, 1]), np.array([1, 1, 0, 1, 0], np.float32)
    grid = (np.arange(1000) + 0.5) / 1000
    p0, p1 = np.meshgrid(grid, grid) if reward_structure == "independent" else (grid, 1 - grid)
    weight = np.ones_like(p0)
    expected = []
    for action, reward in zip(actions, rewards, strict=True):
        p = (p0, p1)[action]
        expected.append(np.average(p - np.maximum(p0, p1), weights=weight))
        weight = weight * (p if reward else 1 - p)
    advantage = -observed(env, actions, rewards)
    np.testing.assert_allclose(advantage, expected, atol=3e-4)


def test_belief_and_expected_advantages_agree_on_average():
    env = Bandit(num_trials=8, reward_structure="independent")
    result = evaluate(Random(num_actions=2), (), env, num_episodes=20_000, seed=1)
    played = result.trajectory
    observe = jax.vmap(lambda actions, rewards: observed(env, actions, rewards))
    belief = -np.asarray(observe(played.actions[:4000], played.rewards[:4000]))
    np.testing.assert_allclose(belief.mean(0), -result.regret.mean(0), atol=0.005)


def test_the_belief_on_a_discrete_pair_is_that_of_bayes():
    env = Bandit(num_trials=3, reward_structure="medium")
    advantage = -observed(env, [0, 0, 1], [1.0, 1.0, 0.0])
    # After k wins of arm 0, it is the better one with odds 3^k.
    expected = [0.5 - 0.75, (0.75 * 3 + 0.25) / 4 - 0.75, (0.25 * 9 + 0.75) / 10 - 0.75]
    np.testing.assert_allclose(advantage, expected, atol=1e-6)


def test_beliefs_on_arms_given_by_hand_are_their_probabilities():
    env = Bandit(num_trials=2, arm_probs=(0.2, 0.7))
    advantage = -observed(env, [0, 1], [1.0, 0.0])
    np.testing.assert_allclose(advantage, [-0.5, 0.0], atol=1e-6)


def test_beliefs_on_three_correlated_arms_are_refused():
    assert "`num_arms` must be 2 for beliefs" in why_no_belief(Bandit(num_arms=3))
    assert why_no_belief(Bandit(num_arms=3, reward_structure="independent")) is None
