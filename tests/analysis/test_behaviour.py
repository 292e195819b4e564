"""Analyses of choices, on simulated players whose answer is known."""

import io

import numpy as np
import pandas as pd
import pytest

from metarl.analysis import (
    compare_models,
    fit_delta_rule,
    lagged_regression,
    matching_slope,
    stay_probabilities,
    trials_of,
    trials_of_table,
)
from metarl.baselines import Hybrid, Random, RescorlaWagner, WinStayLoseShift
from metarl.envs import Bandit
from metarl.envs.baited import Baited
from metarl.envs.risky import Risky
from metarl.envs.two_step import TwoStep
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import opponents
from metarl.play.session import PlaySession

ARMS = Bandit(num_trials=100, reward_structure="independent")


def played_by(player, env, num_episodes, seed=0):
    return trials_of(env, evaluate(player, (), env, num_episodes=num_episodes, seed=seed))


def test_stay_probabilities_are_counted_by_the_trial_before():
    choices = np.array([[0, 0, 1, 1, 0], [1, 1, 1, 0, -1]])
    rewards = np.array([[1.0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
    table = stay_probabilities(choices, rewards).set_index("rewarded")
    assert table.loc[True, "count"] == 5  # stays: yes, yes, no, yes, no
    assert table.loc[True, "stay"] == pytest.approx(3 / 5)
    assert table.loc[False, "count"] == 2
    assert table.loc[False, "stay"] == pytest.approx(1 / 2)
    assert (table["low"] <= table["stay"]).all()
    assert (table["stay"] <= table["high"]).all()


def test_stay_probabilities_tell_model_based_from_model_free_players():
    env = TwoStep()
    stays = {}
    for weight in (0.0, 1.0):
        player = Hybrid(env=env, weight=weight, inverse_temperature=5.0)
        trials = played_by(player, env, 500)
        table = stay_probabilities(*trials[:2], common=trials.states == trials.choices)
        stays[weight] = table.set_index(["rewarded", "common"])["stay"]
    free, based = stays[0.0], stays[1.0]
    assert free[True, True] > free[True, False] - 0.02 > free[False, True]
    assert based[True, True] > based[False, True] + 0.1
    assert based[False, False] > based[True, False] + 0.1  # an uncommon reward speaks against it
    reward_alone = (
        free[True].mean() - free[False].mean(),
        based[True].mean() - based[False].mean(),
    )
    assert reward_alone[0] > 0.1 > abs(reward_alone[1])


def test_win_stay_lose_shift_looks_one_trial_back_and_no_further():
    player = WinStayLoseShift.for_environment(ARMS, 0.2)
    table = lagged_regression(*played_by(player, ARMS, 200)[:2], lags=3)
    product = table[table["term"] == "choice x reward"].set_index("lag")["coefficient"]
    others = table[(table["term"] != "choice x reward") | (table["lag"] > 1)]
    assert product[1] == pytest.approx(2 * np.log(0.9 / 0.1), rel=0.1)
    assert (others["coefficient"].abs() < 4 * others["error"]).all()
    assert list(table["lag"].unique()) == [1, 2, 3, 0]


@pytest.mark.parametrize("exponent", [1.0, 0.6])
def test_the_matching_slope_is_that_of_the_player(exponent):
    """Both arms pay as often as they are chosen, to a power: the slope is 1 over the power."""
    rng = np.random.default_rng(0)
    shares = np.linspace(0.15, 0.85, 15)
    odds = (shares / (1 - shares)) ** (1 / exponent - 1)
    chances = 0.5 * np.stack([odds, np.ones(15)]) / np.maximum(odds, 1)
    groups = np.repeat(np.arange(15), 40)
    choices = (rng.uniform(size=(600, 500)) > shares[groups, None]).astype(int)
    paid = rng.uniform(size=choices.shape) < chances[choices, groups[:, None]]
    (row,) = matching_slope(choices, paid.astype(float), groups).itertuples()
    assert row.slope == pytest.approx(exponent, abs=0.02)
    assert row.count == 15
    assert abs(row.bias) < 4 * row.bias_error + 0.02
    names = np.array([f"rats of day {group}" for group in groups])
    assert matching_slope(choices, paid.astype(float), names)["slope"][0] == pytest.approx(
        row.slope
    )


def test_matching_needs_rewards_of_both_arms():
    with pytest.raises(ValueError, match="at least three groups"):
        matching_slope(np.zeros((5, 10), int), np.ones((5, 10)))


@pytest.mark.parametrize(
    ("alpha", "beta"), [(0.1, 3.0), pytest.param(0.4, 8.0, marks=pytest.mark.slow), (0.8, 2.0)]
)
def test_the_learning_rate_is_recovered(alpha, beta):
    player = RescorlaWagner(num_actions=2, learning_rate=alpha, inverse_temperature=beta)
    trials = played_by(player, ARMS, 100)
    (row,) = fit_delta_rule(trials.choices[None], trials.rewards[None]).itertuples()
    assert row.alpha == pytest.approx(alpha, abs=0.03)
    assert row.beta == pytest.approx(beta, rel=0.1)
    assert row.trials == 10_000
    assert row.per_trial < np.log(2)
    assert row.bic == pytest.approx(2 * np.log(10_000) - 2 * row.log_likelihood)


VARIANTS = {
    "alpha, beta": {},
    "two rates": {"loss_rate": 0.1},
    "forgetting": {"forgetting": 0.4},
    "fictitious": {"fictitious": 0.8},
    "choice kernel": {"kernel_weight": 1.5},
    "alpha, beta, lapse": {"lapse": 0.25},
}


@pytest.mark.slow
def test_the_model_that_played_is_the_best_one():
    for name, settings in VARIANTS.items():
        player = RescorlaWagner(
            num_actions=2, learning_rate=0.4, inverse_temperature=6.0, **settings
        )
        trials = played_by(player, ARMS, 60)
        table = compare_models(trials.choices[None], trials.rewards[None], MODELS_TO_TELL)
        assert list(table[table["best"]]["model"]) == [name]


MODELS_TO_TELL = {
    "alpha, beta": ("alpha", "beta"),
    "two rates": ("alpha", "alpha_loss", "beta"),
    "forgetting": ("alpha", "beta", "forgetting"),
    "fictitious": ("alpha", "beta", "fictitious"),
    "choice kernel": ("alpha", "beta", "kernel_rate", "kernel_weight"),
    "alpha, beta, lapse": ("alpha", "beta", "lapse"),
}


def test_models_are_compared_subject_by_subject():
    subjects = [
        RescorlaWagner(num_actions=2, learning_rate=0.3, inverse_temperature=5.0),
        RescorlaWagner(num_actions=2, learning_rate=0.6, inverse_temperature=5.0, loss_rate=0.1),
    ]
    trials = [played_by(player, ARMS, 30, seed=i) for i, player in enumerate(subjects)]
    choices, rewards = (
        np.stack([getattr(t, name) for t in trials]) for name in ("choices", "rewards")
    )
    models = {name: MODELS_TO_TELL[name] for name in ("alpha, beta", "two rates")}
    table = compare_models(choices, rewards, models, num_starts=4)
    assert list(table[table["best"]].sort_values("subject")["model"]) == [
        "alpha, beta",
        "two rates",
    ]
    assert len(table) == 4


def test_a_block_is_fitted_for_itself():
    player = RescorlaWagner(num_actions=2, learning_rate=0.3, inverse_temperature=5.0)
    trials = played_by(player, ARMS, 20)
    counted = np.arange(100) < 40
    (row,) = fit_delta_rule(
        trials.choices[None], trials.rewards[None], counted=counted, num_starts=3
    ).itertuples()
    assert row.trials == 20 * 40
    assert row.alpha == pytest.approx(0.3, abs=0.15)


def test_unknown_constants_are_refused(as_users_run_it):
    with pytest.raises(ValueError, match="`free` must name constants"):
        fit_delta_rule(np.zeros((1, 9), int), np.zeros((1, 9)), ("gamma",))
    with pytest.raises(ValueError, match="`rewards` must be numbers"):
        fit_delta_rule(np.zeros((1, 9), int), np.zeros((1, 8)))


def test_a_trial_without_a_response_is_no_choice():
    table = pd.DataFrame(
        {
            "episode": 1,
            "trial": [1, 2, 3],
            "step": 1,
            "action": [0, None, 1],
            "reward": [1, None, 0],
        }
    )
    trials = trials_of_table(table.convert_dtypes(), Bandit(num_trials=3))
    np.testing.assert_array_equal(trials.choices, [[0, -1, 1]])
    np.testing.assert_array_equal(trials.rewards, [[1, 0, 0]])
    np.testing.assert_array_equal(trials.counted, [[True, False, True]])


@pytest.mark.parametrize("env", [ARMS, TwoStep(num_trials=4), TwoStep(num_trials=3, fixation=True)])
def test_a_persons_record_gives_the_trials_that_were_played(env):
    session = PlaySession(env, num_episodes=2, seed=3, opponents=opponents(env))
    rng = np.random.default_rng(0)
    chosen = []
    while True:
        while not session.episode_over:
            chosen.append(int(rng.choice(np.flatnonzero(session.available))))
            session.choose(chosen[-1])
        if not session.next_episode():
            break
    table = pd.read_csv(io.StringIO(session.to_csv()))
    mine = table[table["subject"] == "you"]
    trials = trials_of_table(mine, env)
    step = env.steps_per_trial - 2 if env.family == "two_step" else 0
    actions = np.array(chosen).reshape(2, env.num_trials, env.steps_per_trial)
    np.testing.assert_array_equal(trials.choices, actions[:, :, step])
    assert trials.rewards.sum() == mine["reward"].astype(float).sum()
    if env.family == "two_step":
        assert set(np.unique(trials.states)) <= {0, 1}
        assert (trials.states >= 0).all()
    with pytest.raises(ValueError, match="one subject"):
        trials_of_table(table, env)
    with pytest.raises(ValueError, match="a column `action`"):
        trials_of_table(mine.drop(columns="action"), env)


def test_a_central_action_is_no_choice_and_a_forced_one_does_not_count():
    env = Baited(num_trials=20, fixation=True)
    trials = played_by(Random(num_actions=3), env, 300)
    assert set(np.unique(trials.choices)) == {-1, 0, 1}
    fit = fit_delta_rule(trials.choices, trials.rewards, counted=trials.counted, num_starts=2)
    chance = (fit["per_trial"] * fit["trials"]).sum() / fit["trials"].sum()
    assert 0.55 < chance <= np.log(2)
    risky = Risky(num_trials=30, num_forced=5)
    trials = played_by(Random(num_actions=2), risky, 50)
    assert not trials.counted[:, :10].any()
    assert trials.counted[:, 10:].all()
    with pytest.raises(ValueError, match="`choices` must be from -1"):
        fit_delta_rule(np.full((1, 9), 2), np.zeros((1, 9)))
    with pytest.raises(ValueError, match="`counted` must leave each subject a choice"):
        fit_delta_rule(np.full((1, 9), -1), np.full((1, 9), np.nan))
    with pytest.raises(ValueError, match="`fixed` must name constants"):
        fit_delta_rule(np.zeros((1, 9), int), np.zeros((1, 9)), fixed={"gamma": 1.0})
    with pytest.raises(ValueError, match="at least 0 and at most 1, got 5"):
        fit_delta_rule(np.zeros((1, 9), int), np.zeros((1, 9)), ("beta",), fixed={"alpha": 5.0})


def test_choices_that_follow_without_a_mistake_are_refused():
    player = WinStayLoseShift.for_environment(ARMS)
    trials = played_by(player, ARMS, 20)
    with pytest.raises(ValueError, match="without a mistake"):
        lagged_regression(*trials[:2], lags=1)
    with pytest.raises(ValueError, match="must vary"):
        lagged_regression(np.zeros((3, 20), int), np.ones((3, 20)))


def test_sessions_are_told_apart_and_rows_that_are_there_twice_are_refused():
    rows = {"episode": [1, 1], "trial": [1, 2], "step": [1, 1], "action": [0, 1], "reward": [1, 0]}
    env = Bandit(num_trials=2)
    one = pd.DataFrame(rows | {"session": ["a", "a"]})
    two = pd.concat([one, pd.DataFrame(rows | {"session": ["b", "b"]})], ignore_index=True)
    np.testing.assert_array_equal(trials_of_table(two, env).choices, [[0, 1], [0, 1]])
    for table, words in (
        (pd.concat([one, one], ignore_index=True), "a step twice"),
        (one.iloc[:0], "must have rows"),
        (one.assign(trial=[1, 9]), "`trial` must be from 1 to 2"),
    ):
        with pytest.raises(ValueError, match=words):
            trials_of_table(table, env)


def test_results_without_steps_or_of_another_family_are_refused():
    totals = evaluate(Random(num_actions=2), (), ARMS, num_episodes=5, seed=0, keep="totals")
    with pytest.raises(ValueError, match=r"`result`.*Totals"):
        trials_of.__wrapped__(ARMS, totals)
    played = evaluate(Random(num_actions=2), (), ARMS, num_episodes=5, seed=0)
    with pytest.raises(ValueError, match=r"`env`.*100 trials"):
        trials_of(Bandit(num_trials=50), played)
