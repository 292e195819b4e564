"""Arguments are checked where they enter: the error names them, before any work."""

import dataclasses

import numpy as np
import pytest

from metarl.agents.actor_critic import Agent
from metarl.baselines import Random
from metarl.config import TrainConfig
from metarl.envs import Bandit
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.training.a2c import train_a2c

pytestmark = pytest.mark.usefixtures("as_users_run_it")
RANDOM = Random(num_actions=2)


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([[20, 80]], r"`tasks` must be probabilities in \[0, 1\], got \[20"),
        ([[np.nan, 0.5]], r"`tasks` must be probabilities in \[0, 1\], got \[nan"),
        ([[0.1, 0.2, 0.3]], "`tasks` must have one entry for each of the 2 arms"),
        ([0.1, 0.2], "`tasks` must have one entry for each of the 2 arms"),
        ([[0.1, 0.2]] * 3, "`tasks` must have one task for each of the 1 episodes"),
        ("odd", "`tasks` must be numbers"),
    ],
)
def test_tasks_follow_the_rule_of_one_task(tasks, words):
    with pytest.raises(ValueError, match=words):
        evaluate(RANDOM, (), Bandit(), num_episodes=1, seed=0, tasks=tasks)


def test_tasks_may_be_an_array():
    probs = np.array([[0.2, 0.8], [0.5, 0.5]])
    env = Bandit(num_trials=5)
    result = evaluate(RANDOM, (), env, num_episodes=2, seed=0, tasks=probs)
    np.testing.assert_allclose(result.trajectory.action_values[:, 0], probs, atol=1e-6)
    assert 0 <= episode_regret(result).mean <= 0.6 * 5


SEEDS = [5, "5", [0.5], [-1], [2**32], [True], [], [[1, 2], [3, 4]], [7, 7]]


@pytest.mark.parametrize("seeds", SEEDS)
def test_seeds_of_experiments_are_checked(seeds):
    with pytest.raises(ValueError, match="`seeds`"):
        train_a2c(TrainConfig(), seeds=seeds)


@dataclasses.dataclass
class PlainPlayer:
    num_actions: int = 2

    def initial_memory(self, task):
        return ()

    def draw_noise(self, key, num_steps):
        return RANDOM.draw_noise(key, num_steps)

    def act(self, params, memory, previous_action, timestep, noise_t):
        return memory, noise_t, ()


def test_a_player_that_cannot_be_hashed_is_told_how():
    with pytest.raises(ValueError, match=r"`player` must be hashable, .*PlainPlayer, a `@datac"):
        evaluate(PlainPlayer(), (), Bandit(), num_episodes=1, seed=0)


def test_a_player_with_other_observations_is_refused():
    agent = Agent(num_actions=2, observation_size=3, num_steps=100)
    with pytest.raises(ValueError, match=r"`player` must have as many observation entries"):
        evaluate(agent, {}, Bandit(), num_episodes=1, seed=0)


@pytest.mark.parametrize("name", ["CON", "nul", "aux.txt", "Com1", "LPT9", "com¹", "a.", "a "])
def test_names_that_windows_reserves_are_refused(name):
    with pytest.raises(ValueError, match="`name` must be a"):
        TrainConfig(name=name)


@pytest.mark.parametrize("name", ["console", "nully", "com", "a.b", "ünï"])
def test_names_that_only_look_like_them_are_not(name):
    assert TrainConfig(name=name).name == name
