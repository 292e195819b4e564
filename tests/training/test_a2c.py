import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from metarl.config.recipe import derive
from metarl.training.a2c import train_a2c
from metarl.training.a3c.manager import train
from metarl.training.learner import Learner
from metarl.training.optimizer import Settings


@pytest.mark.parametrize("max_unroll_steps", [100, 4])
def test_an_experiment_is_the_training_of_a3c_without_workers(small_config, max_unroll_steps):
    agent = dataclasses.replace(small_config.agent, max_unroll_steps=max_unroll_steps)
    config = dataclasses.replace(small_config, agent=agent)
    result = train_a2c(config)
    checkpoint = train(config)
    expected = Learner(config.environment, agent).ravel(checkpoint.params)
    np.testing.assert_allclose(result.flat_params[0], expected, atol=1e-4)
    assert result.metrics.regret.shape == (1, checkpoint.progress.updates)


def test_experiments_side_by_side_are_those_alone(small_config):
    settings = {"learning_rate": [1e-3, 1e-2], "discount_end": [0.9]}
    together = train_a2c(small_config, seeds=[3, 4], settings=settings)
    for i, (seed, rate) in enumerate(zip([3, 4], settings["learning_rate"], strict=True)):
        agent = dataclasses.replace(
            small_config.agent, random_seed=seed, learning_rate=rate, discount_end=0.9
        )
        alone = train_a2c(dataclasses.replace(small_config, agent=agent))
        np.testing.assert_allclose(together.flat_params[i], alone.flat_params[0], atol=1e-4)
        np.testing.assert_allclose(
            together.metrics.reward[i], alone.metrics.reward[0], atol=1e-5, rtol=1e-5
        )


def test_one_seed_serves_for_all_settings(small_config):
    result = train_a2c(small_config, settings={"entropy_cost": [0.0, 0.1]})
    first, second = result.flat_params
    assert not np.allclose(first, second)


def test_the_same_call_gives_the_same_agents(small_config):
    first, second = (train_a2c(small_config, seeds=[1, 2]).flat_params for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": {"num_units": [4, 8]}}, "`settings` must name .* got 'num_units'"),
        ({"seeds": [1, 2], "settings": {"discount": [0.1, 0.2, 0.3]}}, "`seeds` must have one val"),
        ({"seeds": []}, "`seeds` must have one value"),
        ({"settings": {"discount": [0.5, 1.5]}}, "`discount` must be .* got 1.5"),
    ],
)
def test_impossible_experiments_are_refused_before_work_starts(small_config, options, message):
    with pytest.raises(ValueError, match=message):
        train_a2c(small_config, **options)


def test_every_setting_is_a_number_of_the_config(small_config):
    settings = Settings.of(derive(small_config.agent, small_config.environment))
    assert all(isinstance(value, float) for value in settings)


def test_two_devices_share_the_work(small_config, tmp_path):
    """Two experiments are shared out; of one, its episodes are."""
    program = (
        "import jax, numpy as np, sys\n"
        "from metarl.training import a2c\nfrom metarl.config import *\nfrom metarl.envs import *\n"
        "programs, used = a2c._programs, set()\n"
        "def watched(*args):\n"
        "    begin, run = programs(*args)\n"
        "    def watched_run(*args):\n"
        "        result = run(*args)\n"
        "        used.update(result[0].flat_params.devices())\n"
        "        return result\n"
        "    return begin, watched_run\n"
        "a2c._programs = watched\n"
        "for name, seeds in (('two', [7, 8]), ('one', [7])):\n"
        "    used.clear()\n"
        f"    result = a2c.train_a2c({small_config!r}, seeds=seeds)\n"
        "    assert used == set(jax.devices()) and len(used) == 2, used\n"
        "    np.save(f'{sys.argv[1]}/{name}.npy', result.flat_params)\n"
    )
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2"
    subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        check=True,
        env=os.environ | {"XLA_FLAGS": flags},
        timeout=120,
    )
    for name, seeds in (("two", [7, 8]), ("one", [7])):
        found = np.load(tmp_path / f"{name}.npy")
        alone = train_a2c(small_config, seeds=seeds).flat_params
        np.testing.assert_allclose(found, alone, atol=1e-4)


def test_one_experiment_may_diverge_and_the_others_go_on(small_config, caplog):
    rates = {"learning_rate": [1e-3, 3e38], "learning_rate_end": [1e-4, 3e38]}
    result = train_a2c(small_config, seeds=[3, 4], settings=rates)
    assert np.isfinite(result.flat_params[0]).all()
    assert not np.isfinite(result.flat_params[1]).all()
    assert "experiment 1 (seed 4) has diverged" in caplog.text
    assert "experiment 0" not in caplog.text


def test_a_time_is_refused(small_config):
    agent = dataclasses.replace(small_config.agent, training_steps=None, training_seconds=1)
    with pytest.raises(ValueError, match=r"training_seconds` must be None here"):
        train_a2c(dataclasses.replace(small_config, agent=agent))
