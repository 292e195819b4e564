import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from probes import Probe

from metarl.agents.networks.lstm import LSTM
from metarl.config import AgentConfig
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.rollout import expected_regret, unroll
from metarl.training.learner import Learner
from metarl.training.optimizer import (
    AdamState,
    Settings,
    make_optimizer,
    scheduled,
    update_on_host,
)

SMALL = AgentConfig(
    num_units=5, episodes_per_update=4, training_steps=40 * 12 * 4, max_unroll_steps=100
)


def make(num_arms=2, num_trials=12, **changes):
    return Learner(
        Bandit(num_arms=num_arms, num_trials=num_trials), dataclasses.replace(SMALL, **changes)
    )


def rewards_of(learner, trajectory):
    """The rewards that returns are made of, where no belief is needed."""
    if learner.config.advantage_rewards == "sampled":
        return trajectory.rewards
    return -expected_regret(trajectory.action_values, trajectory.actions)


def outputs_of(trace):
    """What the network said, as the loss takes it."""
    return jnp.concatenate([trace.logits, trace.value[..., None]], axis=-1)


def play_on(learner, flat, episodes, steps=slice(None)):
    """Where the episodes stand after these steps, and what happened, with axes `T` and `B`."""

    def play(carry, tape, noise):
        return unroll(learner.agent, learner.unravel(flat), learner.env, carry, tape, noise)

    tape, noise = episodes.tape[:, steps], episodes.noise[:, steps]
    return jax.jit(jax.vmap(play, out_axes=(0, 1)))(episodes.carry, tape, noise)


@pytest.mark.parametrize(
    ("num_arms", "num_trials", "num_units", "trial_index", "rewards", "estimator"),
    [
        (2, 12, 6, False, "oracle", "gae"),
        (10, 12, 5, True, "sampled", "n_step"),
        (2, 47, 48, True, "oracle", "gae"),
        pytest.param(10, 21, 17, False, "sampled", "gae", marks=pytest.mark.slow),
        (2, 1, 3, False, "oracle", "gae"),
    ],
)
def test_the_gradient_by_hand_is_that_of_autodiff_on_the_replayed_episodes(
    num_arms, num_trials, num_units, trial_index, rewards, estimator
):
    learner = make(
        num_arms,
        num_trials,
        num_units=num_units,
        use_trial_index=trial_index,
        max_unroll_steps=num_trials,
        advantage_rewards=rewards,
        advantage_estimator=estimator,
    )
    flat = 2 * learner.init(jax.random.key(0))
    episodes = learner.begin_episodes(jax.random.key(1))
    gradient, metrics, _ = learner.gradient(flat, episodes, 0.3, num_trials, 0)
    trajectory = play_on(learner, flat, episodes)[1]

    r_t = rewards_of(learner, trajectory)

    # The oracle is autodiff through the Flax module, step by step.
    num_inputs = learner.agent.num_inputs

    def replayed_loss(flat):
        network = LSTM(num_inputs, num_units, num_arms, rngs=nnx.Rngs(0))
        nnx.update(network, learner.unravel(flat))

        def one_step(memory, inputs_t):
            memory, logits, value = network(memory, inputs_t)
            return memory, (logits, value)

        _, (logits, value) = jax.lax.scan(one_step, episodes.carry.memory, trajectory.trace.inputs)
        outputs = jnp.concatenate([logits, value[..., None]], axis=-1)
        return learner.loss(outputs, trajectory.actions, r_t, jnp.zeros(4), 0.3).total

    expected = jax.jit(jax.grad(replayed_loss))(flat)
    assert np.linalg.norm(gradient - expected) < 1e-5 * np.linalg.norm(expected)
    np.testing.assert_allclose(gradient, expected, atol=1e-5 * np.abs(expected).max(), rtol=0)
    np.testing.assert_allclose(metrics.reward, trajectory.rewards.mean(), rtol=1e-6)
    regret = (
        trajectory.action_values.max(-1)
        - np.take_along_axis(
            np.asarray(trajectory.action_values), np.asarray(trajectory.actions)[..., None], -1
        )[..., 0]
    )
    np.testing.assert_allclose(metrics.regret, regret.mean(), rtol=1e-5)


def test_the_gradient_of_a_cut_unroll_takes_the_memory_before_it_as_a_constant():
    learner = make(max_unroll_steps=5)
    flat = 2 * learner.init(jax.random.key(0))
    begun = learner.begin_episodes(jax.random.key(1))
    after = learner.gradient(flat, begun, 0.0, 5, 0)[2]
    gradient = learner.gradient(flat, after, 0.1, 5, 5)[0]
    end, trajectory = play_on(learner, flat, after, slice(5, 10))
    bootstrap = jax.vmap(learner._value_ahead, (None, 0))(learner.unravel(flat), end)

    r_t = rewards_of(learner, trajectory)

    def replayed_loss(flat):
        replay = jax.vmap(learner.agent.replay, (None, 0, 1), 1)
        trace = replay(learner.unravel(flat), after.carry.memory, trajectory.trace.inputs)
        return learner.loss(outputs_of(trace), trajectory.actions, r_t, bootstrap, 0.1).total

    expected = jax.jit(jax.grad(replayed_loss))(flat)
    assert np.linalg.norm(gradient - expected) < 1e-5 * np.linalg.norm(expected)


@pytest.mark.parametrize("max_unroll_steps", [12, 5])
def test_the_first_gradient_is_that_of_episodes_begun_apart(max_unroll_steps):
    learner = make(max_unroll_steps=max_unroll_steps)
    flat, key = 2 * learner.init(jax.random.key(0)), jax.random.key(1)
    begun = learner.begin_episodes(jax.random.fold_in(key, 7))
    expected, metrics, after = learner.gradient(flat, begun, 0.3, learner.unroll_lengths()[0], 0)
    found, also_metrics, also_after = learner.first_gradient(flat, key, 7, 0.3)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(also_metrics, metrics, atol=1e-6)
    if max_unroll_steps == 12:
        assert also_after is None
    else:
        np.testing.assert_allclose(also_after.carry.memory.cell, after.carry.memory.cell, atol=1e-6)


def test_unrolls_carry_the_memory_and_the_luck_of_the_episode_on():
    whole, cut = make(max_unroll_steps=12), make(max_unroll_steps=5)
    assert whole.unroll_lengths() == [12]
    assert cut.unroll_lengths() == [4, 4, 4]
    flat = whole.init(jax.random.key(0))
    episodes = whole.begin_episodes(jax.random.key(1))
    _, expected, at_end = whole.gradient(flat, episodes, 0.0, 12, 0)
    rewards, start = [], 0
    for length in cut.unroll_lengths():
        _, metrics, episodes = cut.gradient(flat, episodes, 0.0, length, start)
        rewards.append(float(metrics.reward) * length)
        start += length
    np.testing.assert_allclose(sum(rewards) / 12, expected.reward, rtol=1e-5)
    np.testing.assert_allclose(episodes.carry.memory.hidden, at_end.carry.memory.hidden, atol=1e-6)


@pytest.mark.parametrize(("start", "length", "ends"), [(0, 5, False), (7, 5, True)])
def test_a_cut_unroll_bootstraps_and_an_ended_one_does_not(start, length, ends):
    """With discount and lambda 1, what is left of the return at the cut is the critic's value."""
    learner = make(
        max_unroll_steps=5,
        discount=1.0,
        discount_end=1.0,
        advantage_estimator="n_step",
        advantage_rewards="sampled",
        normalize_advantage=False,
        value_cost=1.0,
        entropy_cost=0.0,
        entropy_cost_end=0.0,
    )
    flat = learner.init(jax.random.key(0))
    episodes = learner.begin_episodes(jax.random.key(1))
    params = learner.unravel(flat)

    after, trajectory = play_on(learner, flat, episodes, slice(start, start + length))
    bootstrap = jnp.where(ends, 0.0, jax.vmap(learner._value_ahead, (None, 0))(params, after))
    _, metrics, _ = learner.gradient(flat, episodes, 0.0, length, start)
    returns = np.asarray(bootstrap)[None] + np.cumsum(np.asarray(trajectory.rewards)[::-1], 0)[::-1]
    errors = returns - np.asarray(trajectory.trace.value)
    np.testing.assert_allclose(metrics.value_loss, 0.5 * np.mean(errors**2), rtol=1e-4)


def test_normalised_advantages_do_not_depend_on_the_scale_of_rewards():
    learner = make(value_cost=0.0, advantage_rewards="sampled")
    episodes = learner.begin_episodes(jax.random.key(1))
    flat = jnp.zeros(learner.num_params)  # the critic says zero everywhere
    trajectory = play_on(learner, flat, episodes)[1]
    outputs = outputs_of(trajectory.trace)
    once, twice = (
        learner.loss(outputs, trajectory.actions, rewards, jnp.zeros(4), 0.0).policy
        for rewards in (trajectory.rewards, 2 * trajectory.rewards)
    )
    np.testing.assert_allclose(once, twice, rtol=1e-4)


def test_schedules_end_with_the_last_update_or_before():
    learner = make(
        max_unroll_steps=5,
        training_steps=10 * 12 * 4,
        schedule_end=1.0,
        entropy_cost=0.3,
        entropy_cost_end=0.002,
    )
    assert learner.total_updates == 30
    assert learner.done(0) == 0
    assert learner.done(29) == 1
    settings = Settings.of(learner.config)
    for name in ("learning_rate", "discount", "gae_lambda", "entropy_cost"):
        start, end = getattr(settings, name), getattr(settings, f"{name}_end")
        for kind in (float, jnp.float32):
            np.testing.assert_allclose(scheduled(settings, name, kind(0)), start, rtol=1e-6)
            np.testing.assert_allclose(scheduled(settings, name, kind(1)), end, rtol=1e-5)
            halfway = scheduled(settings, name, kind(0.5))
            np.testing.assert_allclose(halfway, (start + end) / 2, rtol=1e-5)
    assert not jnp.allclose(*(loss_with(learner, done).total for done in (0.0, 1.0)))
    early = settings._replace(schedule_end=0.5)
    for done, expected in [(0.25, (0.3 + 0.002) / 2), (0.5, 0.002), (0.9, 0.002)]:
        np.testing.assert_allclose(scheduled(early, "entropy_cost", done), expected, rtol=1e-5)


def loss_with(learner, done):
    """The loss of one and the same trajectory at that fraction of training."""
    flat = learner.init(jax.random.key(0))
    episodes = learner.begin_episodes(jax.random.key(1))
    trajectory = play_on(learner, flat, episodes)[1]
    outputs, r_t = outputs_of(trajectory.trace), rewards_of(learner, trajectory)
    return learner.loss(outputs, trajectory.actions, r_t, jnp.zeros(4), done)


@pytest.mark.parametrize("field", ["discount", "gae_lambda"])
def test_the_last_update_uses_the_end_of_each_schedule(field):
    """The loss of the last update is that of a learner whose setting never was another."""
    start, end = {"discount": (0.3, 0.9), "gae_lambda": (0.2, 0.7)}[field]
    scheduled = make(**{field: start, f"{field}_end": end})
    constant = make(**{field: end, f"{field}_end": end})
    np.testing.assert_allclose(
        loss_with(scheduled, 1.0).total, loss_with(constant, 1.0).total, rtol=1e-5
    )
    other = make(**{field: start, f"{field}_end": start})
    assert not jnp.allclose(loss_with(scheduled, 1.0).total, loss_with(other, 1.0).total)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_the_managers_update_is_that_of_optax(name):
    """Large gradients are clipped beforehand, small ones are not; the state goes along."""
    config = dataclasses.replace(SMALL, optimizer=name, max_gradient_norm=0.5)
    settings = Settings.of(config)
    optimizer = make_optimizer(settings, name)
    rng = np.random.default_rng(0)
    flat = rng.normal(size=300).astype(np.float32)
    expected, expected_state = jnp.asarray(flat), optimizer.init(jnp.asarray(flat))
    state = AdamState.zero(300)
    for count, scale in enumerate([1e-3, 10.0, 1e6, 0.0, 1e-2]):
        gradient = (scale * rng.normal(size=300)).astype(np.float32)
        step, expected_state = optimizer.update(jnp.asarray(gradient), expected_state)
        expected -= scheduled(settings, "learning_rate", count / 4) * step
        flat, state = update_on_host(config, flat, state, gradient, count / 4)
        np.testing.assert_allclose(flat, expected, rtol=2e-6, atol=1e-7)
    kept = state if name == "adam" else [state.mean_square]
    for ours, theirs in zip(kept, jax.tree.leaves(expected_state), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-12)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize(
    "rule",
    ["alternate", "shuffled", pytest.param("fixed", marks=pytest.mark.slow)],  # easier than either
)
def test_probes_are_learnt_in_seconds(rule):
    env = Probe(rule)
    config = dataclasses.replace(
        SMALL, num_units=16, episodes_per_update=16, training_steps=800 * 160
    )
    learner = Learner(env, config)
    settings = Settings.of(config)
    optimizer = make_optimizer(settings)
    flat = learner.init(jax.random.key(0))
    state = optimizer.init(flat)

    @jax.jit
    def update(flat, state, key, count):
        episodes = learner.begin_episodes(key)
        done = learner.done(count)
        gradient, _, _ = learner.gradient(flat, episodes, done, env.num_steps, 0)
        step, state = optimizer.update(gradient, state, flat)
        return flat - scheduled(settings, "learning_rate", done) * step, state

    for count, key in enumerate(jax.random.split(jax.random.key(1), learner.total_updates)):
        flat, state = update(flat, state, key, count)
    result = evaluate(learner.agent, learner.unravel(flat), env, num_episodes=400, seed=3)
    regret = np.asarray(result.regret).mean(axis=0)
    # Where the target is shuffled, nobody can do better than guess on the first step.
    after_first = regret[1:].mean()
    assert after_first < 0.05
    if rule != "shuffled":
        assert regret[0] < 0.05
    else:
        assert 0.35 < regret[0] < 0.65


def test_expected_regret_is_the_best_value_minus_the_chosen():
    values = jnp.array([[0.2, 0.7], [0.9, 0.1]])
    np.testing.assert_allclose(expected_regret(values, jnp.array([0, 0])), [0.5, 0.0], atol=1e-7)


def test_learners_of_one_config_share_their_programs_however_long_they_train():
    env, config = Bandit(num_trials=3), AgentConfig(num_units=3, episodes_per_update=2)
    first = Learner(env, config)
    arguments = first.init(jax.random.key(0)), jax.random.key(1), 0, 0.0
    first.first_gradient(*arguments)
    compiled = Learner.first_gradient._cache_size()
    Learner(env, dataclasses.replace(config, training_steps=77)).first_gradient(*arguments)
    assert Learner.first_gradient._cache_size() == compiled
    Learner(Bandit(num_trials=4), config).first_gradient(*arguments)
    assert Learner.first_gradient._cache_size() == compiled + 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paid(Bandit, family="paid_in_cents"):
    """A bandit that pays 250 for a win."""

    reward_range = (0.0, 250.0)

    def step(self, state, action, tape_t):
        state, timestep = super().step(state, action, tape_t)
        return state, timestep._replace(reward=250 * timestep.reward)

    def action_values(self, state):
        return 250 * super().action_values(state)


@pytest.mark.parametrize("rewards", ["sampled", "oracle"])
def test_the_size_of_rewards_changes_neither_play_nor_learning_but_the_values(rewards):
    config = dataclasses.replace(SMALL, advantage_rewards=rewards, max_unroll_steps=12)
    one, many = (Learner(kind(num_trials=12), config) for kind in (Bandit, Paid))
    flat = 2 * one.init(jax.random.key(0))
    found = []
    for learner in (one, many):
        episodes = learner.begin_episodes(jax.random.key(1))
        gradient, metrics, _ = learner.gradient(flat, episodes, 0.3, 12, 0)
        trace = play_on(learner, flat, episodes)[1].trace
        found.append((gradient, metrics, trace))
    (gradient, metrics, trace), (gradient_paid, metrics_paid, trace_paid) = found
    np.testing.assert_allclose(gradient_paid, gradient, atol=1e-5 * abs(gradient).max())
    np.testing.assert_allclose(trace_paid.logits, trace.logits, atol=1e-5)
    np.testing.assert_allclose(trace_paid.value, 250 * trace.value, rtol=1e-4)
    np.testing.assert_allclose(metrics_paid.reward, 250 * metrics.reward, rtol=1e-5)
    unscaled = Learner(Paid(num_trials=12), dataclasses.replace(config, scale_rewards=False))
    assert unscaled.agent.reward_scale == 1
