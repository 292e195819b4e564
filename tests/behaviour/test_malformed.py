"""Two hundred malformed csv files: each is refused with the row and the column, or read right."""

import codecs

import numpy as np
import pandas as pd
import pytest

from metarl.behaviour import read_behaviour

HEADER = ["subject", "session", "trial", "seconds", "action", "reward"]
SEEDS = range(8)


def good_rows():
    actions, rewards = "10101", "10011"
    return [
        [subject, session, str(trial), f"{0.25 * trial:g}", actions[trial - 1], rewards[trial - 1]]
        for subject in ("ada", "ben")
        for session in ("1", "2")
        for trial in range(1, 6)
    ]


def text_of(rows, header=HEADER, separator=",", end="\n"):
    return "".join(separator.join(row) + end for row in [header, *rows])


class Error:
    """The file must be refused; the message has these words, and the number of the line."""

    def __init__(self, content, *words, line=None):
        self.content, self.words = content, [*words, *([f"line {line}"] if line else [])]


class Same:
    """The file must be read as the good one."""

    def __init__(self, content):
        self.content = content


class CutOff:
    """The file ends early: it is refused by its last line, or all its whole rows are read."""

    def __init__(self, content):
        self.content = content


def with_cell(rng, column, value):
    """The rows with one cell changed; its line."""
    rows = good_rows()
    row = int(rng.integers(len(rows)))
    rows[row][HEADER.index(column)] = value
    return text_of(rows), row + 2


def in_column(columns, values, word=None):
    def make(rng):
        column, value = str(rng.choice(columns)), str(rng.choice(values))
        text, line = with_cell(rng, column, value)
        return Error(text, word or f"`{column}`", line=line)

    return make


def no_column(rng):
    name = str(rng.choice(["action", "reward"]))
    kept = [i for i, column in enumerate(HEADER) if column != name]
    rows = [[row[i] for i in kept] for row in good_rows()]
    return Error(text_of(rows, [HEADER[i] for i in kept]), f"`{name}`")


def twice(rng):
    rows = good_rows()
    row = int(rng.integers(len(rows)))
    rows.insert(row + 1, list(rows[row]))
    return Error(text_of(rows), "`trial`", "once", line=row + 3)


def swapped(rng):
    rows = good_rows()
    row = 5 * int(rng.integers(4)) + int(rng.integers(1, 4))
    rows[row], rows[row + 1] = rows[row + 1], rows[row]
    return Error(text_of(rows), "`trial`", line=row + 2)


def gap(rng):
    rows = good_rows()
    row = 5 * int(rng.integers(4)) + int(rng.integers(4))
    del rows[row]
    return Error(text_of(rows), "`trial`", "missing=True", line=row + 2)


def no_session(rng):
    first = int(rng.integers(5))
    rows = [[row[0], *row[2:]] for row in good_rows()[first:]]
    return Error(text_of(rows, ["subject", *HEADER[2:]]), "`trial`", line=7 - first)


def header_again(rng):
    rows = good_rows()
    row = int(rng.integers(len(rows)))
    rows.insert(row, list(HEADER))
    return Error(text_of(rows), "'trial'", line=row + 2)


def two_names_alike(rng):
    name = str(rng.choice(HEADER))
    header = [*HEADER, name]
    return Error(text_of([[*row, "0"] for row in good_rows()], header), f"'{name}'", line=1)


def other_separator(rng):
    rows = good_rows()
    lines = text_of(rows).splitlines()
    row = int(rng.integers(1, len(lines)))
    lines[row] = lines[row].replace(",", str(rng.choice([";", "\t", "|"])))
    return Error("\n".join(lines) + "\n", line=row + 1)


def a_cell_too_many(rng):
    lines = text_of(good_rows()).splitlines()
    row = int(rng.integers(1, len(lines)))
    lines[row] += ",7"
    return Error("\n".join(lines) + "\n", "'7'", line=row + 1)


def a_cell_too_few(rng):
    lines = text_of(good_rows()).splitlines()
    row = int(rng.integers(1, len(lines)))
    lines[row] = lines[row].rsplit(",", 1)[0]
    return Error("\n".join(lines) + "\n", "`reward`", line=row + 1)


def a_row_too_few(rng):
    rows = good_rows()
    row = int(rng.integers(1, len(rows)))
    rows.insert(row, [""] * len(HEADER))
    return Error(text_of(rows), "filled", line=row + 2)


def not_utf8(rng):
    rows = good_rows()
    row = int(rng.integers(len(rows)))
    rows[row][0] = "José"
    encoding = str(rng.choice(["latin-1", "cp1252", "mac-roman"]))
    return Error(text_of(rows).encode(encoding), "UTF-8", line=row + 2)


def zero_bytes(rng):
    text, line = with_cell(rng, "subject", "a\0b")
    return Error(text, "other bytes", line=line)


def open_quote(rng):
    text, line = with_cell(rng, "subject", '"ada')
    return Error(text, line=line)


def nothing(rng):
    return Error(str(rng.choice(["", " ", "\n\n", "\t\n", "   \r\n"])), "got an empty file")


def only_a_header(rng):
    return Error(text_of([]) + "\n" * int(rng.integers(3)), "must have rows")


def another_format(rng):
    starts = [b"PK\3\4\x14\0\6\0", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4 \xe2\xe3", b"\xff\xfe\x00"]
    return Error(starts[int(rng.integers(4))] + bytes(rng.integers(0, 256, 40, np.uint8)))


def cut_off(rng):
    whole = text_of(good_rows())
    return CutOff(whole[: int(rng.integers(len(",".join(HEADER)) + 2, len(whole) - 1))])


def saved_again(rng):
    plain = text_of(good_rows())
    return Same(
        [
            codecs.BOM_UTF8 + plain.encode(),
            codecs.BOM_UTF16_LE + plain.encode("utf-16-le"),
            text_of(good_rows(), separator=";").replace(".", ","),
            text_of(good_rows(), separator="\t", end="\r\n"),
            text_of(good_rows(), end="\r"),
            "sep=;\n" + text_of(good_rows(), separator=";"),
            text_of([[f' "{cell}"' for cell in row] for row in good_rows()]),
            plain + ",,,,,\n,,,,,\n",
        ][int(rng.integers(8))]
    )


def columns_moved(rng):
    order = rng.permutation(len(HEADER))
    rows = [[row[i] for i in order] for row in good_rows()]
    return Same(text_of(rows, [HEADER[i] for i in order]))


def one_of(*kinds):
    return lambda rng: kinds[int(rng.integers(len(kinds)))](rng)


KINDS = {
    "text for a number": in_column(["trial", "seconds", "action", "reward"], ["x", "left", "1 2"]),
    "a fraction for a whole number": in_column(["trial", "action"], ["1.5", "0.01"]),
    "an empty cell": in_column(["subject", "trial", "action", "reward"], [""]),
    "NaN": in_column(["trial", "action", "reward"], ["NaN", "NA", "nan"]),
    "no finite number": in_column(["trial", "seconds", "reward"], ["inf", "-inf", "1e999"]),
    "a huge number": in_column(["trial", "seconds", "reward"], ["1e300", "123456789012345"]),
    "a huge action": in_column(["action"], ["99999", "123456789012"]),
    "a number below the first": in_column(["trial", "action"], ["-1", "-7"]),
    "a formula": in_column(
        ["subject", "session", "trial", "action", "reward"], ["=1+1", "=A2", "@SUM(A1)", "+cmd|x"]),
    "a percentage or a date": in_column(["trial", "reward"], ["50%", "2024-01-02", "1/2"]),
    "no column": no_column,
    "a trial twice": twice,
    "rows in another order": swapped,
    "a trial left out": gap,
    "no column of sessions": no_session,
    "the header again": header_again,
    "a column twice": two_names_alike,
    "another separator in a line": other_separator,
    "a cell too many or too few": one_of(a_cell_too_many, a_cell_too_few),
    "an empty row within": a_row_too_few,
    "another encoding": one_of(not_utf8, zero_bytes),
    "an open quote": open_quote,
    "nothing, or no rows, or no csv": one_of(nothing, only_a_header, another_format),
    "cut off": cut_off,
    "only saved in another way": one_of(saved_again, columns_moved),
}  # fmt: skip


def test_there_are_two_hundred():
    assert len(KINDS) * len(SEEDS) == 200


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_with_row_and_column_or_read_right(kind, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(text_of(good_rows()))
    wanted = read_behaviour(path)
    assert len(wanted) == 20
    for seed in SEEDS:
        case = KINDS[kind](np.random.default_rng(seed))
        content = case.content
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if isinstance(case, Same):
            pd.testing.assert_frame_equal(read_behaviour(path), wanted)
            continue
        try:
            table = read_behaviour(path)
        except ValueError as error:
            message = str(error)
        else:
            message = None
        if isinstance(case, CutOff):
            lines = content.splitlines()
            if message is None:
                pd.testing.assert_frame_equal(table, wanted.head(len(lines) - 1))
            else:
                assert f"line {len(lines)}" in message
            continue
        assert message is not None, f"{content!r} was read"
        assert "data.csv" in message
        for word in case.words:
            assert word in message, f"{word!r} is not in {message!r}"
