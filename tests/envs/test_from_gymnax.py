"""Environments of gymnax as task families."""

import dataclasses
import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

gymnax = pytest.importorskip("gymnax")

from gymnax.environments.bsuite.deep_sea import DeepSea  # noqa: E402

import metarl  # noqa: E402
from metarl.baselines import Random  # noqa: E402
from metarl.config import AgentConfig, TrainConfig  # noqa: E402
from metarl.config.mapping import config_from_dict, config_to_dict  # noqa: E402
from metarl.envs import families  # noqa: E402
from metarl.envs.from_gymnax import from_gymnax  # noqa: E402
from metarl.evaluation.evaluate import evaluate  # noqa: E402
from metarl.rollout import rollout  # noqa: E402


def bandit(num_steps=20):
    """Two arms that win with .1 and .9, in an order that is drawn for each episode."""
    return from_gymnax(*gymnax.make("BernoulliBandit-misc"), num_steps=num_steps)


class Owned(DeepSea):
    """An environment of a user's own."""

    @property
    def name(self):
        return "Owned"


@pytest.mark.parametrize(
    "name", ["BernoulliBandit-misc", "CartPole-v1", "FrozenLake-misc", "Acrobot-v1", "Catch-bsuite"]
)
def test_a_family_of_gymnax_survives_json_and_pickle_and_is_played(name):
    env, params = gymnax.make(name)
    family = from_gymnax(env, params, num_steps=4)
    config = TrainConfig(environment=family)
    assert config_from_dict(TrainConfig, json.loads(json.dumps(config_to_dict(config)))) == config
    assert pickle.loads(pickle.dumps(family)) == family
    played = evaluate(Random(num_actions=family.num_actions), (), family, num_episodes=8, seed=0)
    observations = played.trajectory.observations
    assert observations.shape == (8, 4, family.observation_size)
    low, high = family.observation_range
    assert low <= observations.min() <= observations.max() <= high
    assert np.isnan(played.regret).all()


def test_an_episode_is_gymnaxs_own():
    env, params = gymnax.make("CartPole-v1")
    family = from_gymnax(env, params, num_steps=5)
    task = family.sample_task(jax.random.key(1))
    tape = family.sample_tape(jax.random.key(2))
    state, timestep = family.reset(task)
    shown, inner = env.reset(jax.random.key(1), params)
    np.testing.assert_allclose(timestep.observation, shown)
    for step in range(5):
        state, timestep = family.step(state, jnp.int32(1), tape[step])
        key = jax.random.wrap_key_data(tape[step])
        shown, inner, reward, *_ = env.step(key, inner, 1, params)
        np.testing.assert_allclose(timestep.observation, shown, rtol=1e-6)
        assert timestep.reward == reward


def always_left(family):
    """The rewards of an episode in which the first action is always taken."""

    class Left(Random):
        def act(self, params, memory, previous_action, timestep, noise_t):
            return memory, jnp.int32(0), ()

    task = family.sample_task(jax.random.key(0))
    return rollout(Left(num_actions=2), (), family, task, jax.random.key(1))


def test_after_the_end_nothing_is_paid_or_seen_unless_it_begins_again():
    env, params = gymnax.make("CartPole-v1")
    played = always_left(from_gymnax(env, params, num_steps=40))  # falls after about nine steps
    rewards = np.asarray(played.rewards)
    length = int(rewards.sum())
    assert 5 < length < 15
    np.testing.assert_array_equal(rewards, np.arange(40) < length)
    assert not np.asarray(played.observations)[length:].any()
    again = always_left(from_gymnax(env, params, num_steps=40, restart=True))
    np.testing.assert_array_equal(again.rewards, 1)
    assert np.abs(np.asarray(again.observations)[length]).max() < 0.05  # upright again


def test_parameters_are_kept_if_they_differ_from_gymnaxs_own():
    env, params = gymnax.make("BernoulliBandit-misc")
    changed = dataclasses.replace(params, reward_prob=0.25, max_steps_in_episode=7)
    family = from_gymnax(env, changed)
    assert dict(family.params) == {"reward_prob": 0.25, "max_steps_in_episode": 7}
    assert family.num_trials == 7
    assert bandit().params == ()
    task = family.sample_task(jax.random.key(0))
    assert sorted(task.state.reward_probs.tolist()) == [0.25, 0.75]
    torques = dataclasses.replace(gymnax.make("Acrobot-v1")[1], available_torque=jnp.ones(3))
    changed = from_gymnax(gymnax.make("Acrobot-v1")[0], torques)
    assert changed.params == (("available_torque", (1.0, 1.0, 1.0)),)


def test_an_environment_of_the_users_own_is_remembered_by_its_name():
    family = from_gymnax(Owned(size=3))
    assert family.observation_size == 9
    settings = {name: value for name, value in family.to_dict().items() if name != "family"}
    assert families.find("gymnax")(**settings) == family
    with pytest.raises(ValueError, match="`name` must be a new name, got 'Owned'"):
        from_gymnax(Owned(size=4))
    assert from_gymnax(Owned(size=4), name="Owned4").observation_size == 16
    again = pickle.loads(pickle.dumps(from_gymnax(Owned(size=4), name="Owned4")))
    assert again.observation_size == 16


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: from_gymnax(*gymnax.make("Pendulum-v1")), "two or more discrete actions, got Pen"),
        (lambda: from_gymnax("CartPole-v1"), "`env` must be an environment of gymnax"),
        (lambda: from_gymnax(DeepSea(size=5)), "`name` must be a new name, got 'DeepSea-bsuite'"),
        (lambda: bandit(0), "`num_trials` must be at least 1"),
        (lambda: bandit().changed(name="Nowhere"), "`name` must be an environment of gymnax"),
        (lambda: bandit().changed(params=(("odd", 1),)), "`params.odd` is not a parameter"),
        (lambda: bandit().changed(reward_range=(1, 0)), "`reward_range` must be at least 1"),
        (lambda: bandit().changed(restart=1), "`restart` must be True or False"),
    ],
)
def test_wrong_values_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_an_agent_learns_a_bandit_of_gymnax_and_its_checkpoint_can_be_loaded(tmp_path):
    config = TrainConfig(
        workdir=str(tmp_path),
        name="learnt",
        num_workers=0,
        num_evaluators=0,
        progress_bar=False,
        num_final_eval_episodes=1_000,
        environment=bandit(),
        agent=AgentConfig(num_units=16, training_steps=200_000, episodes_per_update=16),
    )
    metarl.train(config)
    loaded = metarl.load_agent("learnt", tmp_path)
    assert loaded.config.environment == bandit()
    played = evaluate(loaded.agent, loaded.params, bandit(), num_episodes=1_000, seed=5)
    assert np.asarray(played.trajectory.rewards).sum(1).mean() > 15  # chance is 10, the best 17.4
