"""Gittins indices: published tables, and each index by a search of its own."""

import numpy as np
import pytest
import scipy.optimize

from metarl.baselines import Gittins
from metarl.envs.arm_priors import Counts


def index_by_search(wins, losses, discount, num_trials):
    """The charge that makes pulling on just worth it, found by root search for this one state."""

    def gain(charge):
        n = wins + losses + num_trials
        later = np.zeros(num_trials + 1)
        if discount < 1:  # arms taken for known in the end
            known = (wins + np.arange(num_trials + 1) + 1) / (n + 2)
            later = np.maximum(known - charge, 0) / (1 - discount)
        for k in reversed(range(num_trials)):
            p = (wins + np.arange(k + 1) + 1) / (wins + losses + k + 2)
            now = p - charge + discount * (p * later[1:] + (1 - p) * later[:-1])
            later = np.maximum(now, 0)
        return float(now[0])

    return scipy.optimize.brentq(gain, 0, 1, xtol=1e-10)


def index_of(player, wins, losses, trial=None):
    """The player's index of one arm; another arm has been pulled on the other trials."""
    others = 0.0 if trial is None else trial - wins - losses
    counts = Counts(wins=np.array([wins, 0.0]), losses=np.array([losses, others]))
    return float(player.scores(counts)[0])


def test_indices_with_a_discount_of_nine_tenths_are_the_published_ones():
    # Beta(wins + 1, losses + 1) in Gittins (1989), Multi-armed Bandit Allocation Indices, table 8.
    player = Gittins(num_actions=2, num_trials=100, discount=0.9)
    published = {(1, 1): 0.7029, (2, 1): 0.8001, (3, 1): 0.8452}
    published |= {(1, 2): 0.5001, (2, 2): 0.6346, (1, 3): 0.3796}
    for (a, b), index in published.items():
        assert abs(index_of(player, a - 1, b - 1) - index) <= 5.1e-5


@pytest.mark.parametrize(("discount", "horizon"), [(0.5, 60), (0.9, 250), (0.99, 1500)])
def test_discounted_indices_are_those_of_a_search(discount, horizon):
    player = Gittins(num_actions=2, num_trials=8, discount=discount)
    for wins, losses in [(0, 0), (1, 0), (0, 1), (2, 3), (7, 0), (0, 7)]:
        by_search = index_by_search(wins, losses, discount, horizon)
        assert abs(index_of(player, wins, losses) - by_search) < 3e-5


def test_without_a_future_the_index_is_the_mean():
    player = Gittins(num_actions=2, num_trials=10, discount=0.0)
    assert abs(index_of(player, 3, 4) - 4 / 9) < 1e-6


def test_indices_of_the_trials_that_remain_are_those_of_a_search():
    num_trials = 40
    player = Gittins(num_actions=2, num_trials=num_trials)
    drawn = np.random.default_rng(1)
    for _ in range(40):
        trial = int(drawn.integers(num_trials))
        pulls = int(drawn.integers(trial + 1))
        wins = int(drawn.integers(pulls + 1))
        by_search = index_by_search(wins, pulls - wins, 1.0, num_trials - trial)
        assert abs(index_of(player, wins, pulls - wins, trial) - by_search) < 3e-5


def test_an_index_by_hand():
    # Two trials to go with Beta(1, 1): a loss ends it, a win is followed by 2/3. At charge c the
    # gain is 1/2 - c + 1/2 (2/3 - c) = 0, so c = 5/9. On the last trial it is the mean.
    player = Gittins(num_actions=2, num_trials=2)
    assert abs(index_of(player, 0, 0, 0) - 5 / 9) < 1e-6
    assert abs(index_of(player, 0, 0, 1) - 1 / 2) < 1e-6
    assert abs(index_of(player, 1, 0, 1) - 2 / 3) < 1e-6


def test_an_arm_is_worth_more_the_more_trials_remain():
    player = Gittins(num_actions=2, num_trials=50)
    indices = [index_of(player, 1, 2, trial) for trial in range(3, 50)]
    assert np.all(np.diff(indices) < 0)


def test_equal_means_tie_on_the_last_trial():
    chance = Gittins(num_actions=2, num_trials=6).first_arm_chance(1, 4)
    assert chance[0, 1] == 0.5  # Beta(1, 2) and Beta(2, 4)
