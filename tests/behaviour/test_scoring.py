"""Scores of agents, players and fitted models on choices: one call, the same sessions."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import metarl
from metarl.analysis import trials_of
from metarl.analysis.delta_rule_fits import negative_log_likelihood
from metarl.analysis.lesions import MemoryReset
from metarl.baselines import (
    EpsilonGreedy,
    Greedy,
    Hybrid,
    ModelBased,
    ModelFree,
    Oracle,
    Random,
    RescorlaWagner,
    Thompson,
)
from metarl.baselines.delta_rule import DeltaRule
from metarl.behaviour import fit_and_score, fitted_rule, score, split_sessions, to_dataframe
from metarl.envs import Bandit
from metarl.envs.colours import Colours
from metarl.envs.daw import Daw
from metarl.envs.reversal import Reversal
from metarl.envs.risky import Risky
from metarl.envs.two_step import TwoStep

REVERSAL = Reversal(num_trials=30)
RULE = DeltaRule(alpha=0.6, alpha_loss=0.6, beta=3.0)
RAT = RescorlaWagner(num_actions=2, learning_rate=0.6, inverse_temperature=3.0)
COIN = Random(num_actions=2)
HAND = pd.DataFrame(
    {
        "subject": "ada",
        "session": "1",
        "episode": 1,
        "trial": [1, 2, 3],
        "step": 1,
        "action": pd.array([0, 0, 1], "Int64"),
        "reward": [1.0, 0.0, 0.0],
        "available": "",
    }
)


@pytest.fixture(scope="module")
def rats():
    return metarl.evaluate(RAT, (), REVERSAL, num_episodes=60, seed=1)


@pytest.fixture(scope="module")
def planners():
    env = TwoStep(num_trials=20)
    return env, metarl.evaluate(ModelBased.for_environment(env), (), env, num_episodes=60, seed=1)


def test_three_trials_by_hand():
    # Q of the first arm: .5, then .5 + .6 (1 - .5) = .8, then .8 + .6 (0 - .8) = .32.
    chances = [0.5, 1 / (1 + math.exp(-3 * 0.3)), 1 / (1 + math.exp(-3 * 0.18))]
    found = score(Bandit(), RULE, (), HAND)
    np.testing.assert_allclose(found.steps, [-np.log(chances)], rtol=1e-5)
    assert found.per_trial == pytest.approx(-np.log(chances).mean(), rel=1e-5)
    assert found.num_trials == 3
    assert found.episodes.to_dict("records") == [
        {"subject": "ada", "session": "1", "episode": 1, "trials": 3,
         "per_trial": pytest.approx(found.per_trial)}
    ]  # fmt: skip


def test_a_coin_gets_log_2_everywhere(rats, planners):
    for env, result in ((REVERSAL, rats), planners):
        for behaviour in (result, to_dataframe(env, result)):
            assert score(env, COIN, (), behaviour).per_trial == pytest.approx(math.log(2))


def test_the_model_that_made_the_choices_has_the_best_score(rats):
    table = to_dataframe(REVERSAL, rats)
    own = score(REVERSAL, RAT, (), table).per_trial
    others = [
        COIN,
        RescorlaWagner(num_actions=2, learning_rate=0.2, inverse_temperature=3.0),
        RescorlaWagner(num_actions=2, learning_rate=0.6, inverse_temperature=9.0),
        EpsilonGreedy(env=REVERSAL, epsilon=0.2),
    ]
    assert own < min(score(REVERSAL, other, (), table).per_trial for other in others) - 0.01


def test_planners_are_told_from_learners_of_actions_in_the_two_step_task(planners):
    env, result = planners
    table = to_dataframe(env, result)
    planned = score(env, ModelBased.for_environment(env), (), table).per_trial
    learnt = score(env, ModelFree.for_environment(env), (), table).per_trial
    assert planned < learnt - 0.05 < math.log(2)
    daw = Daw(num_trials=20)
    maker = Hybrid.for_environment(daw, weight=0.8)
    made = metarl.evaluate(maker, (), daw, num_episodes=60, seed=1)
    assert score(daw, maker, (), made).per_trial < score(daw, COIN, (), made).per_trial
    same = score(daw, maker, (), to_dataframe(daw, made))
    assert same.per_trial == pytest.approx(score(daw, maker, (), made).per_trial)


def test_evaluations_tables_and_trials_have_the_same_score(rats):
    found = [
        score(REVERSAL, RAT, (), behaviour).steps
        for behaviour in (rats, to_dataframe(REVERSAL, rats), trials_of(REVERSAL, rats))
    ]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-6)


def test_a_delta_rule_has_the_likelihood_that_fits_maximise(rats):
    trials = trials_of(REVERSAL, rats)
    one = jax.vmap(lambda c, r, k: negative_log_likelihood(RULE, 2, c, r, k))
    total = one(
        jnp.asarray(trials.choices, jnp.int32),
        jnp.asarray(trials.rewards, jnp.float32),
        jnp.asarray(trials.counted),
    ).sum()
    found = score(REVERSAL, RULE, (), rats)
    assert found.per_trial * found.num_trials == pytest.approx(float(total), rel=1e-5)


@pytest.mark.parametrize("name", ["reversal", "two_step", "two_step_fixation"])
def test_an_agent_that_is_fed_its_own_choices_has_the_probabilities_it_chose_by(name):
    loaded = metarl.load_agent(name)
    env = loaded.config.environment.changed(num_trials=12)
    result = metarl.evaluate(loaded.agent, loaded.params, env, num_episodes=20, seed=1)
    played = result.trajectory
    chances = np.asarray(jax.nn.log_softmax(played.trace.logits))
    wanted = -np.take_along_axis(chances, np.asarray(played.actions)[..., None], -1)[..., 0]
    for behaviour in (result, to_dataframe(env, result)):
        found = score(env, loaded.agent, loaded.params, behaviour)
        counted = np.isfinite(found.steps)
        assert counted.sum() == found.num_trials == trials_of(env, result).counted.sum()
        np.testing.assert_allclose(found.steps[counted], wanted[counted], rtol=1e-3, atol=1e-4)


def test_an_agent_that_forgets_predicts_itself_worse():
    loaded = metarl.load_agent("reversal")
    env = loaded.config.environment.changed(num_trials=30)
    result = metarl.evaluate(loaded.agent, loaded.params, env, num_episodes=30, seed=1)
    whole = score(env, loaded.agent, loaded.params, result).per_trial
    forgetful = score(env, MemoryReset(agent=loaded.agent), loaded.params, result).per_trial
    assert whole < forgetful


def test_sessions_may_have_any_lengths_and_several_subjects():
    longer = HAND.iloc[[0, 1, 2, 2, 2]].assign(subject="ben", trial=[1, 2, 3, 4, 5])
    both = pd.concat([HAND, longer], ignore_index=True)
    found = score(Bandit(num_trials=2), RULE, (), both)
    assert found.episodes["trials"].tolist() == [3, 5]
    assert found.episodes["subject"].tolist() == ["ada", "ben"]
    alone = score(Bandit(), RULE, (), HAND)
    np.testing.assert_allclose(found.steps[0, :3], alone.steps[0], rtol=1e-6)
    assert np.isnan(found.steps[0, 3:]).all()
    mixed = both.sample(frac=1, random_state=1)  # the order of the rows does not matter
    shuffled = score(Bandit(), RULE, (), mixed)
    assert shuffled.per_trial == pytest.approx(found.per_trial)


def test_trials_without_a_response_are_left_out_as_if_they_had_not_been():
    absent = HAND.iloc[[0]].assign(trial=3, action=pd.array([None], "Int64"), reward=np.nan)
    table = pd.concat([HAND.iloc[:2], absent, HAND.iloc[2:].assign(trial=4)], ignore_index=True)
    found = score(Bandit(), RULE, (), table)
    np.testing.assert_allclose(found.steps, score(Bandit(), RULE, (), HAND).steps)
    for player in (COIN, EpsilonGreedy(env=Bandit(), epsilon=0.1)):
        assert score(Bandit(), player, (), table).num_trials == 3


def test_forced_choices_are_learnt_from_and_do_not_count():
    forced = HAND.assign(available=["0", "", "0 1"])
    found, free = (score(Bandit(), RULE, (), table) for table in (forced, HAND))
    assert np.isnan(found.steps[0, 0])
    np.testing.assert_allclose(found.steps[0, 1:], free.steps[0, 1:])
    env = Risky(num_trials=14, fixation=False)
    result = metarl.evaluate(COIN, (), env, num_episodes=5, seed=1)
    wanted = 5 * (14 - env.num_forced_trials)
    for behaviour in (result, to_dataframe(env, result)):
        assert score(env, COIN, (), behaviour).num_trials == wanted


@dataclasses.dataclass(frozen=True)
class Biased:
    """Chooses the second action with probability .8."""

    num_actions = 2

    def initial_memory(self, task):
        return ()

    def draw_noise(self, key, num_steps):
        return jax.random.bernoulli(key, 0.8, (num_steps,)).astype(jnp.int32)

    def act(self, params, memory, previous_action, timestep, noise_t):
        return (), noise_t, ()

    def log_policy(self, params, memory, timestep, trace):
        return jnp.log(jnp.array([0.2, 0.8]))


def test_a_player_of_ones_own_is_scored_by_its_log_policy():
    found = score(Bandit(), Biased(), (), HAND)
    np.testing.assert_allclose(found.steps, [-np.log([0.2, 0.2, 0.8])], rtol=1e-6)


def test_ties_of_epsilon_greedy_are_shared():
    found = score(Bandit(), EpsilonGreedy(env=Bandit(), epsilon=0.1), (), HAND)
    np.testing.assert_allclose(found.steps, [-np.log([0.5, 0.95, 0.5])], rtol=1e-5)


REFUSED = {
    "a player without probabilities": ((Bandit(), Thompson(env=Bandit()), (), HAND), "Thompson"),
    "a greedy player": ((Bandit(), Greedy(env=Bandit()), (), HAND), "probabilities"),
    "the oracle": ((Bandit(), Oracle(), (), HAND), "honest player"),
    "no player": ((Bandit(), "coin", (), HAND), "must be a player"),
    "no family": (("bandit", COIN, (), HAND), "`env` must be a TaskFamily"),
    "no behaviour": ((Bandit(), COIN, (), [1, 2]), "must be a tidy table"),
    "too many actions": ((Bandit(num_arms=3), COIN, (), HAND), "as many actions"),
    "an action that is none": (
        (Bandit(), COIN, (), HAND.assign(action=[0, 2, 1])), "`action` must be from 0 to 1"),
    "no rewards": ((Bandit(), COIN, (), HAND.assign(reward=np.nan)), "`reward` must be a finite"),
    "a missing column": ((Bandit(), COIN, (), HAND.drop(columns="reward")), "Add reward"),
    "no rows": ((Bandit(), COIN, (), HAND.iloc[:0]), "must have rows"),
    "a step twice": ((Bandit(), COIN, (), HAND.iloc[[0, 0]]), "got a step twice"),
    "steps of another family": ((Bandit(), COIN, (), HAND.assign(step=2)), "`step` must be"),
    "no second step": ((TwoStep(), COIN, (), HAND), "all 2 steps of a trial"),
    "only forced choices": (
        (Bandit(), COIN, (), HAND.assign(available="0")), "at least one free choice"),
    "nothing shown": (
        (TwoStep(), COIN, (), pd.concat([HAND.assign(state=""), HAND.assign(state="", step=2)])),
        "`state` must tell the second state"),
    "a table of what it does not show": (
        (Colours(), COIN, (), HAND), "must be an EvalResult in the family colours"),
    "a delta rule of steps": ((TwoStep(), RULE, (), HAND), "`fit_and_score` fits one"),
}  # fmt: skip


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_scored_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        score(*arguments)


def test_sessions_are_split_for_each_subject():
    table = pd.concat(
        [HAND.assign(subject=who, session=day) for who in "ab" for day in ("x", "y", "z")],
        ignore_index=True,
    )
    train, test = split_sessions(table)
    assert train.groupby("subject")["session"].unique().map(list).to_dict() == {
        "a": ["x", "z"], "b": ["x", "z"],
    }  # fmt: skip
    assert set(test["session"]) == {"y"}
    assert len(train) + len(test) == len(table)
    episodes = pd.concat([HAND, HAND.assign(episode=2)], ignore_index=True)
    assert set(split_sessions(episodes)[1]["episode"]) == {2}
    with pytest.raises(ValueError, match=r"of each subject, got one of 'ada'"):
        split_sessions(HAND)


def test_a_model_is_fitted_to_some_sessions_and_scored_on_others():
    env = Reversal(num_trials=40)
    rates = {"slow": 0.15, "quick": 0.8}
    tables = [
        to_dataframe(env, metarl.evaluate(
            RescorlaWagner(num_actions=2, learning_rate=rate, inverse_temperature=4.0), (), env,
            num_episodes=40, seed=1), subject=name)
        for name, rate in rates.items()
    ]  # fmt: skip
    train, test = split_sessions(pd.concat(tables, ignore_index=True))
    fits = fit_and_score(env, train, test, num_starts=3)
    assert fits["subject"].tolist() == ["slow", "quick"]
    np.testing.assert_allclose(fits["alpha"], [0.15, 0.8], atol=0.1)
    assert fits["held_out_trials"].tolist() == [800, 800]
    assert (fits["held_out_per_trial"] < math.log(2) - 0.05).all()
    for _, row in fits.iterrows():
        rows = test[test["subject"] == row["subject"]]
        found = score(env, fitted_rule(row), (), rows).per_trial
        assert found == pytest.approx(row["held_out_per_trial"], rel=1e-4)
        own = score(env, dataclasses.replace(RAT, learning_rate=rates[row["subject"]],
                                             inverse_temperature=4.0), (), rows)  # fmt: skip
        assert found == pytest.approx(own.per_trial, abs=0.02)
    with pytest.raises(ValueError, match="`test` must be of the subjects of `train`"):
        fit_and_score(env, train, test[test["subject"] == "slow"])


def test_a_two_step_task_is_fitted_by_its_first_choices(planners):
    env, result = planners
    train, test = split_sessions(to_dataframe(env, result))
    fits = fit_and_score(env, train, test, num_starts=3)
    planned = score(env, ModelBased.for_environment(env), (), test).per_trial
    assert planned < fits["held_out_per_trial"].item() < math.log(2)
