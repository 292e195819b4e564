"""The drop-down of games, what a person sees of an outcome, and the sample record."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from metarl.analysis import fit_delta_rule, trials_of_table
from metarl.baselines import Oracle, Random, WinStayLoseShift
from metarl.envs import Bandit
from metarl.envs.informative import Informative
from metarl.envs.two_step import TwoStep
from metarl.evaluation.players import BEST
from metarl.play.choose import GAMES, Game, GameChooser
from metarl.play.feedback import line_of, outcome_html
from metarl.play.record import read_regret
from metarl.play.sample import (
    ENV,
    NUM_EPISODES,
    PEOPLE,
    sample_record,
    simulate,
    write_sample_record,
)
from metarl.play.session import PlaySession
from metarl.play.widget import PlayView
from metarl.pretrained import load_agent


def play_out(session):
    while not session.episode_over:
        session.choose(int(np.flatnonzero(session.available)[0]))


def test_nothing_is_played_until_a_game_is_chosen():
    chooser = GameChooser()
    assert list(chooser.menu.options)[1:] == list(GAMES)
    assert chooser.session is None
    assert chooser.view is None
    assert chooser.place.children == ()


def test_the_chosen_game_is_played_and_another_takes_its_place():
    small = Game("two_step", 3, "Left & right.")
    chooser = GameChooser({"two steps": small, "arms": Game("bandit_correlated", 4, "x")}, seed=1)
    chooser.menu.value = "two steps"
    assert isinstance(chooser.session.env, TwoStep)
    assert (chooser.session.env.num_trials, chooser.session.num_episodes) == (3, 3)
    assert "agent" in chooser.session.players
    assert "Left &amp; right." in chooser.rules.value
    assert chooser.place.children == (chooser.view.box,)
    chooser.view.buttons[0].click()
    assert chooser.session.step == 1
    chooser.menu.value = "arms"
    assert isinstance(chooser.session.env, Bandit)
    assert chooser.session.step == 0
    assert chooser.place.children == (chooser.view.box,)
    chooser.menu.value = chooser.menu.options[0]
    assert chooser.session is None
    assert chooser.place.children == ()


def test_every_game_has_an_agent_that_ships_for_its_tasks():
    for game in GAMES.values():
        env = load_agent(game.agent).config.environment
        assert game.num_trials <= env.num_trials
        assert game.rules.endswith(".")


@pytest.mark.parametrize(
    ("options", "words"),
    [({"games": {}}, "`games` must hold"), ({"num_episodes": 0}, "`num_episodes` must be")],
)
def test_an_impossible_choice_of_games_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        GameChooser(**options)


def test_a_win_and_a_miss_differ_in_words_and_signs():
    session = PlaySession(Bandit(num_trials=30), seed=3)
    assert "Your turn." in outcome_html(session)
    texts = {}
    for _ in range(30):
        reward = session.choose(0)
        texts[reward] = re.sub("<[^>]*>", "", outcome_html(session))
    assert re.fullmatch("Trial [0-9]+: \N{CHECK MARK} you won", texts[1.0])
    assert re.fullmatch("Trial [0-9]+: \N{MULTIPLICATION X} you missed", texts[0.0])


def test_within_a_trial_there_is_no_outcome_yet():
    session = PlaySession(TwoStep(num_trials=2), seed=3)
    session.choose(1)
    assert "Trial 1: you chose right." in outcome_html(session)
    session.choose(1)
    assert re.search("Trial 1: . you (won|missed)", outcome_html(session))


def test_where_1_is_not_the_highest_reward_the_number_is_told():
    session = PlaySession(Informative(), seed=1)
    session.choose(10)
    assert re.search(r"you got 0\.[0-9]", outcome_html(session))


def test_the_view_shows_the_outcome_after_each_trial():
    view = PlayView(PlaySession(Bandit(num_trials=2), seed=1), min_seconds=0)
    assert "Your turn." in view.outcome.value
    view.buttons[0].click()
    assert "Trial 1: " in view.outcome.value
    assert view.outcome in view.box.children


def test_overlapping_curves_differ_in_more_than_colour():
    session = PlaySession(Bandit(), subject="ada")
    names = ["ada", "agent", "Thompson", BEST, "somebody"]
    looks = [tuple(sorted(map(str, line_of(session, name).items()))) for name in names]
    assert len(set(looks)) == len(names)
    assert "marker" in line_of(session, "ada")
    assert line_of(session, "agent")["lw"] < line_of(session, BEST)["lw"]


def test_a_simulated_person_plays_by_the_rules_of_its_player():
    session = PlaySession(Bandit(num_trials=40), num_episodes=2, seed=5)
    simulate(session, WinStayLoseShift.for_environment(session.env), seed=1)
    assert session.over
    for episode in range(2):
        choices = session.choices(episode=episode)
        for before, after in itertools.pairwise(choices):
            assert (after.action == before.action) == (before.reward == 1)


def test_two_simulated_people_differ_and_the_same_seed_is_the_same_person():
    def actions(seed):
        session = PlaySession(Bandit(num_trials=40), seed=5)
        simulate(session, Random(num_actions=2), seed=seed)
        return [choice.action for choice in session.choices()]

    assert actions(1) == actions(1)
    assert actions(1) != actions(2)


@pytest.mark.parametrize("begun", [True, False])
def test_a_game_that_cannot_be_simulated_is_refused(begun):
    session = PlaySession(Bandit(num_trials=3) if begun else TwoStep(num_trials=2), seed=1)
    if begun:
        session.choose(0)
    with pytest.raises(ValueError, match="`session` must be at the beginning of an episode"):
        simulate(session, Oracle(), seed=1)


def test_the_sample_record_is_what_its_people_play(tmp_path):
    write_sample_record(tmp_path / "again.csv")
    shipped, again = (pd.read_csv(path) for path in (sample_record(), tmp_path / "again.csv"))
    assert set(shipped["session"]) == {"simulated"}
    assert shipped["seconds"].isna().all()
    # The agent that ships may be another by now.
    shipped, again = (table[table["subject"] != "agent"] for table in (shipped, again))
    pd.testing.assert_frame_equal(shipped, again, rtol=1e-3, atol=1e-4)


def test_the_sample_record_gives_its_makers_away():
    regret = read_regret(sample_record())
    assert list(regret) == ["Ada", "agent", "Thompson", BEST, "Ben", "Cy"]
    assert all(one.shape == (NUM_EPISODES, ENV.num_trials) for one in regret.values())
    table = pd.read_csv(sample_record())
    trials = [trials_of_table(table[table["subject"] == name], ENV) for name in PEOPLE]
    choices, rewards = (
        np.stack([getattr(x, what) for x in trials]) for what in ("choices", "rewards")
    )
    fitted = fit_delta_rule(choices, rewards, ("alpha", "beta", "lapse"))["alpha"]
    true = [player.learning_rate for player in PEOPLE.values()]
    np.testing.assert_allclose(fitted, true, atol=0.1)
