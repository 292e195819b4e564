import os
import signal
import sys
import time
from fractions import Fraction

import jax
import numpy as np
import pytest
import scipy.stats

from metarl.agents.actor_critic import Agent
from metarl.baselines import Greedy, Oracle, Random, Thompson
from metarl.envs import Bandit, BanditTask
from metarl.evaluation.draws import draw_episodes
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret, trial_reward
from metarl.exact.optimum import correlated_pair_regret


@pytest.mark.parametrize("num_arms", [2, 3, 10])
@pytest.mark.parametrize("structure", ["independent", "correlated"])
def test_regret_of_the_random_player_is_its_closed_form(num_arms, structure):
    env = Bandit(num_arms=num_arms, reward_structure=structure)
    result = evaluate(Random(num_actions=num_arms), (), env, num_episodes=4000, seed=1)
    if structure == "independent":  # the largest of A uniforms, less their mean
        expected = num_arms / (num_arms + 1) - 0.5
    else:  # the largest part of a stick broken at random is H_A / A on average
        expected = (np.sum(1 / np.arange(1, num_arms + 1)) - 1) / num_arms
    regret = episode_regret(result)
    assert abs(regret.mean - 100 * expected) < 4 * regret.standard_error


def test_the_insider_has_no_regret():
    result = evaluate(Oracle(), (), Bandit(num_arms=3), num_episodes=50, seed=1)
    assert episode_regret(result).mean == 0.0
    assert not np.signbit(result.regret).any()  # else tables have regrets of -0
    best = result.trajectory.action_values.max(axis=-1)
    assert abs(result.trajectory.rewards.mean() - best.mean()) < 0.03


@pytest.mark.parametrize(
    ("episodes", "seed", "words"),
    [
        (1, -1, "`seed` must be at least 0"),
        (1, 2**32 + 5, "`seed` must be below"),
        (0, 1, "`num_episodes` must be at least 1"),
    ],
)
def test_episodes_of_no_seed_or_number_are_not_drawn(episodes, seed, words, as_users_run_it):
    with pytest.raises(ValueError, match=words):
        draw_episodes(Bandit(), episodes, seed)


def test_the_best_possible_regret_agrees_with_arithmetic_by_hand():
    # Trial 0: a guess, E|2p - 1| / 2 = 1/4. Trial 1: the posterior mean is 2/3, so 3/4 - 2/3.
    np.testing.assert_allclose(correlated_pair_regret(3), [1 / 4, 1 / 12, 3 / 4 - (3 + 2 + 3) / 12])


def test_the_best_possible_regret_of_a_hundred_trials_is_the_exact_sum():
    exact = sum(
        Fraction(3, 4)
        - Fraction(sum(max(k + 1, t - k + 1) for k in range(t + 1)), (t + 1) * (t + 2))
        for t in range(100)
    )
    assert abs(correlated_pair_regret(100).sum() - float(exact)) < 1e-12
    assert round(float(exact), 5) == 1.22136


def test_the_best_possible_regret_is_the_smallest_over_all_policies():
    """Brute force: the best policy's reward by dynamic programming over what was seen."""

    def value(spoke_for_first, trial, num_trials):
        if trial == num_trials:
            return 0.0
        p = (spoke_for_first + 1) / (trial + 2)
        later = p * value(spoke_for_first + 1, trial + 1, num_trials)
        later += (1 - p) * value(spoke_for_first, trial + 1, num_trials)
        return max(p, 1 - p) + later

    assert abs(0.75 * 8 - value(0, 0, 8) - correlated_pair_regret(8).sum()) < 1e-12


def test_the_greedy_player_reaches_the_best_possible_regret():
    player = Greedy(env=Bandit(reward_structure="correlated"))
    regret = episode_regret(evaluate(player, (), Bandit(), num_episodes=20_000, seed=2))
    assert abs(regret.mean - correlated_pair_regret(100).sum()) < 3 * regret.standard_error


def test_thompson_sampling_has_its_exact_regret_on_correlated_pairs():
    player = Thompson(env=Bandit(reward_structure="correlated"))
    regret = episode_regret(evaluate(player, (), Bandit(), num_episodes=10_000, seed=2))
    exact = 0.0
    for t in range(100):  # every number k of trials that spoke for the first arm is as likely
        k = np.arange(t + 1)
        mean, first = (k + 1) / (t + 2), scipy.stats.beta.sf(0.5, k + 1, t - k + 1)
        exact += 0.75 - np.mean(first * mean + (1 - first) * (1 - mean))
    assert abs(regret.mean - exact) < 4 * regret.standard_error


def test_thompson_sampling_has_its_known_regret_on_independent_arms():
    player = Thompson(env=Bandit(reward_structure="independent"))
    env = Bandit(reward_structure="independent")
    regret = episode_regret(evaluate(player, (), env, num_episodes=10_000, seed=2))
    # Exact by forward recursion over counts: 2.786.
    assert abs(regret.mean - 2.786) < 4 * regret.standard_error


def test_the_greedy_player_breaks_ties_fairly():
    player = Greedy(env=Bandit(num_arms=3, reward_structure="independent"))
    env = Bandit(num_arms=3, num_trials=1, reward_structure="independent")
    first = evaluate(player, (), env, num_episodes=6000, seed=2).trajectory.actions
    frequencies = np.bincount(np.asarray(first).ravel(), minlength=3) / 6000
    np.testing.assert_allclose(frequencies, 1 / 3, atol=0.03)


def test_the_greedy_player_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="`num_arms` must be 2"):
        Greedy(env=Bandit(num_arms=3, reward_structure="correlated"))


@pytest.fixture(scope="module")
def trained():
    env = Bandit(num_trials=8)
    agent = Agent.for_environment(env, num_units=4)
    return env, agent, agent.init(jax.random.key(0))


def test_evaluation_leaves_parameters_bit_identical(trained):
    env, agent, params = trained
    params = jax.tree.map(np.array, params)  # NumPy's could be written to
    before = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(params)]
    evaluate(agent, params, env, num_episodes=30, seed=1)
    assert before == [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(params)]


def same(first, second):
    return all(
        np.array_equal(a, b)
        for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True)
    )


def test_the_same_seed_gives_the_same_result_and_another_seed_another(trained):
    env, agent, params = trained
    first = evaluate(agent, params, env, num_episodes=30, seed=1)
    assert same(first, evaluate(agent, params, env, num_episodes=30, seed=1))
    other = evaluate(agent, params, env, num_episodes=30, seed=2)
    assert not np.array_equal(first.trajectory.actions, other.trajectory.actions)


def test_threads_change_nothing(trained):
    env, agent, params = trained
    alone, shared = (
        evaluate(agent, params, env, num_episodes=2_203, seed=1, num_workers=num_workers)
        for num_workers in (1, 3)
    )
    assert len(alone.regret) == 2_203
    assert same(alone, shared)


def test_players_with_the_same_seed_meet_the_same_tasks_and_luck(trained):
    env, agent, params = trained
    first = evaluate(agent, params, env, num_episodes=200, seed=1).trajectory
    second = evaluate(Random(num_actions=2), (), env, num_episodes=200, seed=1).trajectory
    np.testing.assert_array_equal(first.action_values, second.action_values)
    agree = np.asarray(first.actions) == np.asarray(second.actions)
    np.testing.assert_array_equal(
        np.asarray(first.rewards)[agree], np.asarray(second.rewards)[agree]
    )


@pytest.mark.parametrize(
    ("player", "options", "message"),
    [
        (Random(num_actions=3), {}, "`player` must have as many actions as the environment, 2"),
        (Random(num_actions=2), {"num_episodes": 0}, "`num_episodes` must be at least 1"),
        (Random(num_actions=2), {"seed": -1}, "`seed` must be at least 0"),
        (Random(num_actions=2), {"seed": 2**32}, "`seed` must be below"),
        (Random(num_actions=2), {"seed": np.int64(3)}, "`int\\(...\\)` converts it"),
        (Random(num_actions=2), {"tasks": BanditTask(np.full((5, 2), 0.5))}, "each of the 4 epis"),
    ],
)
def test_what_does_not_fit_is_refused(as_users_run_it, player, options, message):
    env = Bandit(num_trials=3, reward_structure="independent")
    with pytest.raises(ValueError, match=message):
        evaluate(player, (), env, **({"num_episodes": 4, "seed": 0} | options))


def test_ctrl_c_ends_a_long_evaluation(start_process, tmp_path):
    script = tmp_path / "long.py"
    script.write_text(
        "import metarl\n"
        "from metarl.baselines import Thompson\n"
        "if __name__ == '__main__':\n"
        "    env = metarl.Bandit(num_trials=2_000, reward_structure='independent')\n"
        "    player = Thompson(env=env)\n"
        "    print('begun', file=__import__('sys').stderr, flush=True)\n"
        "    metarl.evaluate(player, (), env, num_episodes=50_000, seed=0)\n"
    )
    run = start_process([sys.executable, str(script)])
    assert run.stderr.readline() == "begun\n"
    time.sleep(5)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode != 0
    assert "KeyboardInterrupt" in errors


def test_tasks_given_by_hand_are_played(trained):
    env, agent, params = trained
    tasks = jax.vmap(lambda p: env.make_task([0.0, 1.0])._replace(arm_probs=p))(
        np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    )
    result = evaluate(agent, params, env, num_episodes=2, seed=1, tasks=tasks)
    won = np.asarray(result.trajectory.actions) == np.array([[0], [1]])
    np.testing.assert_array_equal(result.trajectory.rewards, won.astype(np.float32))
    np.testing.assert_array_equal(result.regret, 1 - won.astype(np.float32))


def test_scores_are_means_over_episodes_with_their_standard_error():
    result = evaluate(Random(num_actions=2), (), Bandit(), num_episodes=50, seed=0)
    totals = np.asarray(result.regret, np.float64).sum(axis=1)
    score = episode_regret(result)
    np.testing.assert_allclose(score, (totals.mean(), totals.std(ddof=1) / np.sqrt(50)))
    np.testing.assert_allclose(
        trial_reward(result).mean, result.trajectory.rewards.mean(), rtol=1e-6
    )


def test_an_agent_on_longer_episodes_sees_its_index_stay_at_one_and_says_so_once(caplog):
    agent = Agent.for_environment(Bandit(num_trials=4), num_units=3, use_trial_index=True)
    params, env = agent.init(jax.random.key(0)), Bandit(num_trials=9)
    for _ in range(2):
        played = evaluate(agent, params, env, num_episodes=3, seed=0).trajectory
    index = played.trace.inputs[:, :, -1]
    np.testing.assert_allclose(index[0], [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
    (record,) = [r for r in caplog.records if "episodes of 4 steps" in r.getMessage()]
    assert "stays at 1 from step 4 on" in record.getMessage()
