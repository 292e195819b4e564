"""Global settings of JAX that users have on change nothing: each is set in a process of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.hazard

CORE = """
import dataclasses, sys
import jax, numpy as np
import metarl

config = metarl.TrainConfig(
    workdir=sys.argv[1], num_workers=0, progress_bar=False, num_eval_episodes=4,
    num_final_eval_episodes=20, environment=metarl.Bandit(num_trials=6),
    agent=metarl.AgentConfig(num_units=6, training_steps=480, episodes_per_update=8),
)
trained = metarl.train(config)
leaves = jax.tree.leaves(metarl.load_agent("my_agent", config.folder).params)
assert {leaf.dtype.name for leaf in leaves} == {"float32"}
result = metarl.evaluate(
    trained.agent, trained.params, config.environment, num_episodes=20, seed=3
)
print(np.concatenate([np.ravel(leaf) for leaf in leaves]).tolist())
print(result.trajectory.actions.tolist())
"""
# What need only go well, whatever the settings.
REST = """
from metarl.training.a2c import train_a2c
from metarl.benchmark.players import compare_players
from metarl.envs.core import families
from metarl.envs.two_step import TwoStep
from metarl.evaluation.players import opponents, yardsticks
from metarl.play.session import PlaySession

for rewards, structure in (("sampled", "independent"), ("belief", "easy")):
    agent = dataclasses.replace(config.agent, advantage_rewards=rewards, use_trial_index=True)
    env = metarl.Bandit(num_trials=6, reward_structure=structure)
    two = train_a2c(dataclasses.replace(config, agent=agent, environment=env), seeds=[1, 2])
    assert np.isfinite(two.flat_params).all()
arms = metarl.Bandit(num_trials=6, reward_structure="independent")
for env, count in ((arms, 9), (TwoStep(num_trials=6), 8)):
    found = compare_players(env, num_episodes=8)
    assert len({row.player for row in found.rows}) >= count
for name in families.names():
    if name not in ("bandit", "gymnax"):  # gymnax is not ours
        env = families.find(name)()
        length = {"num_trials": 12} if hasattr(env, "num_trials") else {}
        for _, player, params in yardsticks(env := dataclasses.replace(env, **length)):
            metarl.evaluate(player, params, env, num_episodes=8, seed=0)
game = PlaySession(config.environment, seed=1, opponents=opponents(config.environment))
while game.choose(0) is not None:
    pass
"""
SETTINGS = {
    "x64": {"JAX_ENABLE_X64": "1"},
    "strict": {"JAX_NUMPY_DTYPE_PROMOTION": "strict", "JAX_NUMPY_RANK_PROMOTION": "raise"},
    "nans": {"JAX_DEBUG_NANS": "1"},
    "rbg": {"JAX_DEFAULT_PRNG_IMPL": "rbg"},
}
ALL = {name: value for some in SETTINGS.values() for name, value in some.items()}


def core(folder, settings, program):
    """What it prints under these settings: trained parameters, and an agent's choices."""
    run = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", program, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env=os.environ | settings,
    )
    assert run.returncode == 0, run.stderr
    return [np.array(json.loads(line)) for line in run.stdout.splitlines()]


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return core(tmp_path_factory.mktemp("usual"), {}, CORE)


@pytest.mark.parametrize(
    "settings",
    [ALL, *(pytest.param(one, marks=pytest.mark.slow) for one in SETTINGS.values())],
    ids=["all at once", *SETTINGS],
)
def test_the_core_does_the_same_under_settings_of_jax(tmp_path, usual, settings):
    params, actions = core(tmp_path, settings, CORE + REST)
    np.testing.assert_allclose(params, usual[0], atol=1e-5)  # other programs round differently
    np.testing.assert_array_equal(actions, usual[1])
