"""People of Castro-Rodrigues, Akam et al. in a two-step task without a second choice."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from metarl.behaviour.public.source import PublicData, Source, checksums, files_in, two_step_table

SOURCE = Source(
    citation=(
        "Castro-Rodrigues, Akam et al. (2022), Explicit knowledge of task structure is a primary "
        "determinant of human model-based action, Nature Human Behaviour 6, "
        "doi 10.1038/s41562-022-01346-2"
    ),
    address="https://github.com/ThomasAkam/Two-step_explicit_knowledge",
    licence="none is stated there: ask the authors before you publish the data",
)
_NAME = re.compile(r"(.+)_session([0-9]+)_log(?:\.txt)?")
_LINE = re.compile(r"([0-9]+(?:\.[0-9]+)?) :(.*)")
_TRIAL = re.compile(r"trial-([0-9]+)/RewardBlock:([0-9]+)/TransitionBlock:([01])")
_SHOWN = {"ons_ms1": "first shown", "ons_ms2": "second shown"}
_TAKEN = {
    "triggered Up": ("first", 0),
    "triggered Down": ("first", 1),
    "triggered Left": ("second", 0),
    "triggered Right": ("second", 1),
    "ons_msReward": ("reward", 1),
    "ons_msNoRwrd": ("reward", 0),
}


def load_people_two_step(path: str | Path) -> PublicData:
    """Loads logs such as `159_session1_log`: people in a two-step task.

    The first choice is up (0) or down (1); it leads to the left or the right, where only one key
    can be pressed: the second action is that side, left (0) or right (1). `state A` is the side
    that usually follows up; in a session in which transitions swap, it is always the left. `block`
    counts blocks; `reward_block` and `transition_block` are their states in the log: left is good
    in reward block 0, right in 2, and none in 1; up usually leads to the left in transition block
    1, and to the right in 0.

    Args:
      path: a log, or a folder of them. The subject and the session are taken from a log's name.

    Raises:
      ValueError: if a log has another form or name; the message names the line.
      OSError: if one cannot be read.
    """
    files = files_in(path, "*_session*_log*")
    read = checksums(files)
    table = pd.concat([_session(file) for file in files], ignore_index=True)
    return PublicData(table, SOURCE, read)


def _session(path: Path) -> pd.DataFrame:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise ValueError(
            f"`{path}` must be named after the subject and the session, as in `159_session1_log`."
        )
    trials = _trials(path)
    first, second, reward = (
        np.array([trial[name] for trial in trials], np.int64)
        for name in ("first", "second", "reward")
    )
    rewards, transitions = (
        np.array([trial[name] for trial in trials], np.int64)
        for name in ("reward block", "transition block")
    )
    times = [
        [trial[step] - trial[f"{name} shown"] for name, step in _STEPS.items()] for trial in trials
    ]
    changed = (np.diff(rewards) != 0) | (np.diff(transitions) != 0)
    # `second` is 0 at the left. Up usually leads there in transition block 1.
    swapped = not transitions.any()
    return two_step_table(
        subject=named[1],
        session=np.full(len(trials), named[2], object),
        trial=np.arange(len(trials)) + 1,
        first=first,
        state=1 - second if swapped else second,
        second=second,
        reward=reward.astype(np.float64),
        answered=np.ones(len(trials), bool),
        forced_first=np.zeros(len(trials), bool),
        free_second=False,
        seconds=np.array(times, np.float64) / 1000,
        block=np.cumsum(np.r_[True, changed]),
        extras={"reward_block": rewards, "transition_block": transitions},
    )


_STEPS = {"first": "first time", "second": "second time"}


def _trials(path: Path) -> list[dict[str, float]]:
    """What happened on each trial of a log; one that was cut off at the end is left out."""
    trials: list[dict[str, float]] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"`{path}` must be text in UTF-8, got other bytes.") from None
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            if line[:1].isdigit():
                raise ValueError(
                    f"`{path}` must have lines such as `2753.3 :ons_ms1`, got {line[:80]!r} in "
                    f"line {number}."
                )
            continue
        time, event = float(found[1]), found[2].strip()
        begins = _TRIAL.fullmatch(event)
        if begins is not None:
            _check_whole(path, trials[-1:], number)
            blocks = {"reward block": float(begins[2]), "transition block": float(begins[3])}
            trials.append(blocks)
        elif trials and event in _SHOWN:
            trials[-1][_SHOWN[event]] = time
        elif trials and event in _TAKEN:
            name, value = _TAKEN[event]
            if name in trials[-1]:
                raise ValueError(
                    f"`{path}` must have one {name} event in each trial, got another, {event!r}, "
                    f"in line {number}."
                )
            trials[-1] |= {name: value, f"{name} time": time}
    if trials and "reward" not in trials[-1]:
        trials.pop()
    if not trials:
        raise ValueError(
            f"`{path}` must hold trials, such as `trial-1/RewardBlock:0/TransitionBlock:1`, got "
            "none that is complete."
        )
    _check_whole(path, trials[-1:], len(lines))
    return trials


def _check_whole(path: Path, last: list[dict[str, float]], line: int) -> None:
    needed = {"first", "second", "reward", *_SHOWN.values()}
    missing = sorted(needed - set(last[0])) if last else []
    if missing:
        raise ValueError(
            f"`{path}` must have all events of a trial, got one without {', '.join(missing)} that "
            f"ends before line {line}."
        )
