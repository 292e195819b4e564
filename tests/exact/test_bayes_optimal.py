"""The exact optimum: dynamic programmes against Fractions, published values and each other."""

import dataclasses
import functools
import math
from fractions import Fraction

import numpy as np
import pytest

from metarl.baselines import BayesOptimal, Gittins, Greedy
from metarl.envs import Bandit
from metarl.envs.arm_priors import Counts
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.exact.dynamic_programme import bayes_optimal_value, solve_two_arms
from metarl.exact.optimum import (
    best_possible_regret,
    correlated_pair_regret,
    discrete_pair_regret,
)
from metarl.exact.regret import exact_regret
from metarl.exact.states import counts_after


@functools.cache
def action_values(state, remaining):
    """What each arm is worth with so many trials to go; `state` is (wins, losses) of each arm."""
    worth = []
    for arm, (wins, losses) in enumerate(state):
        p = Fraction(wins + 1, wins + losses + 2)
        after = [list(state), list(state)]
        after[0][arm], after[1][arm] = (wins + 1, losses), (wins, losses + 1)
        won, lost = (value(tuple(s), remaining - 1) for s in after)
        worth.append(p * (1 + won) + (1 - p) * lost)
    return worth


def value(state, remaining):
    return max(action_values(state, remaining)) if remaining else Fraction(0)


def test_the_value_of_two_arms_agrees_with_fractions():
    by_hand = [Fraction(1, 2), Fraction(13, 12), Fraction(5, 3), Fraction(41, 18), Fraction(26, 9)]
    for num_trials, exact in enumerate(by_hand, start=1):
        assert value(((0, 0), (0, 0)), num_trials) == exact
        assert abs(bayes_optimal_value(2, num_trials) - float(exact)) < 1e-14


def test_the_value_of_two_arms_is_exact_to_twelve_digits():
    np.testing.assert_allclose(bayes_optimal_value(2, 10), 6.0217857142857145, rtol=1e-13)
    np.testing.assert_allclose(bayes_optimal_value(2, 100), 64.91842065102297, rtol=1e-13)


def test_the_table_holds_a_byte_for_each_state():
    choices = solve_two_arms(100).choices
    assert choices.dtype == np.int8
    assert choices.size == math.comb(103, 4)


def test_every_choice_is_the_best_one_in_fractions():
    num_trials = 7
    player = BayesOptimal(num_trials=num_trials)
    num_ties = 0
    for n1 in range(num_trials):
        for n2 in range(num_trials - n1):
            counts = counts_after(n1, n2)
            scores = np.asarray(player.scores(counts))
            for w1 in range(n1 + 1):
                for w2 in range(n2 + 1):
                    first, second = action_values(
                        ((w1, n1 - w1), (w2, n2 - w2)), num_trials - n1 - n2
                    )
                    assert scores[0, w1, w2] == (first > second) - (first < second)
                    assert scores[1, w1, w2] == 0
                    num_ties += first == second
    assert num_ties > 10


def test_the_choice_under_jit_is_that_of_the_table():
    player = BayesOptimal(num_trials=60)
    drawn = np.random.default_rng(0)
    for _ in range(30):
        n1 = drawn.integers(0, 40)
        n2 = drawn.integers(0, 60 - n1)
        w1, w2 = drawn.integers(0, n1 + 1), drawn.integers(0, n2 + 1)
        counts = Counts(
            wins=np.array([w1, w2], np.float32), losses=np.array([n1 - w1, n2 - w2], np.float32)
        )
        swapped = Counts(wins=counts.wins[::-1], losses=counts.losses[::-1])
        assert player.scores(counts)[0] == -player.scores(swapped)[0]
        on_grid = player.first_arm_chance(int(n1), int(n2))[w1, w2]
        assert on_grid == (player.scores(counts)[0] + 1) / 2


def test_exploring_pays_while_trials_remain():
    # Both arms have mean 1/2; the second is better known.
    counts = Counts(wins=np.array([0.0, 3.0]), losses=np.array([0.0, 3.0]))
    assert BayesOptimal(num_trials=8).scores(counts)[0] == 1
    assert BayesOptimal(num_trials=7).scores(counts)[0] == 0  # but not on the last trial


def test_the_regret_of_its_choices_is_what_its_value_says():
    env = Bandit(num_trials=40, reward_structure="independent")
    regret = exact_regret(BayesOptimal(num_trials=40), env)
    assert abs(regret.sum() - (2 / 3 * 40 - bayes_optimal_value(2, 40))) < 1e-12
    np.testing.assert_array_equal(regret, best_possible_regret(env))
    for other in (
        Greedy(env=Bandit(reward_structure="independent")),
        Gittins(num_actions=2, num_trials=40),
    ):
        assert exact_regret(other, env).sum() > regret.sum() + 1e-4


def test_the_optimal_player_reaches_its_regret_of_a_hundred_trials():
    env = Bandit(reward_structure="independent")
    player = BayesOptimal(num_trials=100)
    regret = episode_regret(evaluate(player, (), env, num_episodes=10_000, seed=2))
    assert abs(regret.mean - 1.7482460) < 3 * regret.standard_error


def test_the_value_of_more_arms_agrees_with_fractions():
    assert abs(bayes_optimal_value(3, 5) - float(value(((0, 0),) * 3, 5))) < 1e-14
    assert abs(bayes_optimal_value(4, 4) - float(value(((0, 0),) * 4, 4))) < 1e-14


def test_the_value_of_more_arms_is_the_known_one():
    assert round(bayes_optimal_value(5, 10), 5) == 6.65999
    assert round(bayes_optimal_value(10, 10), 5) == 6.71395
    assert bayes_optimal_value(50, 10) == bayes_optimal_value(10, 10)  # forty are never reached


@pytest.mark.parametrize(
    ("structure", "known"),
    [("correlated", 1.22136), ("easy", 0.62500), ("medium", 1.00000), ("hard", 2.31208)],
)
def test_the_best_regret_on_pairs_is_the_greedy_players(structure, known):
    env = Bandit(reward_structure=structure)
    regret = best_possible_regret(env)
    assert round(regret.sum(), 5) == known
    greedy = Greedy(env=Bandit(reward_structure=structure))
    by_recursion = exact_regret(greedy, dataclasses.replace(env, num_trials=25))
    np.testing.assert_allclose(regret[:25], by_recursion, atol=1e-12)


@pytest.mark.parametrize(("structure", "p"), [("easy", 0.9), ("medium", 0.75), ("hard", 0.6)])
def test_no_policy_does_better_on_a_discrete_pair(structure, p):
    """Brute force: each world's weight is its chance, times that of what was seen in it."""

    def best(first_better, second_better, remaining):
        if remaining == 0:
            return 0.0
        either = []
        for odds in ((p, 1 - p), (1 - p, p)):  # the arm's win probability in each world
            won = (first_better * odds[0], second_better * odds[1])
            lost = (first_better - won[0], second_better - won[1])
            either.append(sum(won) + best(*won, remaining - 1) + best(*lost, remaining - 1))
        return max(either)

    assert abs(6 * p - best(0.5, 0.5, 6) - discrete_pair_regret(structure, 6).sum()) < 1e-12


def test_what_has_no_known_optimum_is_refused(as_users_run_it):
    with pytest.raises(ValueError, match=r"`env.num_arms` must be 2, got 3"):
        best_possible_regret(Bandit(num_arms=3))
    with pytest.raises(ValueError, match=r"`env.arm_probs` must be None"):
        best_possible_regret(Bandit(arm_probs=(0.1, 0.2)))
    with pytest.raises(ValueError, match="`reward_structure` must be 'easy'"):
        discrete_pair_regret("correlated", 5)
    with pytest.raises(ValueError, match="`num_trials` must be a whole number, got '3'"):
        discrete_pair_regret("easy", "3")
    with pytest.raises(ValueError, match="`num_trials` must be at least 1, got -1"):
        correlated_pair_regret(-1)
    with pytest.raises(ValueError, match="`env` must be a Bandit, got None"):
        best_possible_regret(None)
    with pytest.raises(ValueError, match="`num_arms` must be at least 2"):
        bayes_optimal_value(1, 5)
    with pytest.raises(ValueError, match="`num_trials` must be at most 200, got 201"):
        bayes_optimal_value(2, 201)
    assert len(correlated_pair_regret(7)) == 7


def test_too_many_states_are_refused(as_users_run_it, monkeypatch):
    monkeypatch.setattr("metarl.exact.dynamic_programme.MAX_STATES", 100)
    with pytest.raises(ValueError, match="`num_trials` must be smaller for 4 arms, got 12"):
        bayes_optimal_value(4, 12)
