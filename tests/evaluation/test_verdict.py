"""What an agent is told at the end: beside whom it stands, and what to do."""

import threading

import jax.numpy as jnp
import numpy as np
import pytest

from metarl.agents.actor_critic import AgentTrace
from metarl.agents.lstm import Memory
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import find_players
from metarl.evaluation.verdict import verdict
from metarl.evaluation.yardsticks import Scale, Yardsticks, has_collapsed, make_scale

ENV = Bandit(reward_structure="independent", num_trials=20)
EXPLOITING = Bandit(num_trials=20)


def play(env, name, num_episodes=300):
    """The result of a player, as if it were an agent that chooses evenly."""
    (found,), _ = find_players(env, (name,))
    result = evaluate(found.player, found.params, env, num_episodes=num_episodes, seed=3)
    trace = AgentTrace(
        inputs=jnp.zeros(1),
        logits=np.zeros((num_episodes, env.num_steps, env.num_actions), np.float32),
        value=jnp.zeros(1),
        memory=Memory(jnp.zeros(1), jnp.zeros(1)),
    )
    return result._replace(trajectory=result.trajectory._replace(trace=trace))


@pytest.fixture(scope="module")
def others():
    return {name: play(ENV, name) for name in ("oracle", "random", "thompson", "ucb1")}


def said_of(agent, others, env=ENV):
    return verdict(env, agent, others, make_scale(env, others), "Train on.")


def test_a_better_agent_is_said_to_be_better(others):
    said = said_of(play(ENV, "bayes_optimal"), others)
    assert said.startswith("The agent is better than thompson, the best of the other players.")
    assert "Train on" not in said


def test_a_worse_agent_is_told_what_to_do(others):
    said = said_of(play(ENV, "random"), others)
    assert said.startswith("The agent is not yet as good as thompson. It is 0.0% of the way")
    assert said.endswith("best known. Train on.")


def test_an_equal_agent_is_as_good(others):
    said = said_of(play(ENV, "thompson"), others)
    assert "as good as thompson, the best of the other players, as far as 300 episodes" in said


def test_nobody_is_asked_to_be_better_than_what_is_optimal():
    others = {name: play(EXPLOITING, name) for name in ("random", "greedy")}
    said = said_of(play(EXPLOITING, "greedy"), others, EXPLOITING)
    assert said.startswith("The agent is as good as greedy, which is optimal here, as far")


def test_a_collapsed_policy_is_named(others):
    agent = play(ENV, "random")
    sure = np.zeros_like(agent.trajectory.trace.logits)
    sure[..., 0] = 50.0
    trajectory = agent.trajectory
    collapsed = trajectory._replace(trace=trajectory.trace._replace(logits=sure))
    said = said_of(agent._replace(trajectory=collapsed), others)
    assert said.startswith("The policy has collapsed")
    assert "random_seed" in said


def test_only_chance_without_exploration_is_a_collapse():
    assert has_collapsed(entropy=0.001, reached=0.0, num_actions=2)
    assert not has_collapsed(entropy=0.001, reached=0.9, num_actions=2)
    assert not has_collapsed(entropy=0.6, reached=0.0, num_actions=2)


def test_the_scale_runs_from_random_to_the_best_possible():
    yardsticks = Yardsticks(EXPLOITING, num_episodes=200, seed=0)
    assert yardsticks.scale() is None
    results = yardsticks.results()
    assert list(results) == ["oracle", "random", "Thompson", "greedy"]
    scale = yardsticks.scale()
    assert scale.share(scale.random) == 0
    assert scale.share(scale.best) == 1
    assert scale.best < 0.9 < 4 < scale.random
    assert Scale(random=0.5, best=0.8).share(0.65) == pytest.approx(0.5)  # rewards


def test_there_is_no_scale_where_nobody_can_do_better_than_chance():
    env = Bandit(reward_structure="independent", num_trials=1)
    assert Yardsticks(env, num_episodes=200, seed=0).results()
    assert make_scale(env, {"random": play(env, "random")}) is None


def test_a_fault_in_the_thread_is_raised_where_results_are_asked_for():
    def fail():
        raise OSError("no room")

    yardsticks = Yardsticks(EXPLOITING, num_episodes=20, seed=0, then=fail)
    yardsticks.start()
    with pytest.raises(OSError, match="no room"):
        yardsticks.results()
    yardsticks.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "yardsticks"]
