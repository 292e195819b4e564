import pytest

from metarl.config import AgentConfig
from metarl.config.recipe import as_derived, derive, explain
from metarl.envs import Bandit
from metarl.envs.colours import Colours
from metarl.envs.reversal import Reversal
from metarl.training.learner import Learner

DEFAULT = AgentConfig()
GREEDY, EXPLORE = "greedy choices are optimal", "exploration has to be learnt, over "


def independent(num_trials, num_arms=2):
    return Bandit(reward_structure="independent", num_trials=num_trials, num_arms=num_arms)


@pytest.mark.parametrize(
    ("env", "steps", "why"),
    [
        (Bandit(), 7_000_000, GREEDY),
        (Reversal(num_trials=7), 7_000_000, GREEDY),
        (Bandit(num_arms=3), 36_000_000, EXPLORE),
        (Colours(), 24_000_000, GREEDY),
        (independent(20), 24_000_000, EXPLORE),
        (independent(200), 72_000_000, EXPLORE),
        (independent(5000), 120_000_000, EXPLORE),
    ],
)
def test_more_is_trained_where_exploration_has_to_be_learnt(env, steps, why):
    assert derive(DEFAULT, env).training_steps == steps
    found = explain(DEFAULT, env)
    assert any(line.startswith(f"training_steps = {steps:,}, because {why}") for line in found)
    learner = Learner(env, DEFAULT)
    assert learner.config.training_steps == steps <= learner.total_steps


@pytest.mark.parametrize(
    ("num_trials", "episodes"), [(1, 320), (10, 160), (99, 17), (100, 16), (1000, 16)]
)
def test_an_update_has_many_steps_however_short_an_episode_is(num_trials, episodes):
    env = independent(num_trials)
    assert derive(DEFAULT, env).episodes_per_update == episodes
    reason = f"because an episode has {num_trials} steps"
    assert f"episodes_per_update = {episodes}, {reason}" in explain(DEFAULT, env)


@pytest.mark.parametrize(
    ("env", "discount"),
    [(Bandit(), 0.9), (independent(9), 0.97), (independent(100), 0.97), (independent(400), 0.985)],
)
def test_an_explorer_looks_further_ahead(env, discount):
    assert derive(DEFAULT, env).discount_end == discount


def test_what_the_user_has_set_is_left_as_it_is():
    agent = AgentConfig(training_steps=5, episodes_per_update=3, discount_end=0.5)
    assert derive(agent, Bandit()) == agent
    assert explain(agent, Bandit()) == []
    timed = AgentConfig(training_seconds=3)
    assert not any("training_steps" in line for line in explain(timed, Bandit()))


def test_a_resumed_run_takes_what_was_derived_for_the_run_before():
    then = AgentConfig(training_steps=500, episodes_per_update=7, discount_end=0.5)
    assert as_derived(AgentConfig(), then) == then
    assert as_derived(AgentConfig(training_seconds=9.0), then) == then
    assert as_derived(AgentConfig(training_steps=900), then).training_steps == 900


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "60"])
def test_impossible_times_are_refused(as_users_run_it, seconds):
    with pytest.raises(ValueError, match="`training_seconds` must be"):
        AgentConfig(training_seconds=seconds)


def test_steps_and_seconds_exclude_each_other():
    with pytest.raises(ValueError, match="`training_seconds` must be None where `training_steps`"):
        AgentConfig(training_steps=100, training_seconds=1.0)


@pytest.mark.parametrize("name", ["learning_rate_end", "value_cost", "discount", "gae_lambda_end"])
def test_what_is_not_derived_must_be_a_number(as_users_run_it, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        AgentConfig(**{name: None})
