"""Anybody's table of choices: it is read right, or refused with the row and the column."""

import codecs
import re

import numpy as np
import pandas as pd
import pytest

from metarl.behaviour import read_behaviour

PLAIN = (
    "subject,session,trial,rt,choice,win\n"
    "ada,mon,1,0.5,left,1\nada,mon,2,0.25,right,0\nada,tue,1,1.5,left,1\n"
    "ben,mon,1,0.5,right,0\nben,mon,2,2.5,right,1\n"
)
OURS = {
    "columns": {"action": "choice", "reward": "win", "seconds": "rt"},
    "actions": {"left": 0, "right": 1},
}


@pytest.fixture
def write(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_their_names_and_codes_become_ours(write):
    table = read_behaviour(write(PLAIN), **OURS)
    assert table["subject"].tolist() == ["ada"] * 3 + ["ben"] * 2
    assert table["session"].tolist() == ["mon", "mon", "tue", "mon", "mon"]
    assert table["episode"].tolist() == table["step"].tolist() == [1] * 5
    assert table["trial"].tolist() == [1, 2, 1, 1, 2]
    assert table["action"].tolist() == [0, 1, 0, 1, 1]
    assert table["reward"].tolist() == [1, 0, 1, 0, 1]
    assert table["seconds"].tolist() == [0.5, 0.25, 1.5, 0.5, 2.5]
    assert list(table.columns) == [
        "subject", "session", "episode", "block", "trial", "step", "state", "action", "reward",
        "available", "seconds",
    ]  # fmt: skip


def test_actions_and_trials_may_begin_with_either_number(write):
    text = "trial,action,reward\n{0},{1},1\n{2},{3},0\n"
    for first, actions in ((1, 0), (0, 0), (1, 1), (0, 1)):
        path = write(text.format(first, actions, first + 1, actions + 1))
        table = read_behaviour(path, actions=actions, first_trial=first)
        assert table["trial"].tolist() == [1, 2]
        assert table["action"].tolist() == [0, 1]


def test_numbers_may_be_written_as_any_program_writes_them(write):
    path = write("trial,action,reward\n1.0,1.00,-1\n2.0,2,+1.0\n")
    table = read_behaviour(path, actions={"1": 0, "2.0": 1}, rewards={"-1": 0, "1": 1})
    assert table["action"].tolist() == [0, 1]
    assert table["reward"].tolist() == [0, 1]


def test_trials_are_numbered_by_their_order_where_no_column_does(write):
    text = "subject,day,action,reward\na,1,0,1\na,1,1,0\na,2,0,1\nb,1,1,1\nb,1,1,0\n"
    table = read_behaviour(write(text), {"session": "day"})
    assert table["trial"].tolist() == [1, 2, 1, 1, 2]
    steps = "step,action,reward\n1,0,0\n2,1,1\n1,1,0\n2,1,0\n"
    table = read_behaviour(write(steps))
    assert table["trial"].tolist() == [1, 1, 2, 2]


def test_one_subject_needs_no_column(write):
    text = "action,reward\n0,1\n"
    assert read_behaviour(write(text, "ada.csv"))["subject"].tolist() == ["ada"]
    assert read_behaviour(write(text), subject="ben")["subject"].tolist() == ["ben"]


def test_other_columns_are_kept_as_numbers_or_text(write):
    text = "action,reward,age,note,empty\n0,1,31.5,x,\n1,0,,1,\n"
    table = read_behaviour(write(text))
    assert table["age"].tolist() == [31.5, pytest.approx(np.nan, nan_ok=True)]
    assert table["note"].tolist() == ["x", "1"]
    assert "empty" not in table


def test_a_column_with_our_name_for_something_else_is_not_used(write):
    text = "action,choice,reward\npress,0,1\npress,1,0\n"
    table = read_behaviour(write(text), {"action": "choice"})
    assert table["action"].tolist() == [0, 1]


def test_subjects_whose_rows_alternate_are_grouped(write):
    text = "subject,trial,action,reward\na,1,0,1\nb,1,1,0\na,2,1,0\nb,2,0,0\n"
    table = read_behaviour(write(text))
    assert table["subject"].tolist() == ["a", "a", "b", "b"]
    assert table["action"].tolist() == [0, 1, 1, 0]


def test_trials_without_a_response_are_kept_if_there_may_be_some(write):
    text = "trial,action,reward\n1,0,1\n2,,\n3,NA,0\n5,1,1\n"
    table = read_behaviour(write(text), missing=True)
    assert table["action"].isna().tolist() == [False, True, True, False]
    assert table["trial"].tolist() == [1, 2, 3, 5]
    coded = read_behaviour(
        write("action,reward\nl,1\nnone,0\nr,0\n"), actions={"l": 0, "r": 1, "none": None}
    )
    assert coded["action"].isna().tolist() == [False, True, False]


AS_SAVED = {
    "plain": PLAIN,
    "byte order mark": codecs.BOM_UTF8 + PLAIN.encode(),
    "UTF-16": codecs.BOM_UTF16_LE + PLAIN.replace(",", "\t").encode("utf-16-le"),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "tabs": PLAIN.replace(",", "\t"),
    "Windows": PLAIN.replace("\n", "\r\n"),
    "an old Mac": PLAIN.replace("\n", "\r"),
    "no end of the last line": PLAIN.rstrip(),
    "empty rows": PLAIN + ",,,,,\n",
    "quotes": "\n".join(",".join(f'"{c}"' for c in row.split(",")) for row in PLAIN.split()) + "\n",
    "sep=": "sep=;\r\n" + PLAIN.replace(",", ";"),
    "spaces": PLAIN.replace(",", " , "),
}


@pytest.mark.parametrize("content", AS_SAVED.values(), ids=AS_SAVED)
def test_what_spreadsheets_make_of_it_is_read_alike(write, content):
    wanted = read_behaviour(write(PLAIN), **OURS)
    pd.testing.assert_frame_equal(read_behaviour(write(content), **OURS), wanted)


def test_a_parquet_file_is_checked_alike(write, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    table = pd.read_csv(write(PLAIN))
    table.to_parquet(path)
    wanted = read_behaviour(write(PLAIN), **OURS)
    pd.testing.assert_frame_equal(read_behaviour(path, **OURS), wanted)
    table.loc[2, "trial"] = 7
    table.to_parquet(path)
    with pytest.raises(ValueError, match=r"`trial` must be 1, .* got 7 in row 3 of"):
        read_behaviour(path, **OURS)
    table.assign(trial=["1", "2", "x", "1", "2"]).to_parquet(path)
    with pytest.raises(ValueError, match=r"`trial` must be a number, got 'x' in row 3 of"):
        read_behaviour(path, **OURS)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="must be a parquet file"):
        read_behaviour(path, **OURS)


REFUSED = {
    "an unknown column of ours": ({"columns": {"choice": "x"}}, "must name our columns"),
    "one column for two": ({"columns": {"action": "a", "reward": "a"}}, "once"),
    "a column that is not there": ({"columns": {"action": "chioce"}}, "a column `chioce`"),
    "a session that is not there": (
        {**OURS, "columns": {**OURS["columns"], "session": "day"}}, "a column `day`"),
    "no actions": ({**OURS, "actions": {}}, "`actions` must name"),
    "an action below 0": ({**OURS, "actions": {"left": -1}}, "at least 0"),
    "no rewards": ({**OURS, "rewards": {}}, "`rewards` must name"),
    "an infinite reward": ({**OURS, "rewards": {"1": float("inf")}}, "finite number"),
    "an action without a code": ({**OURS, "actions": {"left": 0}}, "'right' in line 3"),
    "a reward without a code": ({**OURS, "rewards": {"1": 1}}, "`win` must be one of .*line 3"),
    "names without codes": ({"columns": OURS["columns"]}, "`choice` .*'left' in line 2.*`actions="),
}  # fmt: skip


@pytest.mark.parametrize(("options", "words"), REFUSED.values(), ids=REFUSED)
def test_impossible_options_are_refused(write, options, words):
    with pytest.raises(ValueError, match=words):
        read_behaviour(write(PLAIN), **options)


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match=re.escape("none.csv")):
        read_behaviour(tmp_path / "none.csv")
