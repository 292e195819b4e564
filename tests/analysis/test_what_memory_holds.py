"""Analyses of memory and of prediction errors, on cases whose answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metarl.analysis.lesions import MemoryReset, UnitClamped
from metarl.analysis.memory import decode, memory_of, principal_components
from metarl.analysis.observer import beliefs_of
from metarl.analysis.prediction_errors import (
    added_r2,
    ideal_values,
    model_free_errors,
    prediction_errors,
)
from metarl.analysis.tuning import unit_tuning
from metarl.baselines import Greedy, Hybrid
from metarl.envs import Bandit
from metarl.envs.daw import Daw
from metarl.envs.reversal import Reversal
from metarl.envs.two_step import TwoStep
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.pretrained import load_agent


def test_prediction_errors_add_up_to_return_minus_value():
    rng = np.random.default_rng(0)
    values, rewards = rng.normal(size=(2, 3, 5))
    errors = prediction_errors(values, rewards, 0.8)
    weights = 0.8 ** np.arange(5)
    np.testing.assert_allclose(errors @ weights, rewards @ weights - values[:, 0])


def test_an_observer_believes_what_the_filter_says():
    env = Reversal(num_trials=12)
    greedy = Greedy.for_environment(env)
    result = evaluate(greedy, (), env, num_episodes=30, seed=0)
    beliefs, values = beliefs_of(env, result)
    assert beliefs.shape == (30, 12)
    np.testing.assert_allclose(beliefs[:, 0], 0.5)
    chosen = np.asarray(result.trajectory.actions)
    better = np.abs(values[..., 0] - values[..., 1]) > 1e-6
    np.testing.assert_array_equal(values.argmax(-1)[better], chosen[better])
    with pytest.raises(ValueError, match="must be the family that was played"):
        beliefs_of(Bandit(num_arms=3), result)


def test_ideal_values_are_the_returns_of_one_who_plays_by_them():
    env = TwoStep(num_trials=20, hazard=0.1)
    result = evaluate(Greedy.for_environment(env), (), env, num_episodes=20_000, seed=1)
    values = ideal_values(env, result, 0.9)
    errors = prediction_errors(values, result.trajectory.rewards, 0.9)
    # An ideal observer is not surprised on average, whatever it has seen.
    spread = errors.std() / np.sqrt(20_000)
    np.testing.assert_allclose(errors.mean(axis=0), 0, atol=4.5 * spread + 1e-3)
    assert abs(np.corrcoef(values[:, :-1].ravel(), errors[:, :-1].ravel())[0, 1]) < 0.01


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_simulated_players_errors_are_its_own_kind_and_no_other(weight):
    env = TwoStep()
    player = Hybrid(env=env, weight=weight, learning_rate=0.5)
    result = evaluate(player, (), env, num_episodes=300, seed=2)
    ideal = prediction_errors(ideal_values(env, result, 0.9), result.trajectory.rewards, 0.9)
    regressors = {"model-based": ideal, "model-free": model_free_errors(env, result)}
    own = "model-based" if weight else "model-free"
    noise = np.random.default_rng(0).normal(size=ideal.shape) * 0.05
    table = added_r2(regressors[own] + noise, regressors).set_index("regressor")
    other = ({*regressors} - {own}).pop()
    assert table.loc[own, "r2"] > 0.9
    assert table.loc[own, "added_r2"] > 0.1
    assert 0 <= table.loc[other, "added_r2"] < 0.001
    assert 0.4 < table.loc[other, "r2"] < 0.9  # they are correlated all the same


def test_model_free_errors_are_those_of_sarsa():
    env = TwoStep(num_trials=2)
    result = evaluate(Hybrid(env=env), (), env, num_episodes=50, seed=0)
    errors = model_free_errors(env, result, learning_rate=0.5, trace=0.0)
    played = result.trajectory
    for b in range(50):
        first, second = np.full(2, 0.5), np.full(2, 0.5)
        for trial in (0, 1):
            a = int(played.actions[b, 2 * trial])
            s = int(np.argmax(played.observations[b, 2 * trial + 1])) - 1
            r = float(played.rewards[b, 2 * trial + 1])
            expected = [second[s] - first[a], r - second[s]]
            np.testing.assert_allclose(errors[b, 2 * trial : 2 * trial + 2], expected, atol=1e-6)
            first[a] += 0.5 * (second[s] - first[a])
            second[s] += 0.5 * (r - second[s])


def test_added_r2_is_what_only_one_explains():
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 20_000))
    table = added_r2(a + 0.5 * b, {"a": a, "both": a + b, "c": c}).set_index("regressor")
    assert table["total_r2"].to_numpy() == pytest.approx(1)
    assert table.loc["a", "r2"] == pytest.approx(0.8, abs=0.02)
    assert table.loc["c", "added_r2"] == pytest.approx(0, abs=1e-3)


def test_units_are_tuned_to_what_drives_them():
    rng = np.random.default_rng(2)
    reward, value = rng.normal(size=(2, 5_000))
    activity = rng.normal(size=(5_000, 4))
    activity[:, 0] += 2 * reward
    activity[:, 1] -= value
    table = unit_tuning(activity, {"reward": reward, "value": value})
    tuned = table[table["tuned"]]
    assert list(zip(tuned["unit"], tuned["regressor"], strict=True)) == [
        (0, "reward"),
        (1, "value"),
    ]
    assert tuned["added_r2"].to_numpy() == pytest.approx([0.8, 0.5], abs=0.03)
    assert list(np.sign(tuned["coefficient"])) == [1, -1]


def test_a_linear_code_is_read_on_episodes_it_was_not_fitted_on():
    rng = np.random.default_rng(3)
    targets = rng.normal(size=(40, 10, 2))
    memory = targets @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(40, 10, 6))
    table, read = decode(memory, targets)
    assert (table["r2"] > 0.97).all()
    assert read.shape == (20, 10, 2)
    unrelated, _ = decode(rng.normal(size=(40, 10, 6)), targets)
    assert (unrelated["r2"] < 0.05).all()


def test_the_belief_is_in_the_memory_of_an_agent():
    loaded = load_agent("bandit_correlated")
    env = loaded.config.environment
    result = evaluate(loaded.agent, loaded.params, env, num_episodes=400, seed=4)
    memory = memory_of(result)
    assert memory.shape == (400, 100, 2 * loaded.agent.num_units)
    table, _ = decode(memory, beliefs_of(env, result)[1])
    assert (table["r2"] > 0.95).all()
    places, shares = principal_components(memory, 3)
    assert places.shape == (400, 100, 3)
    assert shares["share"].is_monotonic_decreasing
    assert shares["share"].sum() < 1
    with pytest.raises(ValueError, match="must be that of an agent"):
        memory_of(evaluate(Greedy.for_environment(env), (), env, num_episodes=2, seed=0))


def test_without_memory_from_trial_to_trial_the_agent_can_only_win_stay():
    loaded = load_agent("bandit_correlated")
    env = loaded.config.environment

    def regret(player):
        result = evaluate(player, loaded.params, env, num_episodes=2_000, seed=5, keep="totals")
        return episode_regret(result).mean

    whole = regret(loaded.agent)
    assert regret(MemoryReset(agent=loaded.agent)) > 5 * whole
    clamped = [regret(UnitClamped(agent=loaded.agent, unit=unit)) for unit in range(3)]
    assert min(clamped) > 0.9 * whole
    with pytest.raises(ValueError, match="`unit` must be at most"):
        UnitClamped(agent=loaded.agent, unit=loaded.agent.num_units)


def test_a_clamped_unit_stays_at_its_value():
    loaded = load_agent("bandit_correlated")
    clamped = UnitClamped(agent=loaded.agent, unit=2, value=0.25)
    _, first = loaded.config.environment.reset(Bandit().make_task([0.2, 0.8]))
    memory = clamped.change(loaded.agent.initial_memory(), first)
    assert float(memory.cell[2]) == float(memory.hidden[2]) == 0.25
    assert float(jnp.abs(memory.cell).sum()) == 0.25
    assert jax.tree.structure(memory) == jax.tree.structure(loaded.agent.initial_memory())
    env = loaded.config.environment
    played = evaluate(clamped, loaded.params, env, num_episodes=4, seed=0).trajectory.trace
    assert (np.asarray(played.memory.hidden)[..., 2] == 0.25).all()
    hidden = np.asarray(played.memory.hidden)
    policy = loaded.params["policy"]
    logits = hidden @ np.asarray(policy["kernel"]) + np.asarray(policy["bias"])
    np.testing.assert_allclose(logits, played.logits, atol=1e-4)


def test_model_free_errors_use_the_second_choice_that_was_made():
    env = Daw(num_trials=3)
    result = evaluate(Hybrid(env=env), (), env, num_episodes=60, seed=0)
    errors, played = model_free_errors(env, result, trace=0.0), result.trajectory
    for b in range(60):
        first, second = np.full(2, 0.5), np.full((2, 2), 0.5)
        for trial in range(3):
            a, c = (int(x) for x in played.actions[b, 2 * trial : 2 * trial + 2])
            s = int(np.argmax(played.observations[b, 2 * trial + 1])) - 1
            r = float(played.rewards[b, 2 * trial + 1])
            expected = [second[s, c] - first[a], r - second[s, c]]
            np.testing.assert_allclose(errors[b, 2 * trial : 2 * trial + 2], expected, atol=1e-6)
            first[a] += 0.5 * (second[s, c] - first[a])
            second[s, c] += 0.5 * (r - second[s, c])


def test_regressors_that_follow_from_each_other_are_refused():
    x = np.random.default_rng(0).normal(size=100)
    with pytest.raises(ValueError, match="must not follow from each other"):
        unit_tuning(x[:, None], {"p": x, "q": 1 - x})
    with pytest.raises(ValueError, match="must be finite"):
        unit_tuning(x[:, None], {})
    same = unit_tuning(x[:, None], {"x": x})
    assert same["added_r2"].item() == pytest.approx(1)
