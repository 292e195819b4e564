"""Expected regret by forward recursion, against all histories one by one and published values."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from metarl.baselines import UCB1, BayesOptimal, Gittins, Greedy, Random, RescorlaWagner, Thompson
from metarl.envs import Bandit
from metarl.exact.regret import exact_regret

INDEPENDENT = Bandit(reward_structure="independent")
W18 = Bandit(arm_probs=(0.25, 0.75))  # where Wang et al. 2018 test their agent


@pytest.mark.parametrize("p", [0.1, 0.3, 0.7])
def test_no_rounding_makes_a_regret_negative(p):
    env = Bandit(num_trials=8, arm_probs=(p, p), reward_structure="independent")
    regret = exact_regret(Thompson(env=Bandit(reward_structure="independent")), env)
    assert not np.signbit(regret).any()
    np.testing.assert_allclose(regret, 0, atol=1e-12)


class AnyPolicy:
    """A policy without rhyme or reason: every state has a chance of its own, in 97ths."""

    def chance(self, w1, l1, w2, l2):
        return Fraction((13 * w1 + 29 * l1 + 31 * w2 + 7 * l2 + 5 * w1 * l2 + 11) % 98, 97)

    def first_arm_chance(self, n1: int, n2: int):
        return np.array(
            [
                [float(self.chance(w1, n1 - w1, w2, n2 - w2)) for w2 in range(n2 + 1)]
                for w1 in range(n1 + 1)
            ]
        )


def reward_of_all_histories(policy, num_trials, arm_probs=None, state=(0, 0, 0, 0), trial=0):
    """Expected total reward, one history after the other, in exact arithmetic."""
    if trial == num_trials:
        return Fraction(0)
    total = Fraction(0)
    first = policy.chance(*state)
    for arm, chance in ((0, first), (1, 1 - first)):
        wins, losses = state[2 * arm : 2 * arm + 2]
        p = Fraction(wins + 1, wins + losses + 2) if arm_probs is None else arm_probs[arm]
        for reward, likely in ((1, p), (0, 1 - p)):
            after = list(state)
            after[2 * arm + 1 - reward] += 1
            later = reward_of_all_histories(policy, num_trials, arm_probs, tuple(after), trial + 1)
            total += chance * likely * (reward + later)
    return total


def test_any_policy_has_the_regret_of_all_its_histories_together():
    env = Bandit(num_trials=5, reward_structure="independent")
    exact = Fraction(2, 3) * 5 - reward_of_all_histories(AnyPolicy(), 5)
    assert abs(exact_regret(AnyPolicy(), env).sum() - float(exact)) < 1e-13
    probs = (Fraction(1, 4), Fraction(2, 3))
    env = Bandit(num_trials=5, arm_probs=tuple(map(float, probs)))
    exact = Fraction(2, 3) * 5 - reward_of_all_histories(AnyPolicy(), 5, probs)
    assert abs(exact_regret(AnyPolicy(), env).sum() - float(exact)) < 1e-13


def test_thompsons_chance_is_the_integral_it_stands_for():
    player = Thompson(env=Bandit(reward_structure="independent"))
    for n1, n2 in [(0, 0), (3, 0), (0, 4), (7, 2), (40, 59)]:
        chance = player.first_arm_chance(n1, n2)
        for w1, w2 in [(0, 0), (n1, n2), (n1 // 2, n2 // 3), (n1, 0)]:
            first = scipy.stats.beta(w1 + 1, n1 - w1 + 1)
            second = scipy.stats.beta(w2 + 1, n2 - w2 + 1)
            law, _ = scipy.integrate.quad(lambda x: first.pdf(x) * second.cdf(x), 0, 1, limit=200)  # noqa: B023
            assert abs(chance[w1, w2] - law) < 1e-9
    both = player.first_arm_chance(6, 9) + player.first_arm_chance(9, 6).T
    np.testing.assert_allclose(both, 1, atol=1e-13)


@pytest.mark.parametrize("structure", ["independent", "correlated"])
def test_thompsons_chance_is_between_none_and_one_even_late(structure):
    player = Thompson(env=Bandit(reward_structure=structure))
    chance = player.first_arm_chance(99, 100)
    assert chance.min() >= 0
    assert chance.max() < 1 + 1e-11
    np.testing.assert_allclose(chance[0, 100] + (1 - chance[99, 0]), 0, atol=1e-11)


UNIFORM = {"env": Bandit(reward_structure="independent")}


@pytest.mark.parametrize(
    ("player", "independent", "w18"),
    [
        (BayesOptimal(num_trials=100), 1.7482, 1.3550),
        (Thompson(**UNIFORM), 2.7862, 3.0067),
        (Greedy(**UNIFORM), 2.6915, 1.8751),
        (UCB1(num_actions=2), 5.5810, 7.0203),
        (UCB1(num_actions=2, constant=0.5**0.5), 2.9699, None),
        (Gittins(num_actions=2, num_trials=100), 1.7543, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_regret_of_a_hundred_trials_is_the_known_value(as_users_run_it, player, independent, w18):
    np.testing.assert_allclose(exact_regret(player, INDEPENDENT).sum(), independent, atol=6e-5)
    if w18 is not None:
        np.testing.assert_allclose(exact_regret(player, W18).sum(), w18, atol=6e-5)


def test_regret_of_the_first_trial_is_a_guess():
    for structure, guess in [("independent", 1 / 6), ("correlated", 1 / 4), ("easy", 0.4)]:
        env = Bandit(num_trials=3, reward_structure=structure)
        player = Greedy(env=Bandit(reward_structure=structure))
        np.testing.assert_allclose(exact_regret(player, env)[0], guess)


def test_what_has_no_exact_regret_is_refused(as_users_run_it):
    with pytest.raises(ValueError, match=r"`env.num_arms` must be 2, got 3"):
        exact_regret(Random(num_actions=2), Bandit(num_arms=3))
    player = RescorlaWagner(num_actions=2, learning_rate=0.1, inverse_temperature=1.0)
    with pytest.raises(ValueError, match="`player` must be one that chooses by counts"):
        exact_regret(player, Bandit())
    with pytest.raises(ValueError, match="`player` must be one that chooses by counts"):
        exact_regret(Greedy, Bandit())
    with pytest.raises(ValueError, match="`env` must be a Bandit, got None"):
        exact_regret(Random(num_actions=2), None)
