import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from metarl.agents.actor_critic import Agent
from metarl.agents.lstm import Memory
from metarl.agents.networks.lstm import LSTM
from metarl.envs import Bandit, TimeStep
from metarl.jax_settings import make_key
from metarl.rollout import rollout


def make(num_arms=2, num_trials=12, **options):
    env = Bandit(num_arms=num_arms, num_trials=num_trials)
    agent = Agent.for_environment(env, num_units=5, **options)
    return env, agent, agent.init(jax.random.key(3))


def timestep(reward, step):
    return TimeStep(jnp.zeros((0,)), jnp.float32(reward), jnp.int32(step))


def test_inputs_are_previous_action_then_reward_then_trial_index():
    _, agent, _ = make(num_arms=3, use_trial_index=True)
    np.testing.assert_allclose(agent.encode(jnp.int32(-1), timestep(0, 0)), [0, 0, 0, 0, 0])
    np.testing.assert_allclose(agent.encode(jnp.int32(2), timestep(1, 6)), [0, 0, 1, 1, 0.5])


@pytest.mark.parametrize("use_trial_index", [False, True])
@pytest.mark.parametrize("num_arms", [2, 3, 10])
def test_an_episode_shows_the_network_what_it_did_and_got_before(num_arms, use_trial_index):
    env, agent, params = make(num_arms=num_arms, use_trial_index=use_trial_index)
    played = rollout(agent, params, env, env.sample_task(jax.random.key(0)), jax.random.key(1))
    inputs = np.asarray(played.trace.inputs)
    assert inputs.shape == (12, agent.num_inputs)
    np.testing.assert_array_equal(inputs[0], 0)
    np.testing.assert_array_equal(inputs[1:, :num_arms].argmax(axis=1), played.actions[:-1])
    np.testing.assert_array_equal(inputs[1:, :num_arms].sum(axis=1), 1)
    np.testing.assert_array_equal(inputs[1:, num_arms], played.rewards[:-1])
    if use_trial_index:
        np.testing.assert_allclose(inputs[:, -1], np.arange(12) / 12, rtol=1e-6)


@pytest.mark.parametrize("num_arms", [2, 3, 10])
def test_rollout_logits_equal_replay_logits(num_arms):
    env, agent, params = make(num_arms=num_arms)
    played = rollout(agent, params, env, env.sample_task(jax.random.key(0)), jax.random.key(1))
    replayed = jax.jit(agent.replay)(params, agent.initial_memory(), played.trace.inputs)
    np.testing.assert_allclose(replayed.logits, played.trace.logits, atol=1e-6)
    np.testing.assert_allclose(replayed.value, played.trace.value, atol=1e-6)
    np.testing.assert_allclose(replayed.memory.hidden, played.trace.memory.hidden, atol=1e-6)


def test_forward_is_an_lstm_with_linear_heads():
    _, agent, params = make()
    inputs, cell, hidden = jnp.array([1.0, 0.0, 1.0]), jnp.arange(5.0) / 5, jnp.arange(5.0) / 9
    trace = agent.forward(params, agent.initial_memory()._replace(cell=cell, hidden=hidden), inputs)
    p = jax.tree.map(np.asarray, params)
    gates = (
        inputs @ p["lstm"]["dense_i"]["kernel"]
        + hidden @ p["lstm"]["dense_h"]["kernel"]
        + p["lstm"]["dense_h"]["bias"]
    )
    i, f, g, o = np.split(gates, 4)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    expected_cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    expected_hidden = sigmoid(o) * np.tanh(expected_cell)
    np.testing.assert_allclose(trace.memory.cell, expected_cell, rtol=1e-5)
    np.testing.assert_allclose(trace.memory.hidden, expected_hidden, rtol=1e-5)
    policy, value = p["policy"], p["value"]
    expected_logits = expected_hidden @ policy["kernel"] + policy["bias"]
    np.testing.assert_allclose(trace.logits, expected_logits, rtol=1e-4, atol=1e-6)
    expected_value = expected_hidden @ value["kernel"] + value["bias"]
    np.testing.assert_allclose(trace.value, expected_value[0], rtol=1e-4, atol=1e-6)


def test_actions_are_drawn_from_the_softmax():
    _, agent, params = make(num_arms=3)
    noise = agent.draw_noise(jax.random.key(0), 40_000)
    first = (agent.initial_memory(), jnp.int32(-1), timestep(0, 0))
    _, actions, trace = jax.vmap(lambda n: agent.act(params, *first, n))(noise)
    frequencies = np.bincount(actions, minlength=3) / 40_000
    np.testing.assert_allclose(frequencies, jax.nn.softmax(trace.logits[0]), atol=0.012)


def test_no_memory_crosses_episodes():
    """On the first step every episode has the same logits: those of a memory of zero."""
    env, agent, params = make()
    tasks = jax.vmap(env.sample_task)(jax.random.split(jax.random.key(5), 4))
    keys = jax.random.split(jax.random.key(6), 4)
    play = jax.jit(jax.vmap(lambda task, key: rollout(agent, params, env, task, key)))
    first_logits = np.asarray(play(tasks, keys).trace.logits[:, 0])
    zero = agent.replay(params, agent.initial_memory(), jnp.zeros((1, agent.num_inputs))).logits
    np.testing.assert_allclose(first_logits, np.tile(zero, (4, 1)), atol=1e-6)
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(agent.initial_memory()))


@pytest.mark.parametrize(
    ("field", "value"),
    [("num_actions", 1), ("num_units", 0), ("num_steps", 0), ("use_trial_index", 1)],
)
def test_impossible_agents_are_refused(as_users_run_it, field, value):
    arguments = {"num_actions": 2, "observation_size": 0, "num_steps": 5, field: value}
    with pytest.raises(ValueError, match=f"`{field}` must"):
        Agent(**arguments)


def test_the_forget_gate_is_open_at_first_and_all_other_biases_are_zero():
    _, agent, params = make()
    units = agent.num_units
    bias = np.asarray(params["lstm"]["dense_h"]["bias"]).reshape(4, units)
    np.testing.assert_array_equal(bias, np.eye(4)[1][:, None] * np.ones(units))
    assert not params["policy"]["bias"].any()
    assert not params["value"]["bias"].any()


def test_in_long_episodes_units_begin_with_times_to_remember_up_to_an_episode():
    agent = Agent(num_actions=2, observation_size=0, num_steps=300, num_units=400)
    bias = np.asarray(agent.init(make_key(0))["lstm"]["dense_h"]["bias"]).reshape(4, 400)
    times = np.exp(bias[1])
    assert 1 <= times.min() < 10
    assert 290 < times.max() <= 299.01
    assert abs(times.mean() - 150) < 20
    assert not np.delete(bias, 1, axis=0).any()


@pytest.mark.parametrize(("num_arms", "trial_index"), [(2, False), (10, True)])
def test_the_fast_path_computes_what_the_network_does(num_arms, trial_index):
    _, agent, params = make(num_arms, use_trial_index=trial_index)
    params = jax.tree.map(lambda x: 2 * x, params)
    inputs = jax.random.normal(jax.random.key(5), (9, agent.num_inputs))
    memory = Memory(*jax.random.normal(jax.random.key(6), (2, agent.num_units)))
    trace = agent.replay(params, memory, inputs)
    network = LSTM(agent.num_inputs, agent.num_units, num_arms, rngs=nnx.Rngs(0))
    nnx.update(network, params)
    for t in range(9):
        memory, logits, value = network(memory, inputs[t])
        np.testing.assert_allclose(trace.logits[t], logits, atol=1e-6)
        np.testing.assert_allclose(trace.value[t], value, atol=1e-6)
        np.testing.assert_allclose(trace.memory.cell[t], memory.cell, atol=1e-6)
        np.testing.assert_allclose(trace.memory.hidden[t], memory.hidden, atol=1e-6)


@pytest.mark.parametrize(("num_arms", "trial_index"), [(2, False), (10, True)])
def test_shapes_are_known_without_drawing(num_arms, trial_index):
    _, agent, params = make(num_arms, use_trial_index=trial_index)
    known = agent.param_shapes()
    assert jax.tree.structure(known) == jax.tree.structure(params)
    drawn = [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(params)]
    assert [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(known)] == drawn
