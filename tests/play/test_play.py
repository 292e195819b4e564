"""The game: its rules, its record, its views in a notebook and in a terminal."""

import csv
import errno
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest

from metarl.baselines import Oracle, Random
from metarl.envs import Bandit
from metarl.envs.informative import Informative
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import opponents
from metarl.play.record import COLUMNS, GameRecord, read_regret
from metarl.play.session import YOU, PlaySession
from metarl.play.terminal import play_in_terminal
from metarl.play.watch import Watch
from metarl.play.widget import PlayView, WatchView, text_colour


@pytest.fixture
def session():
    return PlaySession(
        Bandit(num_arms=3, num_trials=4, reward_structure="independent"),
        num_episodes=2,
        seed=3,
        opponents={"random": (Random(num_actions=3), ()), "oracle": (Oracle(), ())},
    )


RANDOM = {"random": (Random(num_actions=2), ())}


def play_out(session, arm=0):
    while session.choose(arm) is not None:
        pass


def test_the_score_is_the_sum_of_rewards_and_trials_are_counted(session):
    rewards = [session.choose(1), session.choose(2)]
    assert set(rewards) <= {0.0, 1.0}
    assert session.score == sum(rewards)
    assert session.trial == 2
    assert not session.episode_over


def test_a_pull_after_the_end_does_nothing(session):
    play_out(session)
    before = session.choices()
    assert session.episode_over
    assert session.choose(0) is None
    assert session.choices() == before


def test_probabilities_are_told_at_the_end_only(session):
    with pytest.raises(RuntimeError, match="when the episode is over"):
        session.told()
    play_out(session, arm=2)
    probs = [float(p) for p in re.findall(r"arm \d: (0\.\d\d)", session.told())]
    assert len(probs) == 3
    gap = pytest.approx(max(probs) - probs[2], abs=0.011)
    assert all(choice.regret == gap for choice in session.choices())


def test_the_next_episode_comes_when_this_one_is_over_and_there_is_one(session):
    assert not session.next_episode()
    play_out(session)
    first = session.told()
    assert session.next_episode()
    assert (session.episode, session.trial, session.score) == (1, 0, 0)
    play_out(session)
    assert first != session.told()
    assert session.over
    assert not session.next_episode()


def test_everybody_plays_on_the_same_tape():
    """Who pulls the same arm on the same trial gets the same reward."""
    env = Bandit(num_trials=60)
    game = PlaySession(env, seed=1, opponents=opponents(env))
    while game.choose(game.trial % 2) is not None:
        pass
    assert game.players == [YOU, "agent", "Thompson", "best possible"]
    for rival in game.players[1:]:
        same = [
            (yours.reward, theirs.reward)
            for yours, theirs in zip(game.choices(), game.choices(rival), strict=True)
            if yours.action == theirs.action
        ]
        assert same
        assert all(yours == theirs for yours, theirs in same)


def test_the_machines_play_as_in_an_evaluation_with_that_seed():
    env = Bandit(num_trials=30)
    players = opponents(env)
    game = PlaySession(env, num_episodes=2, seed=9, opponents=players)
    play_out(game)
    player, params = players["agent"]
    result = evaluate(player, params, env, num_episodes=2, seed=9)
    assert [p.action for p in game.choices("agent")] == result.trajectory.actions[0].tolist()


def test_the_same_seed_is_the_same_game_and_another_seed_another():
    def rewards(seed):
        game = PlaySession(Bandit(num_trials=50), seed=seed)
        play_out(game)
        return [pull.reward for pull in game.choices()], game.told()

    assert rewards(4) == rewards(4)
    assert rewards(4) != rewards(5)


def test_machines_are_shown_up_to_the_persons_trial(session):
    session.choose(0)
    assert len(session.choices("random")) == 1


@pytest.mark.parametrize(("arm", "words"), [(3, "below 3"), (-1, "at least 0"), (0.5, "whole")])
def test_an_arm_that_is_not_there_is_refused(session, arm, words, as_users_run_it):
    with pytest.raises(ValueError, match=rf"`action` must be .*{words}"):
        session.choose(arm)


def test_the_record_is_tidy_and_draws_a_learning_curve(session, tmp_path):
    play_out(session, arm=1)
    session.next_episode()
    session.choose(0)  # an unfinished episode is in the record, but not in the curve
    path = session.save_csv(tmp_path / "game.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*COLUMNS, "p1", "p2", "p3"]
    yours = [row for row in rows if row["subject"] == YOU]
    assert [(row["episode"], row["trial"]) for row in yours] == [
        *(("1", str(t)) for t in range(1, 5)),
        ("2", "1"),
    ]
    assert {row["action"] for row in yours[:4]} == {"1"}
    assert {(row["seed"], row["num_trials"]) for row in rows} == {("3", "4")}
    assert {datetime.fromisoformat(row["session"]).utcoffset() is None for row in rows} == {False}
    assert "-0" not in {row["regret"] for row in rows}
    assert all(float(row["seconds"]) >= 0 for row in yours)
    assert all(row["seconds"] == "" for row in rows if row["subject"] == "random")
    curves = read_regret(path)
    assert list(curves) == session.players
    assert curves[YOU].shape == (1, 4)
    np.testing.assert_array_equal(curves["oracle"], 0)
    probs = np.array([float(yours[0][f"p{i}"]) for i in (1, 2, 3)])
    np.testing.assert_allclose(curves[YOU], probs.max() - probs[1], atol=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "must have the columns"),
        ("", "at least one finished episode, got 0"),
        ("you,1,1,2,0\n", "at least one finished episode, got 1 unfinished"),
        ("you,one,1,1,0\n", "`episode` must be a whole number, got 'one' in line 2"),
        ("you,1,1,1,-0.5\n", r"`regret` must be at least 0, got -0\.5 in line 2"),
        ("you,1,1,2,0\nyou,1,1,2,0\n", "`trial` must be 2, .* got 1 in line 3"),
        ("you,1,2,2,0\n", "`trial` must be 1, .* got 2 in line 2"),
        ("you,1,1,1,0\nada,1,1,2,0\n", r"must have one `num_trials`, got \[1, 2\]"),
        ("=1+1,1,1,1,0\n", "`subject` must be a plain name"),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path, text, words):
    path = tmp_path / "game.csv"
    path.write_text(text if "a,b" in text else "subject,episode,trial,num_trials,regret\n" + text)
    with pytest.raises(ValueError, match=words):
        read_regret(path)


def test_a_record_that_has_seen_a_spreadsheet_is_read(session, tmp_path):
    play_out(session, arm=1)
    path = session.save_csv(tmp_path / "game.csv")
    expected = read_regret(path)
    text = path.read_text()
    for changed in (
        "\ufeff" + text,
        "\ufeff" + text.replace(",", ";").replace(".", ",").replace("\n", "\r\n"),
        "sep=;\n" + text.replace(",", ";"),
    ):
        path.write_text(changed, newline="", encoding="utf-8")
        found = read_regret(path)
        assert list(found) == list(expected)
        for player, regret in expected.items():
            np.testing.assert_allclose(found[player], regret)


def test_each_trial_is_recorded_as_it_happens_and_no_old_record_is_touched(tmp_path):
    wanted = tmp_path / "game.csv"
    wanted.write_text("an old one")
    games = [
        PlaySession(Bandit(num_trials=3), record=wanted, subject=name, opponents=RANDOM)
        for name in ("ada", "bob")
    ]
    assert games[0].seed != games[1].seed
    for trial in range(1, 4):
        for number, game in enumerate(games, start=2):
            game.choose(0)
            rows = (tmp_path / f"game_{number}.csv").read_text().splitlines()[1:]
            assert len(rows) == 2 * trial
            assert f",{game.seed},3," in rows[-1]
    assert wanted.read_text() == "an old one"
    assert games[1].finish() == tmp_path / "game_3.csv"
    assert set(read_regret(tmp_path / "game_3.csv")) == {"bob", "random"}


def test_a_game_that_is_not_played_leaves_no_file(tmp_path):
    game = PlaySession(Bandit(), record=tmp_path / "game.csv")
    assert game.finish() is None
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_does_not_end_the_game(tmp_path, monkeypatch, caplog):
    record = GameRecord(tmp_path / "game.csv", ["a", "b"])
    record.append([[1, 2]])

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    record.append([[3, 4]])
    record.append([[5, 6]])
    assert caplog.text.count("The game goes on") == 1
    with pytest.raises(OSError, match="No space left"):
        record.finish()
    monkeypatch.undo()
    assert record.finish().read_text() == "a,b\n1,2\n3,4\n5,6\n"


def test_nobody_is_called_as_a_machine_is():
    with pytest.raises(
        ValueError, match="`subject` must differ from the machines' names, got 'Rand"
    ):
        PlaySession(Bandit(), opponents=RANDOM, subject="Random")


@pytest.mark.parametrize("seed", [-1, 2**32 + 5, 0.5])
def test_a_seed_that_is_none_is_refused(seed, as_users_run_it):
    with pytest.raises(ValueError, match="`seed` must be"):
        PlaySession(Bandit(), seed=seed)


def test_nobody_is_called_the_best_possible_where_arms_are_given_by_hand():
    assert "best possible" in opponents(Bandit())
    assert "best possible" not in opponents(Bandit(arm_probs=(0.8, 0.9)))


def test_lines_that_are_no_text_or_no_arm_are_asked_for_again(session):
    lines, said = iter(["9" * 5000, UnicodeDecodeError, "q"]), []

    def read(prompt):
        line = next(lines)
        if line is UnicodeDecodeError:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        return line

    play_in_terminal(session, read=read, write=said.append)
    assert sum("is not a valid arm" in line for line in said) == 2
    assert max(map(len, said)) < 200


def test_opponents_fit_the_environment():
    independent = Bandit(num_arms=4, reward_structure="independent")
    assert list(opponents(independent)) == ["Thompson", "greedy"]
    assert opponents(Bandit(num_arms=4)) == {}


def text_of(widget):
    if isinstance(widget, widgets.HTML):
        return widget.value
    return " ".join(text_of(child) for child in getattr(widget, "children", ()))


def test_the_widget_game_is_played_by_clicks(session):
    view = PlayView(session, min_seconds=0)
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


def test_the_widget_game_is_played_by_keys(session):
    view = PlayView(session, min_seconds=0)
    for typed in ("2", "x", "9", "", "0", "1"):  # three arms: only two of these are choices
        view.keys.value = typed
        assert view.keys.value == ""
    assert [choice.action for choice in session.choices()] == [1, 0]
    for _ in range(4):
        view.keys.value = "3"  # the episode is over after four trials
    assert session.trial == 4


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


def test_a_double_click_counts_once(session):
    view = PlayView(session)
    view.buttons[0].click()
    view.buttons[0].click()
    assert session.trial == 1
    view.min_seconds = 0
    view.buttons[0].click()
    assert session.trial == 2


def test_an_answer_that_comes_too_soon_does_not_count(session):
    lines, said = iter(["1", "1", "q"]), []
    play_in_terminal(session, min_seconds=60, read=lambda prompt: next(lines), write=said.append)
    assert sum("too early" in line for line in said) == 2
    assert session.trial == 0


def test_an_agent_that_fits_is_watched_and_a_missing_one_is_told():
    assert Watch(Bandit(num_trials=5, reward_structure="independent")).probabilities.shape == (5, 2)
    assert Watch(Bandit(num_trials=5, reward_structure="hard")).values.shape == (5,)
    with pytest.raises(ValueError, match="`agent` must be given for 7 independent arms"):
        Watch(Bandit(num_arms=7, reward_structure="independent"))


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
    assert watch.step_index == 5


def test_the_terminal_game_refuses_what_is_no_arm_and_ends_by_itself(session):
    lines = iter(["4", "one", "", *"12", "3", "1", *"2222"])
    shown = []
    play_in_terminal(session, read=lambda prompt: next(lines), write=shown.append)
    text = "\n".join(shown)
    assert text.count("is not a valid arm") == 3
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


@pytest.mark.parametrize(
    "ending", ["SIGHUP", "SIGINT", pytest.param("SIGTERM", marks=pytest.mark.slow)]
)
def test_a_game_that_is_ended_from_outside_is_kept(tmp_path, start_process, ending):
    command = [sys.executable, "-u", "-m", "metarl", "play", f"--config.workdir={tmp_path}"]
    command += ["--config.environment.num_trials=9", "--config.against_machines=false"]
    game = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        game.stdin.write("1\n2\n")
        game.stdin.flush()
        path, deadline = tmp_path / "play_you.csv", time.monotonic() + 60
        while time.monotonic() < deadline:
            if path.exists() and len(path.read_text().splitlines()) == 3:
                break
            time.sleep(0.05)
        game.send_signal(getattr(signal, ending))
        _, errors = game.communicate(timeout=30)
    finally:
        game.kill()
    assert game.returncode == 130
    assert errors.splitlines()[-1] == f"metarl: interrupted; {path} is kept"
    with pytest.raises(ValueError, match="got 1 unfinished"):
        read_regret(path)


def test_the_game_runs_in_a_real_terminal(tmp_path):
    command = [sys.executable, "-m", "metarl", "play", f"--config.workdir={tmp_path}/new"]
    options = ["--config.environment.num_trials=3", "--config.player=ada"]
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
    assert "`7` is not a valid arm" in text
    assert "The arms won with" in text
    assert "best possible" in text
    assert read_regret(Path(tmp_path) / "new" / "play_ada.csv")["ada"].shape == (1, 3)


def test_a_reward_of_one_is_no_win_where_more_can_be_had():
    session = PlaySession(Informative(), seed=1, opponents=opponents(Informative()))
    task = session._tasks.target[0]
    session.choose((int(task) + 1) % 10)
    assert session.outcome() == "reward 1"
    session.choose(int(task))
    assert session.outcome() == "reward 5"
    assert "Bayes-optimal" in session.players
