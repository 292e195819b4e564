"""Tables of evaluations and games: what was played, with our columns, and files of them."""

import importlib.util

import jax
import numpy as np
import pandas as pd
import pytest

import metarl
from metarl.analysis import trials_of, trials_of_table
from metarl.baselines import Random
from metarl.behaviour import (
    read_behaviour,
    session_to_dataframe,
    to_dataframe,
    write_behaviour,
)
from metarl.behaviour.table import STANDARD
from metarl.envs import Bandit
from metarl.envs.colours import Colours
from metarl.envs.daw import Daw
from metarl.envs.reversal import Reversal
from metarl.envs.risky import Risky
from metarl.envs.two_step import TwoStep
from metarl.evaluation.draws import draw_episodes
from metarl.play.record import COLUMNS
from metarl.play.session import PlaySession

BANDIT = Bandit(num_trials=4, reward_structure="independent")
FAMILIES = [
    BANDIT,
    Reversal(num_trials=5),
    TwoStep(num_trials=5),
    TwoStep(num_trials=4, fixation=True),
    Daw(num_trials=4),
    Colours(num_trials=4),
]


def played(env, num_episodes=3, seed=2):
    return metarl.evaluate(
        Random(num_actions=env.num_actions), (), env, num_episodes=num_episodes, seed=seed
    )


def filled(table):
    """The table as it is read again: of columns that need not be there, only those with a value."""
    return table.drop(columns=[name for name in ("regret", "value") if table[name].isna().all()])


def test_the_columns_are_ours_in_order_and_say_what_was_played():
    result = played(BANDIT)
    table = to_dataframe(BANDIT, result, subject="coin", session="monday")
    pd.testing.assert_frame_equal(result.to_dataframe(subject="coin", session="monday"), table)
    assert list(table) == [*COLUMNS, "p1", "p2"]
    assert list(table)[: len(STANDARD)] == [
        "subject", "session", "episode", "block", "trial", "step", "state", "action", "reward",
        "available", "seconds",
    ]  # fmt: skip
    assert len(table) == 12
    assert (table["subject"] == "coin").all()
    assert (table["session"] == "monday").all()
    assert table["episode"].tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert table["trial"].tolist() == [1, 2, 3, 4] * 3
    assert set(table["step"]) == {1}
    assert table["action"].tolist() == np.ravel(result.trajectory.actions).tolist()
    assert table["reward"].tolist() == np.ravel(result.trajectory.rewards).tolist()
    np.testing.assert_allclose(table["regret"], np.ravel(result.regret))
    probs = np.asarray(draw_episodes(BANDIT, 3, 2).tasks.arm_probs)
    np.testing.assert_allclose(table[["p1", "p2"]], np.repeat(probs, 4, axis=0))
    assert table["block"].isna().all()
    assert table[["seconds", "value"]].isna().all(axis=None)
    assert set(table["state"]) == set(table["available"]) == {""}
    assert set(table["seed"]) == {2}
    assert set(table["num_trials"]) == {4}


def test_an_agents_values_are_in_the_table():
    loaded = metarl.load_agent("bandit_easy")
    env = loaded.config.environment.changed(num_trials=3)
    result = metarl.evaluate(loaded.agent, loaded.params, env, num_episodes=2, seed=1)
    table = to_dataframe(env, result)
    np.testing.assert_allclose(table["value"], np.ravel(result.trajectory.trace.value))


@pytest.mark.parametrize("env", FAMILIES, ids=lambda env: f"{env.family}{env.num_actions}")
def test_the_table_has_the_same_trials_as_the_evaluation(env):
    result = played(env)
    found, wanted = trials_of_table(to_dataframe(env, result), env), trials_of(env, result)
    for name in wanted._fields:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), name)


@pytest.mark.parametrize("env", FAMILIES, ids=lambda env: f"{env.family}{env.num_actions}")
def test_the_familys_columns_are_those_it_tells_of_each_trial(env):
    tasks = jax.tree.map(np.asarray, draw_episodes(env, 3, 2).tasks)
    table = to_dataframe(env, played(env))
    for row in table.itertuples():
        task = jax.tree.map(lambda x, row=row: x[int(row.episode) - 1], tasks)
        for name, value in env.task_columns(task, int(row.trial) - 1).items():
            assert getattr(row, name) == pytest.approx(value)


def test_only_the_forced_choice_is_available_on_a_forced_trial():
    env = Risky(num_trials=14, fixation=False)
    result = played(env)
    table = to_dataframe(env, result)
    forced = np.ravel(result.trajectory.forced)
    assert forced.any()
    for row in range(len(table)):
        wanted = str(table["action"][row]) if forced[row] else ""
        assert table["available"][row] == wanted


def test_what_was_shown_and_allowed_is_told_in_a_two_step_task():
    env = TwoStep(num_trials=3, fixation=True)
    table = to_dataframe(env, played(env))
    cue = table[table["step"] == 1]
    assert set(cue["state"]) == {"A cross: choose the centre."}
    assert set(cue["available"]) == {"2"}
    first = table[table["step"] == 2]
    assert set(first["state"]) == {"Stage 1: choose left or right."}
    assert set(first["available"]) == {"0 1"}


def test_tasks_that_were_given_must_be_given_again():
    probs = [[1.0, 0.0], [0.0, 1.0]]
    player = Random(num_actions=2)
    result = metarl.evaluate(player, (), BANDIT, num_episodes=2, seed=1, tasks=np.array(probs))
    table = to_dataframe(BANDIT, result, tasks=np.array(probs))
    assert table["p1"].tolist() == [1.0] * 4 + [0.0] * 4
    with pytest.raises(ValueError, match="`tasks` must be the tasks that were played"):
        to_dataframe(BANDIT, result)


@pytest.fixture
def session(tmp_path):
    env = Bandit(num_trials=2)
    game = PlaySession(env, num_episodes=1, seed=3, opponents={"coin": (Random(num_actions=2), ())})
    game.choose(0)
    game.choose(1)
    return game


def test_a_games_session_is_the_same_table(session, tmp_path):
    table = session_to_dataframe(session)
    pd.testing.assert_frame_equal(session.to_dataframe(), table)
    assert list(table) == [*COLUMNS, "p1", "p2"]
    assert table["subject"].tolist() == ["you", "coin"] * 2
    assert table["trial"].tolist() == [1, 1, 2, 2]
    assert table.loc[table["subject"] == "you", "action"].tolist() == [0, 1]
    assert (table.loc[table["subject"] == "you", "seconds"] >= 0).all()
    path = session.save_csv(tmp_path / "game.csv")
    read = read_behaviour(path)
    same = filled(table).sort_values(["subject", "trial"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        read.sort_values(["subject", "trial"]).reset_index(drop=True), same
    )


def test_a_csv_that_was_written_is_read_again(tmp_path):
    for env in FAMILIES:
        table = to_dataframe(env, played(env), subject="-1 or =x")
        write_behaviour(tmp_path / "table.csv", table)
        if env is BANDIT:
            assert "'-1 or =x,,1,,1,1,," in (tmp_path / "table.csv").read_text()
        read = read_behaviour(tmp_path / "table.csv")
        pd.testing.assert_frame_equal(read, filled(table), check_exact=False, rtol=1e-8)


def test_a_parquet_file_that_was_written_is_read_again(tmp_path):
    pytest.importorskip("pyarrow")
    for env in FAMILIES:
        table = to_dataframe(env, played(env))
        write_behaviour(tmp_path / "table.parquet", table)
        read = read_behaviour(tmp_path / "table.parquet")
        pd.testing.assert_frame_equal(read, filled(table))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    table = to_dataframe(BANDIT, played(BANDIT))
    with pytest.raises(ImportError, match=r"pip install 'metarl-notebooks\[table\]'"):
        write_behaviour(tmp_path / "table.parquet", table)
    assert not (tmp_path / "table.parquet").exists()
    with pytest.raises(ImportError, match="pyarrow"):
        read_behaviour(tmp_path / "table.parquet")


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match="ending of `path`"):
        write_behaviour(tmp_path / "table.xlsx", to_dataframe(BANDIT, played(BANDIT)))
