"""The game: its rules, its record, its views in a notebook and in a terminal."""

import csv
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest

from metarl.baselines import Insider, Random
from metarl.envs import Bandit
from metarl.evaluation import evaluate
from metarl.opponents import Watch, opponents_for
from metarl.play import YOU, PlaySession, read_regret
from metarl.play_terminal import play_in_terminal
from metarl.play_widget import PlayView, WatchView, text_colour


@pytest.fixture
def session():
    return PlaySession(
        Bandit(num_arms=3, num_trials=4, reward_structure="independent"),
        num_episodes=2,
        seed=3,
        opponents={"random": (Random(num_actions=3), ()), "insider": (Insider(), ())},
    )


def play_out(session, arm=0):
    while session.pull(arm) is not None:
        pass


def test_the_score_is_the_sum_of_rewards_and_trials_are_counted(session):
    rewards = [session.pull(1), session.pull(2)]
    assert set(rewards) <= {0.0, 1.0}
    assert session.score == sum(rewards)
    assert session.trial == 2
    assert not session.episode_over


def test_a_pull_after_the_end_does_nothing(session):
    play_out(session)
    before = session.pulls()
    assert session.episode_over
    assert session.pull(0) is None
    assert session.pulls() == before


def test_probabilities_are_told_at_the_end_only(session):
    with pytest.raises(RuntimeError, match="when the episode is over"):
        session.arm_probs()
    play_out(session, arm=2)
    probs = session.arm_probs()
    assert all(p.regret == pytest.approx(probs.max() - probs[2]) for p in session.pulls())


def test_the_next_episode_comes_when_this_one_is_over_and_there_is_one(session):
    assert not session.next_episode()
    play_out(session)
    first = session.arm_probs()
    assert session.next_episode()
    assert (session.episode, session.trial, session.score) == (1, 0, 0)
    play_out(session)
    assert not np.array_equal(first, session.arm_probs())
    assert session.over
    assert not session.next_episode()


def test_everybody_plays_on_the_same_tape():
    """Who pulls the same arm on the same trial gets the same reward."""
    env = Bandit(num_trials=60)
    game = PlaySession(env, seed=1, opponents=opponents_for(env))
    play_out(game, arm=1)
    assert game.players == [YOU, "agent", "Thompson", "best possible"]
    for rival in game.players[1:]:
        same = [
            (yours.reward, theirs.reward)
            for yours, theirs in zip(game.pulls(), game.pulls(rival), strict=True)
            if yours.action == theirs.action
        ]
        assert all(yours == theirs for yours, theirs in same)


def test_the_machines_play_as_in_an_evaluation_with_that_seed():
    env = Bandit(num_trials=30)
    players = opponents_for(env)
    game = PlaySession(env, num_episodes=2, seed=9, opponents=players)
    play_out(game)
    player, params = players["agent"]
    result = evaluate(player, params, env, num_episodes=2, seed=9)
    assert [p.action for p in game.pulls("agent")] == result.trajectory.actions[0].tolist()


def test_the_same_seed_is_the_same_game_and_another_seed_another():
    def rewards(seed):
        game = PlaySession(Bandit(num_trials=50), seed=seed)
        play_out(game)
        return [pull.reward for pull in game.pulls()], game.arm_probs().tolist()

    assert rewards(4) == rewards(4)
    assert rewards(4) != rewards(5)


def test_machines_are_shown_up_to_the_persons_trial(session):
    session.pull(0)
    assert len(session.pulls("random")) == 1


@pytest.mark.parametrize(("arm", "words"), [(3, "below 3"), (-1, "at least 0"), (0.5, "whole")])
def test_an_arm_that_is_not_there_is_refused(session, arm, words, as_users_run_it):
    with pytest.raises(ValueError, match=rf"`arm` must be .*{words}"):
        session.pull(arm)


def test_the_record_is_tidy_and_draws_a_learning_curve(session, tmp_path):
    play_out(session, arm=1)
    session.next_episode()
    session.pull(0)  # an unfinished episode is in the record, but not in the curve
    path = session.save_csv(tmp_path / "game.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("player", "episode", "trial", "action", "reward", "regret", "seconds"),
        *("p1", "p2", "p3"),
    ]
    yours = [row for row in rows if row["player"] == YOU]
    assert [(row["episode"], row["trial"]) for row in yours] == [
        *(("1", str(t)) for t in range(1, 5)),
        ("2", "1"),
    ]
    assert {row["action"] for row in yours[:4]} == {"2"}
    assert all(float(row["seconds"]) >= 0 for row in yours)
    assert all(row["seconds"] == "" for row in rows if row["player"] == "random")
    curves = read_regret(path)
    assert list(curves) == session.players
    assert curves[YOU].shape == (1, 4)
    np.testing.assert_array_equal(curves["insider"], 0)
    probs = np.array([float(yours[0][f"p{i}"]) for i in (1, 2, 3)])
    np.testing.assert_allclose(curves[YOU], probs.max() - probs[1], atol=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "must have the columns"),
        ("player,episode,trial,action,reward,regret,seconds,p1\n", "at least one episode"),
        ("player,episode,trial,action,reward,regret,seconds,p1\nyou,one,1,1,1,0,1,.5\n", "line 2"),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path, text, words):
    path = tmp_path / "game.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_regret(path)


def test_nobody_is_called_the_best_possible_where_arms_are_given_by_hand():
    assert "best possible" in opponents_for(Bandit())
    assert "best possible" not in opponents_for(Bandit(arm_probs=(0.8, 0.9)))


def test_lines_that_are_no_text_or_no_arm_are_asked_for_again(session):
    lines, said = iter(["9" * 5000, UnicodeDecodeError, "q"]), []

    def read(prompt):
        line = next(lines)
        if line is UnicodeDecodeError:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        return line

    play_in_terminal(session, read=read, write=said.append)
    assert sum("is no arm" in line for line in said) == 2
    assert max(map(len, said)) < 200


def test_opponents_fit_the_environment():
    independent = Bandit(num_arms=4, reward_structure="independent")
    assert list(opponents_for(independent)) == ["Thompson", "greedy"]
    assert opponents_for(Bandit(num_arms=4)) == {}


def text_of(widget):
    if isinstance(widget, widgets.HTML):
        return widget.value
    return " ".join(text_of(child) for child in getattr(widget, "children", ()))


def test_the_widget_game_is_played_by_clicks(session):
    view = PlayView(session)
    assert [button.description for button in view.buttons] == ["Arm 1", "Arm 2", "Arm 3"]
    parts = len(view.box.children)
    assert "trial <b>0</b> of 4" in text_of(view.box)
    assert view.next_button.disabled
    for _ in range(4):
        picture = view.plot.value
        view.buttons[1].click()
        assert view.plot.value != picture  # redrawn, in place
    assert "trial <b>4</b> of 4" in text_of(view.box)
    assert view.strip.value.count("<span") == 4
    assert "The arms won with" in text_of(view.box)
    assert all(button.disabled for button in view.buttons)
    view.buttons[0].click()  # a click that was under way when the episode ended
    assert session.trial == 4
    assert not view.next_button.disabled
    view.next_button.click()
    assert "Episode <b>2</b> of 2" in text_of(view.box)
    assert "The arms won with" not in text_of(view.box)
    assert view.strip.value.count("<span") == 0
    for _ in range(4):
        view.buttons[0].click()
    assert view.next_button.disabled  # it was the last
    view.next_button.click()
    assert session.episode == 1
    assert len(view.box.children) == parts  # nothing piles up


def test_the_regret_can_be_hidden_until_the_end(session):
    view = PlayView(session, show_regret=False)
    hidden = view.plot.value
    view.buttons[0].click()
    assert view.plot.value == hidden
    view.regret_box.value = True
    assert view.plot.value != hidden


def test_a_regret_of_zero_still_draws():
    view = PlayView(PlaySession(Bandit(num_trials=1, arm_probs=(0.5, 0.5))))
    view.buttons[0].click()
    assert "arm 1: 0.50" in view.result.value


def test_arms_are_labelled_to_be_read():
    assert text_colour("#FFFFFF") == "#000000"
    assert text_colour("#005F9E") == "#FFFFFF"


def test_the_agent_can_be_watched_trial_by_trial():
    view = WatchView(Watch(Bandit(num_trials=5), seed=1))
    assert "trial <b>0</b> of 5" in view.status.value
    for trial in range(1, 6):
        view.step_button.click()
        assert f"trial <b>{trial}</b> of 5" in view.status.value
    assert view.step_button.disabled
    assert "The arms won with" in view.status.value
    watch = view.watch
    np.testing.assert_allclose(watch.probabilities.sum(axis=1), 1, atol=1e-5)
    view.step_button.click()
    assert watch.trial == 5


def test_the_terminal_game_refuses_what_is_no_arm_and_ends_by_itself(session):
    lines = iter(["4", "one", "", *"12", "3", "1", *"2222"])
    shown = []
    play_in_terminal(session, read=lambda prompt: next(lines), write=shown.append)
    text = "\n".join(shown)
    assert text.count("is no arm") == 3
    assert text.count("The arms won with") == 2
    assert session.over
    assert next(lines, None) is None


@pytest.mark.parametrize("ending", ["q", EOFError])
def test_the_terminal_game_can_be_left(session, ending):
    def read(prompt):
        if ending is EOFError:
            raise EOFError
        return ending

    shown = []
    play_in_terminal(session, read=read, write=shown.append)
    assert "You left the game" in shown[-1]


def test_the_game_runs_in_a_real_terminal(tmp_path):
    command = [sys.executable, "-m", "metarl", "play", f"--config.path={tmp_path}/new"]
    options = ["--config.environment.num_trials=3", "--config.player_filename=ada"]
    leader, follower = pty.openpty()
    game = subprocess.Popen(
        [*command, *options], stdin=follower, stdout=follower, stderr=follower, close_fds=True
    )
    os.close(follower)
    text, answers, deadline = "", ["1\n", "7\n", "2\n", "1\n"], time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([leader], [], [], 0.2)[0]:
            try:
                text += os.read(leader, 4096).decode()
            except OSError:  # the terminal closed with the game
                break
            if text.endswith("arm 1-2: ") and answers:
                os.write(leader, answers.pop(0).encode())
    assert game.wait(timeout=10) == 0
    os.close(leader)
    assert "`7` is no arm" in text
    assert "The arms won with" in text
    assert "best possible" in text
    assert read_regret(Path(tmp_path) / "new" / "play_ada.csv")[YOU].shape == (1, 3)
