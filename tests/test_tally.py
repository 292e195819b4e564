import numpy as np
import pytest

import metarl.tally
from metarl.baselines import Greedy, Oracle, Thompson
from metarl.envs import Bandit
from metarl.evaluation import evaluate
from metarl.tally import tally

ENV = Bandit(num_trials=7, reward_structure="independent")


@pytest.mark.parametrize(
    "most", [5_000, 8]
)  # at once, and in shares of which the last is filled up
def test_a_tally_is_the_sum_of_what_evaluate_plays(monkeypatch, most):
    monkeypatch.setattr(metarl.tally, "MAX_EPISODES", most)
    player = Greedy(env=Bandit(reward_structure="independent"))
    played = evaluate(player, (), ENV, num_episodes=21, seed=3)
    found = tally(player, (), ENV, num_episodes=21, seed=3)
    np.testing.assert_allclose(found.rewards, played.trajectory.rewards.sum(axis=1))
    np.testing.assert_allclose(found.regret, played.regret.sum(axis=1), atol=1e-6)
    np.testing.assert_array_equal(found.suboptimal, (played.regret > 0).sum(axis=1))
    total = np.cumsum(played.regret, axis=1)
    np.testing.assert_allclose(found.curve, total.mean(axis=0), atol=1e-6)
    error = total.std(axis=0, ddof=1) / np.sqrt(21)
    np.testing.assert_allclose(found.curve_error, error, atol=1e-6)


def test_a_regret_of_zero_has_no_sign():
    found = tally(Oracle(), (), ENV, num_episodes=3, seed=3)
    assert not any(np.signbit(x).any() for x in (found.regret, found.curve, found.curve_error))


def test_the_oracle_pulls_no_suboptimal_arm():
    found = tally(Oracle(), (), ENV, num_episodes=50, seed=0)
    assert found.regret.sum() == found.suboptimal.sum() == 0


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "3"])
def test_impossible_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be"):
        tally(Oracle(), (), ENV, num_episodes=2, seed=seed)


@pytest.mark.usefixtures("as_users_run_it")
def test_one_episode_is_refused():
    with pytest.raises(ValueError, match="`num_episodes` must be at least 2, got 1"):
        tally(Oracle(), (), ENV, num_episodes=1, seed=0)


def test_thompson_plays_as_its_exact_regret_says():
    from metarl.baselines.exact_regret import exact_regret

    player = Thompson(env=Bandit(reward_structure="independent"))
    found = tally(player, (), ENV, num_episodes=20_000, seed=1)
    error = found.regret.std() / np.sqrt(20_000)
    assert abs(found.regret.mean() - exact_regret(player, ENV).sum()) < 3 * error
