"""Beliefs against an average over drawn tasks, and optimal policies against brute force."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metarl.baselines import Greedy, Planner
from metarl.envs.baited import Baited, BaitedBelief, _rates
from metarl.envs.core import TimeStep
from metarl.envs.daw import Daw
from metarl.envs.drifting import Drifting
from metarl.envs.hidden_markov import HiddenMarkov
from metarl.envs.informative import Informative
from metarl.envs.restless import Restless
from metarl.envs.risky import Risky
from metarl.envs.volatile import Volatile
from metarl.envs.walks import grid, kernel, sample_walks, start_weights
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret, trial_reward

ONE_STEP = [
    Restless(num_trials=8, slow_step=0.05, fast_step=0.4),
    Volatile(num_trials=12, interval=3, stable_probability=0.8, volatile_probability=0.9),
    Volatile(num_trials=12, interval=3, volatile_probability=0.9, switch_probability=0.2),
    Drifting(num_trials=8, step_size=0.2, num_arms=3),
    Drifting(num_trials=8, step_size=0.3, boundary="clip"),
    HiddenMarkov(num_trials=8, second_win_probability=0.7, second_stay_probability=0.6),
    Risky(num_trials=8, num_forced=0, hazard=0.2),
    Baited(num_trials=8),
    Baited(num_trials=8, held_out=True),
]


@pytest.mark.parametrize("env", ONE_STEP, ids=lambda env: env.describe())
def test_the_belief_is_bayes_rule_over_all_tasks(env):
    tasks = jax.vmap(env.sample_task)(jax.random.split(jax.random.key(5), 60_000))
    states, _ = jax.vmap(env.reset)(tasks)
    state, timestep = env.reset(jax.tree.map(lambda x: x[0], tasks))
    actions = np.random.default_rng(2).integers(0, 2, env.num_steps)
    tape = env.sample_tape(jax.random.key(6))
    belief, weight = env.initial_belief(), np.ones(60_000)
    chances_of = jax.jit(jax.vmap(env.action_values if env.has_regret else chances_of_baits))
    move = jax.jit(jax.vmap(env.step, (0, None, None)))
    for step, action in enumerate(actions):
        here = np.asarray(chances_of(states), np.float64)
        mean, best = env.belief_values(belief, timestep)
        few = env.reward_range[1] * 4 * 0.5 * np.sqrt(np.square(weight).sum()) / weight.sum() + 0.01
        np.testing.assert_allclose(mean, np.average(here, axis=0, weights=weight), atol=few)
        assert abs(float(best) - np.average(here.max(axis=1), weights=weight)) < few
        state, after = env.step(state, jnp.int32(action), tape[step])
        chance = here[:, action] / env.reward_range[1]
        if isinstance(env, Risky) and action == 0:
            chance = np.ones_like(chance)
        weight = weight * (chance if after.reward > 0 else 1 - chance)
        belief = env.update_belief(belief, timestep, jnp.int32(action), after)
        timestep = after
        states, _ = move(states, jnp.int32(action), tape[step])


def chances_of_baits(state):
    return 1 - (1 - state.inner.task.rates) ** (state.inner.waited + 1)


def test_the_belief_of_daws_task_is_bayes_rule():
    """Two choices in each second state; what a first choice brings, and the better one's share."""
    env = Daw(num_trials=4, step_size=0.1)
    tasks = jax.vmap(env.sample_task)(jax.random.split(jax.random.key(5), 60_000))
    probs = np.asarray(tasks.probs, np.float64)
    weight, belief = np.ones(60_000), env.initial_belief()
    for trial, (second, choice, reward) in enumerate([(0, 1, 1.0), (1, 1, 0.0), (0, 0, 1.0)]):
        few = 4 * 0.15 * np.sqrt(np.square(weight).sum()) / weight.sum() + 0.003
        best = probs[:, trial].max(axis=2)
        first = np.stack([0.7 * best[:, 0] + 0.3 * best[:, 1], 0.3 * best[:, 0] + 0.7 * best[:, 1]])
        for place in (0, 1 + second):
            shown = TimeStep(jax.nn.one_hot(place, 3), jnp.float32(0), jnp.int32(2 * trial))
            here = first.T if place == 0 else probs[:, trial, second]
            mean, top = env.belief_values(belief, shown)
            np.testing.assert_allclose(mean, np.average(here, axis=0, weights=weight), atol=few)
            assert abs(float(top) - np.average(here.max(axis=1), weights=weight)) < few
            after = TimeStep(jnp.zeros(3), jnp.float32(reward), jnp.int32(0))
            belief = env.update_belief(belief, shown, jnp.int32(choice), after)
        chance = probs[:, trial, second, choice]
        weight = weight * (chance if reward else 1 - chance)


@pytest.mark.parametrize("boundary", ["reflect", "clip"])
@pytest.mark.parametrize("step_size", [0.02, 0.3, 1.0])
def test_the_kernel_is_the_law_of_a_walks_step(step_size, boundary):
    walks = np.asarray(sample_walks(jax.random.key(1), 2, 200_000, step_size, 0.25, 0.75, boundary))
    assert walks.min() >= 0.25
    assert walks.max() <= 0.75
    points = grid(0.25, 0.75)
    law = kernel(step_size, 0.25, 0.75, boundary)
    np.testing.assert_allclose(law.sum(axis=1), 1, atol=1e-5)
    after = start_weights() @ law
    for low, high in ((0.25, 0.3), (0.3, 0.5), (0.5, 0.75)):
        expected = after[(points > low) & (points <= high)].sum() + (low == 0.25) * after[0]
        found = np.mean((walks[1] > low) & (walks[1] <= high)) + (low == 0.25) * np.mean(
            walks[1] <= 0.25
        )
        assert abs(found - expected) < 0.012
    # Where a walk goes depends on where it was.
    assert abs(np.mean(walks[0] * walks[1]) - start_weights() * points @ (law @ points)) < 0.003


BY_OUTCOME = [
    HiddenMarkov(num_trials=4, second_win_probability=0.6, stay_probability=0.8),
    HiddenMarkov(num_trials=4, second_stay_probability=0.5),
    Risky(num_trials=5, num_forced=0, hazard=0.1),
]


@pytest.mark.parametrize("env", BY_OUTCOME, ids=lambda env: str(env))
def test_planned_values_are_those_of_all_policies_tried_out(env):
    prize = env.reward_range[1]

    def value(belief, step):
        return max(q_values(belief, step)) if step < env.num_steps else 0.0

    def q_values(belief, step):
        shown = TimeStep(jnp.zeros(0), jnp.float32(0), jnp.int32(step))
        means, _ = env.belief_values(belief, shown)
        found = []
        for action in range(env.num_actions):
            if isinstance(env, Risky) and action == 0:
                outcomes = [(1.0, 1.0)]
            else:
                chance = float(means[action]) / prize
                outcomes = [(chance, prize), (1 - chance, 0.0)]
            total = 0.0
            for chance, reward in outcomes:
                after = TimeStep(jnp.zeros(0), jnp.float32(reward), jnp.int32(step + 1))
                later = env.update_belief(belief, shown, jnp.int32(action), after)
                total += chance * (reward + value(later, step + 1))
            found.append(total)
        return found

    with jax.disable_jit():
        belief = env.initial_belief()
        shown = TimeStep(jnp.zeros(0), jnp.float32(0), jnp.int32(0))
        np.testing.assert_allclose(
            env.planned_values(belief, shown), q_values(belief, 0), atol=2e-3
        )


def test_the_plan_for_the_informative_arm_is_best_of_all_policies():
    for num_arms, prize in ((3, 1.4), (3, 5.0), (4, 2.0), (2, 1.1)):
        env = Informative(num_arms=num_arms, num_trials=4, prize=prize)
        start = env.initial_belief()

        @functools.cache
        def value(possible, left, env=env):
            if left == 0:
                return 0.0
            return max(q_values(possible, left, env))

        def q_values(possible, left, env, value=value):
            found = []
            for action in range(env.num_actions):
                total = 0.0
                for target in possible:
                    if action == env.num_arms:
                        reward, after = (target + 1) / env.num_arms, (target,)
                    elif action == target:
                        reward, after = env.prize, (target,)
                    else:
                        reward, after = 1.0, tuple(x for x in possible if x != action)
                    total += (reward + value(after, left - 1)) / len(possible)
                found.append(total)
            return found

        shown = TimeStep(jnp.zeros(env.observation_size), jnp.float32(0), jnp.int32(0))
        planned = env.planned_values(start, shown)
        exact = q_values(tuple(range(num_arms)), 4, env)
        assert float(planned.max()) == pytest.approx(max(exact), abs=1e-5)
        assert exact[int(jnp.argmax(planned))] == pytest.approx(max(exact), abs=1e-5)


def test_told_the_rates_the_plan_for_baited_arms_is_best_of_all_policies():
    env = Baited(num_trials=6)
    rates = _rates(env)
    for cell in (0, 7, 17):

        @functools.cache
        def value(waited, trial, cell=cell):
            return max(q_values(waited, trial, cell)) if trial < 6 else 0.0

        def q_values(waited, trial, cell, value=value):
            found = []
            for arm in (0, 1):
                chance = 1 - (1 - float(rates[cell, arm])) ** (waited[arm] + 1)
                after = tuple(0 if i == arm else n + 1 for i, n in enumerate(waited))
                found.append(chance + value(after, trial + 1))
            return found

        belief = BaitedBelief(jax.nn.one_hot(cell, len(rates)), jnp.zeros(2, jnp.int32))
        shown = TimeStep(jnp.zeros(0), jnp.float32(0), jnp.int32(0))
        np.testing.assert_allclose(
            env.planned_values(belief, shown), q_values((0, 0), 0, cell), atol=1e-5
        )


@pytest.mark.parametrize(
    "env",
    [
        HiddenMarkov(num_trials=60, second_win_probability=0.6),
        HiddenMarkov(num_trials=60, second_stay_probability=0.5),
        Risky(num_trials=60, num_forced=0),
        Informative(),
    ],
    ids=lambda env: str(env),
)
def test_the_planner_earns_what_its_plan_says(env):
    planner = Planner.for_environment(env)
    result = evaluate(planner, (), env, num_episodes=20_000, seed=3, keep="totals")
    shown = TimeStep(jnp.zeros(env.observation_size), jnp.float32(0), jnp.int32(0))
    expected = float(env.planned_values(env.initial_belief(), shown).max()) / env.num_trials
    found = trial_reward(result)
    assert abs(found.mean - expected) < 3 * found.standard_error + 1e-3
    greedy = evaluate(
        Greedy.for_environment(env), (), env, num_episodes=20_000, seed=3, keep="totals"
    )
    assert found.mean > trial_reward(greedy).mean


def test_the_restless_ideal_observer_has_the_known_regret():
    env = Restless()
    greedy = Greedy.for_environment(env)
    regret = episode_regret(evaluate(greedy, (), env, num_episodes=10_000, seed=3, keep="totals"))
    assert abs(regret.mean - 6.03) < 3 * regret.standard_error + 0.03
