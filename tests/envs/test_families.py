"""What every task family must do. A new family is tested by adding it to `FAMILIES`."""

import dataclasses
import itertools
import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metarl.baselines import Oracle, Random
from metarl.config import AgentConfig, TrainConfig
from metarl.config.mapping import config_from_dict, config_to_dict
from metarl.envs import Bandit, HasBelief, TaskFamily, families
from metarl.envs.baited import Baited
from metarl.envs.colours import Colours
from metarl.envs.core import TimeStep
from metarl.envs.daw import Daw
from metarl.envs.drifting import Drifting
from metarl.envs.harlow import Harlow
from metarl.envs.hidden_markov import HiddenMarkov
from metarl.envs.inferred import Inferred
from metarl.envs.informative import Informative
from metarl.envs.restless import Restless
from metarl.envs.reversal import Reversal
from metarl.envs.risky import Risky
from metarl.envs.two_step import TwoStep
from metarl.envs.volatile import Volatile
from metarl.evaluation.draws import draw_episodes
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import find_players
from metarl.evaluation.report import choices
from metarl.evaluation.results import episode_regret, trial_reward
from metarl.pretrained import load_agent
from metarl.rollout import rollout
from metarl.training.learner import Learner

FAMILIES = [
    Bandit(num_trials=4, reward_structure="independent"),
    Bandit(num_trials=4, reward_structure="hard"),
    Reversal(num_trials=4, win_probability=0.8, hazard=0.2),
    TwoStep(num_trials=3, hazard=0.2),
    TwoStep(num_trials=2, fixation=True, hazard=0.2),
    Restless(num_trials=4),
    Volatile(num_trials=4, interval=2),
    Volatile(num_trials=4, interval=2, switch_probability=0.2),
    Drifting(num_trials=4, boundary="clip"),
    HiddenMarkov(num_trials=4),
    Colours(num_trials=3),
    Informative(num_trials=3),
    Risky(num_trials=4, num_forced=1),
    Risky(num_trials=3, num_forced=1, fixation=True),
    Inferred(num_trials=3),
    Baited(num_trials=4),
    Baited(num_trials=3, fixation=True),
    Harlow(num_trials=3),
    Daw(num_trials=3),
]
# Columns of a game's record that are not p1 and p2.
COLUMNS = {
    "colours": [],
    "harlow": [],
    "informative": ["target"],
    "risky": ["p_risky"],
    "daw": ["p1", "p2", "p3", "p4"],
}
# Whose beliefs, observations and steps per trial differ from each other's.
DIFFERENT = [0, 2, 4]
# Other settings of families that are tested anyway; the two-step task's differ in more than that.
SECOND = [1, 7, 13, 16]
CASES = [
    pytest.param(env, marks=pytest.mark.slow if i in SECOND else (), id=env.describe())
    for i, env in enumerate(FAMILIES)
]
every_family = pytest.mark.parametrize("env", CASES)
with_regret = [case for case in CASES if case.values[0].has_regret]


@every_family
def test_a_family_survives_json_and_pickle(env):
    config = TrainConfig(environment=env)
    assert config_from_dict(TrainConfig, json.loads(json.dumps(config_to_dict(config)))) == config
    assert pickle.loads(pickle.dumps(env)) == env
    assert env.to_dict()["family"] in families.names()


@every_family
def test_shapes_and_ranges_are_what_the_family_says(env):
    assert isinstance(env, TaskFamily)
    player = Random(num_actions=env.num_actions)
    result = evaluate(player, (), env, num_episodes=200, seed=0)
    played = result.trajectory
    assert played.observations.shape == (200, env.num_steps, env.observation_size)
    assert played.action_values.shape == (200, env.num_steps, env.num_actions)
    assert env.num_steps == env.num_trials * env.steps_per_trial
    low, high = env.reward_range
    assert low <= played.rewards.min() < played.rewards.max() <= high
    if env.observation_size:
        low, high = env.observation_range
        assert low <= played.observations.min() < played.observations.max() <= high
    assert len(env.action_names) == env.num_actions
    assert np.isfinite(played.action_values).all() or not env.has_regret


@every_family
def test_jit_and_vmap_play_as_plain_python_does(env):
    player = Random(num_actions=env.num_actions)
    task = env.sample_task(jax.random.key(3))
    key = jax.random.key(4)
    with jax.disable_jit():
        plain = rollout(player, (), env, task, key)
    jitted = jax.jit(rollout, static_argnums=(0, 2))(player, (), env, task, key)
    batched = jax.vmap(lambda task: rollout(player, (), env, task, key))(
        jax.tree.map(lambda x: jnp.asarray(x)[None], task)
    )
    for one, two, many in zip(*map(jax.tree.leaves, (plain, jitted, batched)), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
        np.testing.assert_allclose(one, many[0], atol=1e-6)


@pytest.mark.parametrize("env", with_regret)
def test_reward_and_regret_together_are_the_oracles_reward(env):
    oracle = evaluate(Oracle(), (), env, num_episodes=20_000, seed=1)
    np.testing.assert_array_equal(oracle.regret, 0)
    blind = evaluate(Random(num_actions=env.num_actions), (), env, num_episodes=20_000, seed=2)
    total = blind.trajectory.rewards.sum(1) + blind.regret.sum(1)
    best = oracle.trajectory.rewards.sum(1)
    error = np.hypot(total.std(), best.std()) / np.sqrt(20_000)
    assert abs(total.mean() - best.mean()) <= 3.5 * error


@pytest.mark.parametrize("env", FAMILIES[:5], ids=lambda env: env.describe())
def test_the_filter_is_bayes_rule_over_all_tasks(env):
    """Against an average over many drawn tasks, weighed by the chance of what was seen."""
    assert isinstance(env, HasBelief)
    tasks = jax.vmap(env.sample_task)(jax.random.split(jax.random.key(5), 40_000))
    tape = env.sample_tape(jax.random.key(6))
    actions = np.random.default_rng(1).integers(0, min(env.num_actions, 2), env.num_steps)
    if getattr(env, "fixation", False):
        actions[:: env.steps_per_trial] = 2  # the cue is obeyed

    # What is seen is that of the first task; only second-stage and bandit outcomes tell anything.
    state, timestep = env.reset(jax.tree.map(lambda x: x[0], tasks))
    belief = env.initial_belief()
    weight = np.ones(40_000)
    for step, action in enumerate(actions):
        mean, best = env.belief_values(belief, timestep)
        here = values_at(env, tasks, step, timestep)
        expected = np.average(here, axis=0, weights=weight)
        count = weight.sum() ** 2 / np.square(weight).sum()  # effective number of tasks
        np.testing.assert_allclose(mean, expected, atol=4 * 0.5 / np.sqrt(count) + 0.01)
        best_here = np.average(here.max(axis=1), weights=weight)
        assert abs(float(best) - best_here) < 4 * 0.5 / np.sqrt(count) + 0.01
        state, after = env.step(state, jnp.int32(action), tape[step])
        informative = (env.steps_per_trial == 1) or (timestep.observation[1:3].sum() > 0)
        if informative:
            chance = here[:, action]
            weight = weight * (chance if after.reward > 0 else 1 - chance)
        belief = env.update_belief(belief, timestep, jnp.int32(action), after)
        timestep = after


def values_at(env, tasks, step, timestep):
    """The values of each task on a step, in the place that the time step shows."""
    if isinstance(env, TwoStep):
        trial = step // env.steps_per_trial
        place = env._place(timestep)
        return np.asarray(
            jax.vmap(lambda better: env._values(better, place))(tasks.better[:, trial])
        )
    state, _ = jax.vmap(env.reset)(tasks)
    return np.asarray(jax.vmap(env.action_values)(state._replace(trial=state.trial + step)))


@pytest.mark.parametrize(
    "env",
    [
        env if i in DIFFERENT else pytest.param(env, marks=pytest.mark.slow)
        for i, env in enumerate(FAMILIES)
    ],
    ids=lambda env: env.describe(),
)
def test_an_unroll_that_is_cut_carries_the_belief_on(env):
    settings = {"num_units": 4, "episodes_per_update": 3, "advantage_rewards": "belief"}
    whole = Learner(env, AgentConfig(**settings))
    # Each unroll is a program to compile: one cut, which lies within a trial if it can.
    cut = Learner(env, AgentConfig(**settings, max_unroll_steps=env.num_steps // 2 + 1))
    flat = whole.init(jax.random.key(0))
    episodes = whole.begin_episodes(jax.random.key(1))
    at_end = whole.gradient(flat, episodes, 0.0, env.num_steps, 0)[2]
    start = 0
    for length in cut.unroll_lengths():
        episodes = cut.gradient(flat, episodes, 0.0, length, start)[2]
        start += length
    for one, two in zip(*map(jax.tree.leaves, (episodes.belief, at_end.belief)), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    begun = [np.asarray(leaf) for leaf in jax.tree.leaves(env.initial_belief())]
    ended = [np.asarray(leaf) for leaf in jax.tree.leaves(at_end.belief)]
    assert any(np.any(one != two) for one, two in zip(ended, begun, strict=True))


@every_family
def test_the_game_can_be_told_in_words(env):
    drawn = draw_episodes(env, 2, seed=0)
    task = jax.tree.map(lambda x: np.asarray(x)[0], drawn.tasks)
    assert env.describe_task(task).endswith(".")
    columns = env.task_columns(task, 0)
    assert all(isinstance(value, float) for value in columns.values())
    assert list(columns) == COLUMNS.get(env.family, ["p1", "p2"])
    tasks, labels = env.diagnostic_tasks(7, jax.random.key(0))
    assert len(labels) == 7
    assert all(len(leaf) == 7 for leaf in jax.tree.leaves(tasks))
    state, timestep = env.reset(task)
    assert isinstance(env.describe_step(timestep), str)
    assert env.available_actions(state).any()


@pytest.mark.parametrize(
    "env",
    [
        pytest.param(Risky(num_trials=30, num_forced=10), marks=pytest.mark.slow),
        Inferred(num_trials=20),
        Risky(num_trials=20, num_forced=5, fixation=True),
    ],
    ids=lambda env: env.family,
)
def test_forced_choices_are_the_environments(env):
    """They are what is recorded and seen, have no regret, count for no one, and are not learnt."""
    played = evaluate(Random(num_actions=env.num_actions), (), env, num_episodes=50, seed=0)
    steps, forced = played.trajectory, np.asarray(played.trajectory.forced)
    assert (np.asarray(played.regret)[forced] == 0).all()
    agent = AgentConfig(num_units=4, episodes_per_update=3).build(env)
    params = agent.init(jax.random.key(0))
    traced = evaluate(agent, params, env, num_episodes=5, seed=0).trajectory
    seen = np.asarray(traced.trace.inputs)[:, 1:, : env.num_actions].argmax(-1)
    np.testing.assert_array_equal(seen, traced.actions[:, :-1])
    if isinstance(env, Risky):
        assert forced.sum() == 50 * 2 * env.num_forced
        choices = np.asarray(steps.actions)[forced].reshape(50, -1)
        assert (choices.sum(axis=1) == env.num_forced).all()
        trials = steps.rewards.reshape(50, env.num_trials, -1).sum(2)
        free = trials[:, 2 * env.num_forced :].mean(1)
        assert trial_reward(played).mean == pytest.approx(free.mean())
        totals = evaluate(
            Random(num_actions=env.num_actions), (), env, num_episodes=50, seed=0, keep="totals"
        )
        assert trial_reward(totals).mean == pytest.approx(free.mean())


def test_at_the_cue_of_a_forced_trial_only_the_forced_arm_counts():
    env = Risky(num_trials=30, num_forced=5, fixation=True, hazard=0.0)
    tasks = jax.vmap(env.sample_task)(jax.random.split(jax.random.key(0), 20))
    states, _ = jax.vmap(env.reset)(tasks)
    pays = np.where(np.asarray(tasks.is_low)[:, 0] == 1, 0.5, 2.0)
    forced = np.where(np.asarray(tasks.forced)[:, 0] == 1, pays, 1.0)
    values = np.asarray(jax.vmap(env.action_values)(states))
    np.testing.assert_allclose(values, np.stack([forced - 1, forced - 1, forced], axis=1))


def test_the_papers_test_episode_of_volatile_blocks(as_users_run_it):
    env = Volatile()
    first = np.asarray(env.blocks().probs[:, 0])
    assert (first[:50] == np.float32(0.75)).all()
    assert {*first[50:150].round(3)} == {np.float32(0.8), np.float32(0.2)}
    assert list(np.flatnonzero(np.diff(first[50:150] > 0.5)) + 51) == [75, 100, 125]
    assert len({*first[150:]}) == 1
    for lengths, words in (
        ((50, 50, 50), "four blocks"),
        ((50, 50, 50, 49), "add up to 200"),
        ((50, 50, 50.5, 49.5), "whole number"),
    ):
        with pytest.raises(ValueError, match=f"`lengths` must .*{words}"):
            env.blocks(lengths)


def test_forced_choices_teach_the_critic_but_not_the_policy():
    env = Inferred(num_trials=5, fixation=False)
    learner = Learner(env, AgentConfig(num_units=4, episodes_per_update=3))
    flat = learner.init(jax.random.key(0))
    episodes = learner.begin_episodes(jax.random.key(1))
    gradient = learner.unravel(learner.gradient(flat, episodes, 0.0, env.num_steps, 0)[0])
    assert not np.any(gradient["policy"]["kernel"])
    assert np.any(gradient["value"]["kernel"])


@pytest.mark.parametrize(
    ("name", "reward", "ideal"),
    [
        ("two_step", 0.702, 0.706),
        pytest.param("two_step_fixation", 0.702, 0.706, marks=pytest.mark.slow),
        pytest.param("reversal", 0.835, 0.843, marks=pytest.mark.slow),
    ],
)
def test_a_shipped_agent_comes_near_the_ideal_observer(name, reward, ideal):
    agent = load_agent(name)
    env = agent.config.environment
    found = trial_reward(
        evaluate(agent.agent, agent.params, env, num_episodes=4_000, seed=3, keep="totals")
    )
    assert found.mean > reward - 2 * found.standard_error
    ((_, greedy, _),), _ = find_players(env, ["greedy"])
    best = evaluate(greedy, (), env, num_episodes=4_000, seed=3)
    assert abs(trial_reward(best).mean - ideal) < 0.003
    assert found.mean < trial_reward(best).mean + 0.002


@pytest.mark.parametrize("name", ["two_step", "two_step_fixation"])
def test_the_two_step_agent_chooses_as_one_who_knows_the_transitions(name):
    stay = stay_probabilities(load_agent(name))
    assert stay["rewarded", "common"] >= 0.95
    assert stay["unrewarded", "uncommon"] >= 0.95
    assert 0.5 <= stay["rewarded", "uncommon"] <= 0.75
    assert 0.5 <= stay["unrewarded", "common"] <= 0.75


def stay_probabilities(agent):
    """How often the first choice is repeated, by the outcome and transition of the trial before."""
    env = agent.config.environment
    played = evaluate(agent.agent, agent.params, env, num_episodes=2_000, seed=5).trajectory
    shape = (2_000, env.num_trials, env.steps_per_trial)
    first = played.actions.reshape(shape)[:, :, -2]
    state = played.observations.reshape(*shape, -1)[:, :, -1, 1:3].argmax(-1)
    reward = played.rewards.reshape(shape)[:, :, -1] > 0
    stays = first[:, 1:] == first[:, :-1]
    found = {}
    for won, common in itertools.product([True, False], repeat=2):
        mask = (reward[:, :-1] == won) & ((state == first)[:, :-1] == common)
        key = ("rewarded" if won else "unrewarded", "common" if common else "uncommon")
        found[key] = stays[mask].mean()
    return found


@pytest.mark.parametrize(
    "env",
    [
        pytest.param(Reversal(num_trials=10, win_probability=0.9), marks=pytest.mark.slow),
        TwoStep(num_trials=6),
    ],
    ids=lambda env: env.family,
)
def test_a_small_agent_learns_the_family(env):
    from metarl.training.a2c import train_a2c

    agent = AgentConfig(
        training_steps=250_000,
        episodes_per_update=64,
        num_units=12,
        advantage_rewards="belief",
        learning_rate=1e-2,
    )
    trained = train_a2c(TrainConfig(environment=env, agent=agent))
    learner = Learner(env, agent)
    params = learner.unravel(np.asarray(trained.flat_params[0]))
    regret = episode_regret(evaluate(learner.agent, params, env, num_episodes=2_000, seed=1))
    ((_, greedy, _),), _ = find_players(env, ["greedy"])
    best = episode_regret(evaluate(greedy, (), env, num_episodes=2_000, seed=1)).mean
    blind = episode_regret(
        evaluate(Random(num_actions=env.num_actions), (), env, num_episodes=2_000, seed=1)
    ).mean
    assert regret.mean < best + 0.15 * (blind - best)


def test_impossible_settings_are_refused(as_users_run_it):
    for kind, field, value in (
        (Reversal, "hazard", 1.5),
        (Reversal, "win_probability", 0.2),
        (TwoStep, "common_probability", float("nan")),
        (TwoStep, "num_trials", 0),
        (TwoStep, "fixation", "yes"),
        (Risky, "num_trials", 10),
        (Risky, "low_probability", 0.6),
        (Informative, "prize", 1.0),
        (Baited, "num_trials", 5_000),
        (Drifting, "boundary", "wrap"),
        (Harlow, "object_size", 2),
        (Daw, "high", 0.2),
        (Volatile, "interval", 0),
    ):
        with pytest.raises(ValueError, match=f"`{field}` must"):
            kind(**{field: value})


def test_an_invalid_first_choice_costs_one_and_leads_nowhere():
    env = TwoStep(num_trials=2, fixation=True)
    state, timestep = env.reset(env.sample_task(jax.random.key(0)))
    assert env.describe_step(timestep) == "A cross: choose the centre."
    state, timestep = env.step(state, jnp.int32(2), jnp.zeros(2))
    assert float(timestep.reward) == 0
    state, timestep = env.step(state, jnp.int32(2), jnp.zeros(2))
    assert float(timestep.reward) == -1
    assert "No second stage" in env.describe_step(timestep)
    state, timestep = env.step(state, jnp.int32(0), jnp.zeros(2))
    assert float(timestep.reward) == 0
    assert env.describe_step(timestep) == "A cross: choose the centre."


def test_a_forgotten_action_values_is_said():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Nameless(TaskFamily, family="nameless_for_a_test"):
        num_trials: int = 3
        num_actions = 2

        def sample_task(self, key):
            return jnp.zeros(())

        def sample_tape(self, key):
            return jnp.zeros((3, 1))

        def reset(self, task):
            return task, TimeStep(jnp.zeros(0), jnp.float32(0), jnp.int32(0))

        def step(self, state, action, tape_t):
            return state, TimeStep(jnp.zeros(0), jnp.float32(1), jnp.int32(1))

    with pytest.raises(NotImplementedError, match="Nameless must define `action_values`"):
        Nameless().action_values(())
    with pytest.raises(ValueError, match="must be a new name, got 'nameless_for_a_test'"):

        class Other(Nameless, family="nameless_for_a_test"):
            pass


def test_the_raster_shows_the_choice_that_matters():
    """Not the cue, which always wants the centre, nor the second state, which is collected."""
    for env, place in ((TwoStep(num_trials=3), 0), (TwoStep(num_trials=3, fixation=True), 1)):
        player = Random(num_actions=env.num_actions)
        result = evaluate(player, (), env, num_episodes=20, seed=0)
        actions, unit = choices(env, result)
        steps = result.trajectory.actions.reshape(20, 3, env.steps_per_trial)
        np.testing.assert_array_equal(actions, steps[:, :, place])
        assert unit == "trial"
