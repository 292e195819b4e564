import pytest

from metarl.config import AgentConfig
from metarl.config.recipe import derive, explain
from metarl.envs import Bandit
from metarl.envs.reversal import Reversal
from metarl.training.learner import Learner

NONE = AgentConfig(training_steps=None)


@pytest.mark.parametrize(
    ("env", "steps", "why"),
    [
        (Bandit(), 8_000_000, "greedy choices are optimal"),
        (Reversal(), 8_000_000, "greedy choices are optimal"),
        (Bandit(reward_structure="independent"), 24_000_000, "exploration has to be learnt"),
        (Bandit(num_arms=3), 24_000_000, "exploration has to be learnt"),
    ],
)
def test_more_is_trained_where_exploration_has_to_be_learnt(env, steps, why):
    assert derive(NONE, env).training_steps == steps
    assert explain(NONE, env) == [f"training_steps = {steps}, because {why} in this family"]
    learner = Learner(env, NONE)
    assert learner.config.training_steps == steps <= learner.total_steps


def test_what_the_user_has_set_is_left_as_it_is():
    agent = AgentConfig(training_steps=5)
    assert derive(agent, Bandit()) is agent
    assert explain(agent, Bandit()) == []
    assert explain(AgentConfig(training_steps=None, training_seconds=3), Bandit()) == []


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "60"])
def test_impossible_times_are_refused(as_users_run_it, seconds):
    with pytest.raises(ValueError, match="`training_seconds` must be"):
        AgentConfig(training_steps=None, training_seconds=seconds)


def test_steps_and_seconds_exclude_each_other():
    with pytest.raises(ValueError, match="`training_seconds` must be None where `training_steps`"):
        AgentConfig(training_steps=100, training_seconds=1.0)
