"""Networks by name: that they learn as the LSTM does, and how a user's own one is used."""

import dataclasses
import pickle
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from commands import command
from flax import nnx

from metarl.agents.actor_critic import Agent
from metarl.agents.lstm import Memory
from metarl.agents.networks.core import Network
from metarl.agents.networks.lstm import LSTM
from metarl.agents.registry import networks
from metarl.analysis.lesions import Stimulated
from metarl.config import AgentConfig
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.storage.checkpoint import CheckpointError, load_checkpoint
from metarl.training.learner import Learner

SMALL = AgentConfig(num_units=5, training_steps=600, episodes_per_update=4, max_unroll_steps=6)
ENV = Bandit(num_trials=12)
OURS = ["gru", "learnt_start", "lstm", "prediction_error", "two_lstms", "vanilla"]


def learner_of(network, **changes):
    return Learner(ENV, dataclasses.replace(SMALL, network=network, **changes))


def gradients(learner, flat):
    """The gradient of each of an episode's unrolls."""
    episodes, start, found = learner.begin_episodes(jax.random.key(3)), 0, []
    for length in learner.unroll_lengths():
        gradient, _, episodes = learner.gradient(flat, episodes, 0.3, length, start)
        found.append(np.asarray(gradient))
        start += length
    return found


def test_the_names_of_ours():
    assert [name for name in networks.names() if name in OURS] == OURS


class Slow(LSTM, network="slow_lstm"):
    """The same parameters, trained as a user's own network is."""


def test_autodiff_gives_the_gradient_of_the_fast_path():
    fast, slow = learner_of("lstm"), learner_of("slow_lstm")
    flat = fast.init(jax.random.key(0))
    pairs = zip(gradients(fast, flat), gradients(slow, flat), strict=True)
    for quick, by_autodiff in pairs:
        np.testing.assert_allclose(quick, by_autodiff, atol=1e-5 * abs(by_autodiff).max())
        assert abs(quick).max() > 1e-4


def test_a_network_that_is_defined_again_is_compiled_again():
    """As in a notebook, where a cell is edited and run once more."""
    regrets = []
    for sign in (1, -1):

        class Edited(Slow, network="edited"):
            def __call__(self, memory, inputs, sign=sign):
                memory, _, value = super().__call__(memory, inputs)
                return memory, 50.0 * sign * jnp.array([1.0, -1.0]), value

        learner = learner_of("edited")
        params = learner.init(jax.random.key(0))
        _, metrics, _ = learner.first_gradient(params, jax.random.key(1), 0, 0.0)
        regrets.append(float(metrics.regret))
    assert regrets[0] != regrets[1]  # one always chooses the first arm, the other the second


@pytest.mark.parametrize("name", OURS)
def test_parameters_are_drawn_as_their_shapes_say(name):
    agent = learner_of(name).agent
    drawn, shapes = agent.init(jax.random.key(0)), agent.param_shapes()
    assert jax.tree.structure(drawn) == jax.tree.structure(shapes)
    for leaf, shape in zip(jax.tree.leaves(drawn), jax.tree.leaves(shapes), strict=True):
        assert (leaf.shape, leaf.dtype) == (shape.shape, jnp.float32)


def test_a_learnt_start_begins_as_the_lstm_and_gets_a_gradient_on_the_first_unroll_only():
    plain, learns = learner_of("lstm"), learner_of("learnt_start")
    flat = plain.init(jax.random.key(0))
    params = {
        "cell": jnp.zeros(5),
        "hidden": jnp.zeros(5),
        "lstm": plain.unravel(np.asarray(flat)),
    }
    both = gradients(plain, flat), gradients(learns, learns.ravel(params))
    for index, (theirs, ours) in enumerate(zip(*both, strict=True)):
        ours = learns.unravel(ours)
        same = plain.ravel(ours["lstm"])
        np.testing.assert_allclose(same, theirs, atol=1e-5 * abs(theirs).max())
        assert (abs(ours["cell"]).max() > 0) == (index == 0)


def test_the_actor_is_told_the_critics_prediction_errors():
    learner = learner_of("prediction_error")
    agent = learner.agent
    params = agent.init(jax.random.key(0))
    result = evaluate(agent, params, ENV, num_episodes=3, seed=0)
    trace, rewards = result.trajectory.trace, np.asarray(result.trajectory.rewards)
    values = np.asarray(trace.value)
    errors = rewards[:, :-1] + 0.9 * values[:, 1:] - values[:, :-1]
    # The actor, run again on these errors, does what it did.
    module = agent._module
    definition, state = nnx.split(module)
    state = jax.tree.unflatten(jax.tree.structure(state), jax.tree.leaves(params))
    network = nnx.merge(definition, state)
    for episode in range(3):
        carry = (jnp.zeros(5), jnp.zeros(5))
        for step in range(ENV.num_steps):
            told = np.array(trace.inputs[episode, step])
            told[ENV.num_actions] = errors[episode, step - 1] if step else 0.0
            carry, acts_on = network.policy_lstm(carry, jnp.asarray(told))
            np.testing.assert_allclose(
                network.policy(acts_on), trace.logits[episode, step], atol=1e-5
            )


def test_no_gradient_of_the_policy_reaches_the_critic_through_its_errors():
    learner = learner_of("prediction_error", value_cost=0.0)
    flat = learner.init(jax.random.key(0))
    for gradient in gradients(learner, flat):
        found = learner.unravel(gradient)
        assert not any(np.any(leaf) for leaf in jax.tree.leaves(found["value_lstm"]))
        assert np.any(found["policy_lstm"]["dense_i"]["kernel"])


def test_errors_are_blocked_and_added_where_they_are_wanted():
    agent = learner_of("prediction_error").agent
    params = agent.init(jax.random.key(0))

    def logits(player):
        played = evaluate(player, params, ENV, num_episodes=40, seed=0).trajectory
        return np.asarray(played.trace.logits), np.asarray(played.actions), played.rewards

    plain, actions, rewards = logits(agent)
    wins = (actions[:, 0] == 1) & (rewards[:, 0] > 0)
    assert 0 < wins.sum() < 40
    for change in ({"gain": 0.0}, {"added": 4.0}):
        changed, again, _ = logits(Stimulated(agent=agent, action=1, paid=True, **change))
        np.testing.assert_array_equal(again[:, 0], actions[:, 0])
        differs = np.abs(changed[:, 1] - plain[:, 1]).max(axis=1) > 1e-7
        np.testing.assert_array_equal(differs, wins)
    with pytest.raises(ValueError, match="must have the network 'prediction_error'"):
        Stimulated(agent=learner_of("lstm").agent, action=1, paid=True)


OWN = """
    import jax.numpy as jnp
    from flax import nnx

    from metarl.agents.networks.core import Network
    from metarl.config import AgentConfig, TrainConfig
    from metarl.envs import Bandit


    class Layers(Network, network="layers"):
        def __init__(self, num_inputs, num_units, num_actions, *, rngs):
            self.first = nnx.GRUCell(num_inputs, num_units, rngs=rngs)
            self.second = nnx.GRUCell(num_units, num_units, rngs=rngs)
            self.heads = nnx.Linear(num_units, num_actions + 1, rngs=rngs)

        def initial_memory(self):
            zeros = jnp.zeros(self.heads.in_features)
            return {"one": zeros, "two": zeros}

        def __call__(self, memory, inputs):
            one, _ = self.first(memory["one"], inputs)
            two, _ = self.second(memory["two"], one)
            outputs = self.heads(two)
            return {"one": one, "two": two}, outputs[:-1], outputs[-1]


    def get_config():
        return TrainConfig(
            name="own",
            progress_bar=False,
            num_final_eval_episodes=10,
            eval_every_steps=1000,
            environment=Bandit(num_trials=10),
            agent=AgentConfig(
                network="layers", num_units=4, training_steps=3000, episodes_per_update=16
            ),
        )
"""


def test_a_network_in_a_file_of_ones_own_trains_with_workers_resumes_and_plays(tmp_path):
    (tmp_path / "my_net.py").write_text(textwrap.dedent(OWN))
    done = command(tmp_path, "train", "--config=my_net.py", "--config.num_workers=2")
    assert done.returncode == 0, done.stderr
    again = ["--config.resume=true", "--config.agent.training_steps=5000"]
    done = command(tmp_path, "train", "--config=my_net.py", *again)
    assert done.returncode == 0, done.stderr
    with pytest.raises(CheckpointError, match="`network` must be a known network, got 'layers'"):
        load_checkpoint(tmp_path / "results" / "own" / "checkpoint.npz")
    few = "--config.num_eval_episodes=20"
    done = command(tmp_path, "eval", "--config.name=own", few)
    assert "--import=FILE.py" in done.stderr
    assert done.returncode != 0
    done = command(tmp_path, "eval", "--config.name=own", "--import=my_net.py", few)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "results" / "own" / "data.npz") as data:
        assert data["one"].shape == data["two"].shape == (20, 10, 4)


class Odd(Network, network="odd"):
    """Each of its mistakes is made on demand."""

    mistake = ""

    def __init__(self, num_inputs, num_units, num_actions, *, rngs):
        width = num_actions + (self.mistake == "logits")
        dtype = jnp.float16 if self.mistake == "dtype" else jnp.float32
        self.heads = nnx.Linear(num_inputs, width + 1, param_dtype=dtype, rngs=rngs)
        if self.mistake == "variables":
            self.count = nnx.BatchStat(jnp.zeros(()))

    def initial_memory(self):
        return jnp.zeros(3)

    def __call__(self, memory, inputs):
        outputs = self.heads(inputs)
        return memory[: 2 if self.mistake == "memory" else 3], outputs[:-1], outputs[-1]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("logits", "a logit for each action"),
        ("memory", "the memory as `initial_memory` returns it"),
        ("dtype", "must have float32 parameters, got odd"),
        ("variables", "of the kind `nnx.Param` only, got odd"),
    ],
)
def test_a_network_that_cannot_be_trained_is_refused_before_work_starts(mistake, said):
    kind = type("Odd", (Odd,), {"mistake": mistake}, network=f"odd_{mistake}")
    with pytest.raises(ValueError, match=said.replace("odd", f"odd_{mistake}")):
        Agent.for_environment(ENV, network=kind.network)


def test_a_network_of_a_session_is_refused_before_anything_is_written(tmp_path):
    script = (
        "import metarl\n"
        "from metarl.agents.networks.gru import GRU\n"
        "class Mine(GRU, network='mine'):\n"
        "    pass\n"
        "agent = metarl.AgentConfig(network='mine', training_steps=10)\n"
        "try:\n"
        "    metarl.train(metarl.TrainConfig(agent=agent))\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert "`network` must be of a class that worker processes can import" in done.stdout
    assert not list(tmp_path.iterdir())


def test_an_unknown_network_is_refused_when_a_config_is_made():
    with pytest.raises(ValueError, match="`network` must be a known network, got 'lstn'"):
        AgentConfig(network="lstn")


def test_a_config_with_a_network_survives_pickle():
    config = dataclasses.replace(SMALL, network="gru")
    assert pickle.loads(pickle.dumps(config)) == config
    memory = learner_of("two_lstms").agent.initial_memory()
    assert isinstance(memory.policy, Memory)
