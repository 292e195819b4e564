"""The page on behaviour: its scores are what its code prints."""

import contextlib
import io
import re
from pathlib import Path

import pytest

import metarl

PAGE = Path(metarl.__file__).parents[1] / "docs" / "behaviour.md"


@pytest.mark.skipif(not PAGE.exists(), reason="not in a checkout of the repository")
def test_the_scores_on_the_page_are_printed_by_its_code():
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    code = next(block for block in blocks if "split_sessions" in block)
    names = {"metarl": metarl, "agent": metarl.load_agent("reversal")}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    printed = [float(line) for line in out.getvalue().split()]
    told = [float(number) for number in re.findall(r"^print.*# ([0-9.]+)", code, re.M)]
    assert len(told) == 5
    assert printed == pytest.approx(told, abs=6e-4)
