import numpy as np
import pytest

from metarl.evaluation.calibration import calibrate, discounted_returns


def test_returns_are_summed_from_the_end():
    found = discounted_returns(np.array([[1.0, 0, 2], [0, 4, 0]]), 0.5)
    np.testing.assert_allclose(found, [[1.5, 1, 2], [2, 4, 0]])


@pytest.mark.parametrize(("exaggerates", "slope"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0)])
def test_the_slope_tells_a_critic_that_exaggerates(exaggerates, slope):
    rng = np.random.default_rng(0)
    p = rng.uniform(size=(4000, 1))
    rewards = (rng.uniform(size=(4000, 5)) < p).astype(float)
    true = p * np.array([sum(0.9**k for k in range(5 - t)) for t in range(5)])
    found = calibrate(exaggerates * true, rewards, 0.9, num_groups=10)
    assert found.slope == pytest.approx(slope, rel=0.03)
    # A group has 2,000 returns with a standard deviation of at most 1.2: three standard errors.
    np.testing.assert_allclose(found.returns, slope * found.values, atol=0.08)
    assert np.all(np.diff(found.values) > 0)


def test_values_that_do_not_fit_the_rewards_are_refused(as_users_run_it):
    with pytest.raises(ValueError, match="`values` must have the shape of `rewards`"):
        calibrate(np.zeros((2, 3)), np.zeros((2, 4)), 0.9)
    with pytest.raises(ValueError, match="`num_groups` must be"):
        calibrate(np.zeros((2, 3)), np.zeros((2, 3)), 0.9, num_groups=7)


def test_a_critic_that_always_says_the_same_has_no_slope():
    assert np.isnan(calibrate(np.ones((5, 8)), np.ones((5, 8)), 0.9).slope)
