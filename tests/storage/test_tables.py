"""Tables: what programs write and spreadsheets make of it is read, and the rest is refused."""

import codecs
import csv
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from metarl.storage.tables import csv_text, read_table, write_table

COLUMNS = {"subject": str, "trial": int, "regret": float}
PLAIN = "subject,trial,regret\nada,1,0.5\nben,2,1234.25\n"


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "game.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def german(text):
    return text.replace(",", ";").replace(".", ",")


AS_SAVED = {
    "plain": PLAIN,
    "byte order mark": codecs.BOM_UTF8 + PLAIN.encode(),
    "UTF-16, little": codecs.BOM_UTF16_LE + PLAIN.replace(",", "\t").encode("utf-16-le"),
    "UTF-16, big": codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
    "semicolons": PLAIN.replace(",", ";"),
    "semicolons and decimal commas": german(PLAIN),
    "tabs": PLAIN.replace(",", "\t"),
    "tabs and decimal commas": german(PLAIN).replace(";", "\t"),
    "Windows": PLAIN.replace("\n", "\r\n"),
    "an old Mac": PLAIN.replace("\n", "\r"),
    "no end of the last line": PLAIN.rstrip(),
    "empty lines": PLAIN + "\n\n",
    "empty rows": PLAIN + ",,\n,,\n",
    "empty columns": PLAIN.replace("\n", ",,\n"),
    "an empty column within": PLAIN.replace("da,", "da,,")
    .replace("n,", "n,,")
    .replace("t,", "t,,", 1),
    "sep=": "sep=;\r\n" + german(PLAIN),
    "sep= of a spreadsheet that filled the line": '"sep=,",,\n' + PLAIN,
    "spaces": PLAIN.replace(",", " , "),
    "spaces before quotes": PLAIN.replace(",1,", ', "1", '),
    "quotes": "\n".join(",".join(f'"{c}"' for c in row.split(",")) for row in PLAIN.split()) + "\n",
    "quoted decimal commas in a file of semicolons": german(PLAIN).replace("0,5", '"0,5"'),
    "an empty line before the header": "\n" + PLAIN,
    "signs and powers": PLAIN.replace("0.5", "+5e-1").replace("1234.25", "1.23425E+03"),
    "a short decimal": PLAIN.replace("0.5", ".5"),
    "more columns in another order": "note,regret,trial,subject\nx,0.5,1,ada\n,1234.25,2,ben\n",
}


@pytest.mark.parametrize("content", AS_SAVED.values(), ids=AS_SAVED)
def test_what_a_spreadsheet_has_saved_is_read(write, content):
    table = read_table(write(content), COLUMNS)
    assert table["subject"].tolist() == ["ada", "ben"]
    assert table["trial"].tolist() == [1, 2]
    assert table["regret"].tolist() == [0.5, 1234.25]
    assert str(table["trial"].dtype) == "Int64"
    assert table["regret"].dtype == np.float64


def test_the_index_is_the_line_in_which_a_row_begins(write):
    text = 'sep=,\nsubject,trial,regret\n"ada\nand ben",1,0\ncy,2,0\n'
    table = read_table(write(text), COLUMNS)
    assert table.index.tolist() == [3, 5]
    assert table["subject"].tolist() == ["ada\nand ben", "cy"]


def test_letters_of_every_alphabet_are_kept(write):
    for encoding, mark in (("utf-8", b""), ("utf-16-le", codecs.BOM_UTF16_LE)):
        text = "subject,trial,regret\nЖüé日本,1,0\n"
        assert (
            read_table(write(mark + text.encode(encoding)), COLUMNS)["subject"].item() == "Жüé日本"
        )


def test_cells_of_optional_columns_may_be_empty_and_the_columns_missing(write):
    optional = {"seconds": float, "block": int, "state": str, "value": float}
    text = "subject,seconds,block,state\nada,,,\nben,NA,NaN,NA\ncy,0.25,3,left\nny\n"
    table = read_table(write(text), {"subject": str}, optional=optional)
    np.testing.assert_array_equal(table["seconds"], [np.nan, np.nan, 0.25, np.nan])
    assert table["block"].tolist() == [pd.NA, pd.NA, 3, pd.NA]
    assert table["state"].tolist() == ["", "NA", "left", ""]  # NA may be somebody's initials
    assert table["value"].isna().all()


def test_large_whole_numbers_are_exact(write):
    text = "seed,other\n999999999999999999,\n-1,2\n"
    table = read_table(write(text), {"seed": int}, optional={"other": int})
    assert table["seed"].tolist() == [999999999999999999, -1]
    assert table["other"].tolist() == [pd.NA, 2]


def test_a_table_of_one_column_needs_no_separator(write):
    assert read_table(write("regret\n0.5\n1\n"), {"regret": float})["regret"].tolist() == [0.5, 1]


def test_a_table_without_rows_is_read(write):
    table = read_table(write("subject,trial,regret\n"), COLUMNS, optional={"seconds": float})
    assert len(table) == 0
    assert table["regret"].dtype == table["seconds"].dtype == np.float64


def changed(old, new):
    return PLAIN.replace(old, new, 1)


REFUSED = {
    "a float as a whole number": (changed(",2,", ",2.5,"), "`trial` .* whole .*'2.5' in line 3"),
    "a whole number too large": (changed(",2,", f",{'9' * 19},"), "`trial` .* whole .* line 3"),
    "text as a number": (changed("0.5", "much"), "`regret` must be a number, .*'much' in line 2"),
    "a percentage": (changed("0.5", "50%"), "`regret` must be a number, got '50%' in line 2"),
    "a number of another script": (changed("0.5", "٥"), "`regret` must be a number, .* line 2"),
    "no finite number": (changed("0.5", "inf"), "`regret` must be a number, got 'inf' in line 2"),
    "a number too large": (changed("0.5", "1e999"), "`regret` .* finite .*'1e999' in line 2"),
    "an empty cell": (changed("0.5", ""), "`regret` must be filled .* got '' in line 2"),
    "NA where a number must be": (changed("0.5", "NA"), "`regret` must be filled .* line 2"),
    "an empty text": (changed("ben", ""), "`subject` must be filled .* line 3"),
    "an empty row within": (changed("ben", ",,\nben"), "`subject` must be filled .* line 3"),
    "a missing column": (changed("regret", "loss"), "the columns .* Add regret"),
    "a column twice": (changed("regret", "regret,trial"), "once, got 'trial' 2 times in line 1"),
    "a cell too many": (changed("0.5", "0.5,7"), "a name .* got '7' in line 2, cell 4"),
    "a decimal comma between commas": (changed("0.5", "0,5"), "a name .* got '5' in line 2"),
    "a quoted one": (changed("0.5", '"0,5"'), "`regret` must be a number, got '0,5' in line 2"),
    "thousands": (german(PLAIN).replace("1234,25", "1.234,25"), "`regret` .*'1.234,25' in line 3"),
    "either mark": (german(PLAIN).replace("1234,25", "1.234"), "comma, .* '1.234' in line 3"),
    "no zero bytes": (changed("ben", "b\0n"), "must be text in UTF-8, got other bytes in line 3"),
    "Latin-1": (changed("ben", "bén").encode("latin-1"), "UTF-8, .* line 3. Save it"),
    "UTF-16 without its mark": (PLAIN.encode("utf-16-le"), "must be text in UTF-8"),
    "half a letter of UTF-16": (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le")[:-1], "in line 3"),
    "a spreadsheet's own file": (b"PK\3\4\x14\0\6\0\x08\0\0\0!\0", "must be text in UTF-8"),
    "nothing": ("", "must be a table, got an empty file"),
    "a mark and nothing": (codecs.BOM_UTF8, "must be a table, got an empty file"),
    "separators only": (",,,\n,,\n", "must have the columns"),
    "a line of Excel's only": ("sep=;\n;;\n", "must be a table, got empty cells only"),
    "a quote without an end": (changed("ada", '"ada'), "must be a csv, .* in line 2"),
    "text after a quote": (changed("ada", '"ada"x'), "must be a csv, .* in line 2"),
    "a line cut off": (PLAIN + "cy,3", "3 cells .* got 2 in line 4, where"),
    "another separator": (PLAIN.replace(",", "|"), "must have the columns"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_could_be_read_in_two_ways_or_none_is_refused_by_line(write, content, words):
    with pytest.raises(ValueError, match=words) as error:
        read_table(write(content), COLUMNS)
    assert "game.csv" in str(error.value)


def test_a_line_that_was_cut_off_is_left_out_on_demand(write):
    table = read_table(write(PLAIN + "cy,3"), COLUMNS, allow_cut_off=True)
    assert table["subject"].tolist() == ["ada", "ben"]
    with pytest.raises(ValueError, match="`regret` must be filled"):  # this one does not end early
        read_table(write(PLAIN + "cy,3\n"), COLUMNS, allow_cut_off=True)


class Row(NamedTuple):
    name: str
    mean: float
    low: float | None
    count: int


def test_rows_and_data_frames_are_written_alike(tmp_path):
    rows = [Row("a, b", 1 / 3, None, 10**12), Row("é", -0.0, float("nan"), 2)]
    expected = 'name,mean,low,count\n"a, b",0.333333333,,1000000000000\né,0,,2\n'
    for table in (rows, pd.DataFrame(rows)):
        write_table(tmp_path / "table.csv", table)
        assert (tmp_path / "table.csv").read_text(encoding="utf-8") == expected


def test_a_table_that_was_written_is_read(tmp_path):
    rows = [Row("a; 'b'\t\"c\"", 0.125, None, 1), Row("=1+1", 1e-12, 2.5, 2)]
    write_table(tmp_path / "table.csv", rows)
    kinds = {"name": str, "mean": float, "count": int}
    table = read_table(tmp_path / "table.csv", kinds, optional={"low": float})
    assert table["name"].tolist() == [rows[0].name, "'=1+1"]
    assert table["mean"].tolist() == [0.125, 1e-12]
    assert table["count"].tolist() == [1, 2]


def test_no_text_is_a_formula_and_no_zero_has_a_sign():
    row = ["=1", "+1", "-1", "@A", "\t=1", -0.0, np.float32(-0.0), -1.5, None, True]
    assert next(csv.reader([csv_text([row]).rstrip()])) == [
        *("'=1", "'+1", "'-1", "'@A", "'\t=1", "0", "0", "-1.5", "", "True"),
    ]


def test_importing_metarl_imports_no_pandas():
    code = (
        "import sys, metarl.cli.main, metarl.play.session, metarl.benchmark.players;"
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
