import numpy as np
import pytest

import metarl.evaluation.evaluate
from metarl.baselines import Greedy, Oracle, Thompson
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret, trial_reward
from metarl.exact.regret import exact_regret

ENV = Bandit(num_trials=7, reward_structure="independent")


@pytest.mark.parametrize("block", [500, 8])  # at once, and in blocks of which the last is shared
@pytest.mark.parametrize("num_workers", [1, 3])
def test_totals_are_the_sums_of_what_is_played(monkeypatch, block, num_workers):
    monkeypatch.setattr(metarl.evaluation.evaluate, "_BLOCK_EPISODES", block)
    player = Greedy(env=Bandit(reward_structure="independent"))
    played = evaluate(player, (), ENV, num_episodes=21, seed=3)
    found = evaluate(
        player, (), ENV, num_episodes=21, seed=3, num_workers=num_workers, keep="totals"
    )
    np.testing.assert_allclose(found.rewards, played.trajectory.rewards.sum(axis=1))
    np.testing.assert_allclose(found.regret, played.regret.sum(axis=1), atol=1e-6)
    np.testing.assert_array_equal(found.suboptimal, (played.regret > 0).sum(axis=1))
    total = np.cumsum(played.regret, axis=1)
    np.testing.assert_allclose(found.curve.mean, total.mean(axis=0), atol=1e-6)
    error = total.std(axis=0, ddof=1) / np.sqrt(21)
    np.testing.assert_allclose(found.curve.standard_error, error, atol=1e-6)
    np.testing.assert_allclose(episode_regret(found), episode_regret(played), rtol=1e-5)
    np.testing.assert_allclose(trial_reward(found), trial_reward(played), rtol=1e-5)


def test_the_oracle_has_no_regret_and_its_zero_has_no_sign():
    found = evaluate(Oracle(), (), ENV, num_episodes=50, seed=3, keep="totals")
    assert found.regret.sum() == found.suboptimal.sum() == 0
    assert not any(np.signbit(x).any() for x in (found.regret, *found.curve))


def test_one_episode_has_no_standard_error():
    found = evaluate(Oracle(), (), ENV, num_episodes=1, seed=0, keep="totals")
    assert np.isnan(found.curve.standard_error).all()
    assert np.isnan(episode_regret(found).standard_error)


@pytest.mark.usefixtures("as_users_run_it")
def test_what_to_keep_is_checked():
    with pytest.raises(ValueError, match=r"`keep` must be .*totals.*, got 'everything'"):
        evaluate(Oracle(), (), ENV, num_episodes=2, seed=0, keep="everything")


def test_thompson_plays_as_its_exact_regret_says():
    player = Thompson(env=Bandit(reward_structure="independent"))
    found = episode_regret(evaluate(player, (), ENV, num_episodes=20_000, seed=1, keep="totals"))
    assert abs(found.mean - exact_regret(player, ENV).sum()) < 3 * found.standard_error
