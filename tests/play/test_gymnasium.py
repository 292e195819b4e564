"""A frozen agent in environments of Gymnasium."""

import jax
import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from metarl.agents.actor_critic import Agent  # noqa: E402
from metarl.envs.gym import FamilyEnv  # noqa: E402
from metarl.play.gymnasium import play_gymnasium  # noqa: E402
from metarl.play.record import COLUMNS  # noqa: E402
from metarl.pretrained import load_agent  # noqa: E402


def untrained(**settings):
    agent = Agent(**{"num_actions": 2, "observation_size": 4, "num_steps": 10} | settings)
    return agent, agent.init(jax.random.key(0))


class Counter(gymnasium.Env):
    """Shows the number of the step; its two actions are 5 and 6, and it stops after three steps."""

    action_space = gymnasium.spaces.Discrete(2, start=5)
    observation_space = gymnasium.spaces.Discrete(4)

    def __init__(self):
        self.actions = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.step_number = 0
        return 0, {}

    def step(self, action):
        self.actions.append(action)
        self.step_number += 1
        return self.step_number, 0.5 * self.step_number, False, self.step_number == 3, {}


def test_a_shipped_agent_plays_its_family_as_well_as_in_an_evaluation():
    loaded = load_agent("bandit_correlated")
    env = FamilyEnv(loaded.config.environment, show_previous=False, show_elapsed=False)
    before = jax.tree.map(np.array, loaded.params)
    table = play_gymnasium(loaded.agent, loaded.params, env, 20, seed=1)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 20 * env.family.num_steps
    assert table.groupby("episode")["regret"].sum().mean() < 3  # its own is 1.2, chance 25
    jax.tree.map(np.testing.assert_array_equal, loaded.params, before)


def test_actions_from_another_number_than_zero_and_numbers_as_observations_fit():
    env = Counter()
    table = play_gymnasium(*untrained(), env, 2, seed=0)
    assert set(env.actions) <= {5, 6}
    np.testing.assert_array_equal(np.asarray(env.actions) - 5, table["action"])
    np.testing.assert_array_equal(table["reward"], [0.5, 1, 1.5] * 2)
    np.testing.assert_array_equal(table["episode"], [1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(table["trial"], [1, 2, 3] * 2)
    assert set(table["num_trials"]) == {3}
    assert table["regret"].isna().all()
    np.testing.assert_allclose(table["value"][0], table["value"][3], rtol=1e-6)  # fresh memory


def test_the_same_seed_gives_the_same_game():
    first, second, other = (
        play_gymnasium(*untrained(), gymnasium.make("CartPole-v1"), 2, seed) for seed in (3, 3, 4)
    )
    assert first.equals(second)
    assert not first.equals(other)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("Pendulum-v1", {}, "`env` must have a Discrete action space, got Box"),
        ("CartPole-v1", {"num_actions": 3}, "as many actions as the environment, 2, got one with"),
        ("CartPole-v1", {"observation_size": 5}, "observation entries as the environment, 4, got"),
    ],
)
def test_an_agent_that_does_not_fit_is_told_why(name, settings, words):
    with pytest.raises(ValueError, match=words):
        play_gymnasium(*untrained(**settings), gymnasium.make(name), 1, seed=0)


@pytest.mark.usefixtures("as_users_run_it")
def test_wrong_values_are_refused():
    agent, params = untrained()
    env = Counter()
    with pytest.raises(ValueError, match="`params` must have the agent's shapes"):
        play_gymnasium(agent, params["lstm"], env, 1, seed=0)
    with pytest.raises(ValueError, match="`agent` must be a Agent"):
        play_gymnasium(load_agent("bandit_easy"), params, env, 1, seed=0)
    with pytest.raises(ValueError, match="`env` must be a Env"):
        play_gymnasium(agent, params, "CartPole-v1", 1, seed=0)
    with pytest.raises(ValueError, match="`num_episodes` must be at least 1"):
        play_gymnasium(agent, params, env, 0, seed=0)
    with pytest.raises(ValueError, match="`seed` must be at least 0"):
        play_gymnasium(agent, params, env, 1, seed=-1)
