"""Loaders of public data, on small files of the same form that are made here."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import scipy.io

from metarl.analysis import trials_of_table
from metarl.baselines import Random
from metarl.behaviour import score
from metarl.behaviour.public import (
    load_hbayesdm,
    load_mice,
    load_monkeys,
    load_people_two_step,
    load_rats_bandit,
    load_rats_two_step,
    load_transcripts,
)
from metarl.envs import Bandit
from metarl.envs.daw import Daw
from metarl.envs.two_step import TwoStep

COIN = Random(num_actions=2)


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


# Rats in the two-step task.


def rat(**changes):
    """Five trials in two sessions; the fourth is a violation, the first choice was forced."""
    return {
        "ratname": "M055",
        "sides1": np.array(list("lrlvr")),
        "sides2": np.array(list("llrvr")),
        "rewards": np.array([1.0, 0, 1, 0, 1]),
        "trans_common": np.array([1.0, 0, 0, 0, 1]),
        "viols": np.array([0.0, 0, 0, 1, 0]),
        "new_sess": np.array([1.0, 0, 0, 1, 0]),
        "leftprobs": np.array([0.8, 0.8, 0.8, 0.2, 0.2]),
        "rightprobs": np.array([0.2, 0.2, 0.2, 0.8, 0.8]),
        "better_choices": np.array([np.nan, 1, 1, 1, 1]),
        "p_congruent": 0.8,
        **changes,
    }


def save_rats(tmp_path, *rats):
    cells = np.empty((1, len(rats)), object)
    cells[0, :] = rats
    path = tmp_path / "MBB2017_behavioral_dataset.mat"
    scipy.io.savemat(path, {"dataset": cells})
    return path


def test_rats_in_the_two_step_task(tmp_path):
    other = rat(
        ratname="M064", sides1="lrlvr", sides2="llrvr", p_congruent=0.2,
        trans_common=np.array([0.0, 1, 1, 0, 0]),
    )  # fmt: skip
    path = save_rats(tmp_path, rat(), other)
    found = load_rats_two_step(path)
    table = found.table
    assert len(table) == 20
    one = table[table["subject"] == "M055"].reset_index(drop=True)
    assert one["session"].tolist() == ["1"] * 6 + ["2"] * 4
    assert one["trial"].tolist() == [1, 1, 2, 2, 3, 3, 1, 1, 2, 2]
    assert one["step"].tolist() == [1, 2] * 5
    assert one["action"].dropna().tolist() == [0, 0, 1, 0, 0, 1, 1, 1]
    assert one["action"].isna().tolist() == [False] * 6 + [True] * 2 + [False] * 2
    assert one["state"].tolist()[1::2] == ["state A", "state A", "state B", "", "state B"]
    assert one["reward"].fillna(-1).tolist()[1::2] == [1, 0, 1, -1, 1]
    assert one["available"].tolist() == ["0", "0", "", "0", "", "1", "", "", "", "1"]
    assert one["p1"].tolist()[::2] == [0.8, 0.8, 0.8, 0.2, 0.2]
    # The other rat's ports are crossed: its state A is at the right.
    two = table[table["subject"] == "M064"].reset_index(drop=True)
    assert two["state"].tolist()[1::2] == ["state B", "state B", "state A", "", "state A"]
    assert two["p1"].tolist()[::2] == [0.2, 0.2, 0.2, 0.8, 0.8]
    assert score(TwoStep(), COIN, (), table).num_trials == 6
    trials = trials_of_table(one.dropna(subset="action"), TwoStep(num_trials=3))
    assert trials.states.tolist() == [[0, 0, 1], [-1, 1, -1]]
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.checksums == {path.name: sha}
    for words in ("Miller, Botvinick & Brody (2017)", "https://github.com", "Apache-2.0", sha):
        assert words in found.about


def test_rats_whose_file_has_another_form_are_refused(tmp_path):
    for changes, words in (
        ({"sides1": np.array(list("lrxvr"))}, "`sides1 of rat 1` .* got 'x' at trial 3"),
        ({"sides2": np.array(list("llrv"))}, "`sides2` of rat 1 must be of 5 trials .* got 4"),
        ({"rewards": np.array([1.0, 0, 2, 0, 1])}, "`rewards of rat 1` .* got 2 at trial 3"),
        ({"new_sess": np.array([0.0, 0, 0, 1, 0])}, "`new_sess of rat 1` must be 1 at the first"),
        ({"viols": np.array([0.0, 0])}, "`viols of rat 1` .* each of 5 trials .* got 2"),
    ):
        with pytest.raises(ValueError, match=words):
            load_rats_two_step(save_rats(tmp_path, rat(**changes)))
    lacking = {name: value for name, value in rat().items() if name != "new_sess"}
    with pytest.raises(ValueError, match="must hold `new_sess` of rat 1"):
        load_rats_two_step(save_rats(tmp_path, lacking))
    scipy.io.savemat(tmp_path / "other.mat", {"x": 1})
    with pytest.raises(ValueError, match=r"cell array `dataset`, .* got \['x'\]"):
        load_rats_two_step(tmp_path / "other.mat")
    (tmp_path / "none.mat").write_bytes(b"no mat file at all, but long enough" * 10)
    with pytest.raises(ValueError, match="must be a mat file"):
        load_rats_two_step(tmp_path / "none.mat")
    with pytest.raises(OSError, match=r"missing\.mat"):
        load_rats_two_step(tmp_path / "missing.mat")


# Rats among two drifting arms.


def arms(**changes):
    return {
        "ratname": "rat-a",
        "sides": "lvrrl",
        "trial_types": "frffl",
        "rewards": [1, 0, 1, 0, 1],
        "left_prob1": [0.8, 0.7, 0.6, 0.5, 0.4],
        "right_prob1": [0.2, 0.3, 0.4, 0.5, 0.6],
        "new_sess": [1, 0, 0, 1, 0],
        **changes,
    }


def test_rats_among_two_arms(write):
    path = write("tab_dataset.json", json.dumps([arms(), arms(ratname="b", sides=list("lvrrl"))]))
    table = load_rats_bandit(path).table
    assert table["subject"].tolist() == ["rat-a"] * 5 + ["b"] * 5
    one = table.head(5)
    assert one["session"].tolist() == ["1", "1", "1", "2", "2"]
    assert one["trial"].tolist() == [1, 2, 3, 1, 2]
    assert one["action"].fillna(-1).tolist() == [0, -1, 1, 1, 0]
    assert one["reward"].fillna(-1).tolist() == [1, -1, 1, 0, 1]
    assert one["available"].tolist() == ["", "1", "", "", "0"]
    assert one["p1"].tolist() == [0.8, 0.7, 0.6, 0.5, 0.4]
    assert score(Bandit(), COIN, (), table).num_trials == 6


def test_rats_among_two_arms_of_another_form_are_refused(write):
    for content, words in (
        ("{", "must be JSON"),
        ("[]", "a list with an entry for each rat"),
        (json.dumps([arms(sides="lvrr!")]), "`sides of rat 1` .* got '!' at trial 5"),
        (json.dumps([arms(), arms(rewards=[1, 0, 1, 0])]), "`rewards of rat 2` .* got 4"),
        (json.dumps([arms(rewards=[1, 0, "x", 0, 1])]), "`rewards of rat 1` must hold numbers"),
        (json.dumps([arms(trial_types="f")]), "`trial_types` of rat 1 .* got 1"),
        (json.dumps([{"ratname": "a"}]), "must hold `sides` of rat 1"),
    ):
        with pytest.raises(ValueError, match=words):
            load_rats_bandit(write("tab_dataset.json", content))


# Mice.

MICE = (
    "Trial,blockTrial,Decision,Switch,Reward,Condition,Target,blockLength,Session,Mouse\n"
    "11.0,11.0,1.0,0.0,1.0,90-10,1.0,12.0,m1_77,m1\n"
    "12.0,12.0,0.0,1.0,0.0,90-10,1.0,12.0,m1_77,m1\n"
    "13.0,1.0,0.0,0.0,1.0,90-10,0.0,50.0,m1_77,m1\n"
    "11.0,2.0,1.0,0.0,0.0,80-20,0.0,50.0,m1_78,m1\n"
)


def test_mice(write):
    table = load_mice(write("bandit_data.csv", MICE)).table
    assert table["subject"].tolist() == ["m1"] * 4
    assert table["session"].tolist() == ["m1_77"] * 3 + ["m1_78"]
    assert table["block"].tolist() == [1, 1, 2, 1]
    assert table["trial"].tolist() == [1, 2, 3, 1]
    assert table["source_trial"].tolist() == [11, 12, 13, 11]
    assert table["action"].tolist() == [1, 0, 0, 1]
    assert table["reward"].tolist() == [1, 0, 1, 0]
    assert table["p1"].tolist() == [0.1, 0.1, 0.9, 0.8]
    assert table["p2"].tolist() == [0.9, 0.9, 0.1, 0.2]
    assert score(Bandit(), COIN, (), table).num_trials == 4


def test_mice_of_another_form_are_refused(write):
    for old, new, words in (
        ("0.0,1.0,0.0,90", "2.0,1.0,0.0,90", "`Decision` must be 0 or 1, got 2 in line 3"),
        ("80-20", "80/20", "`Condition` must be two percentages.*line 5"),
        ("12.0,12.0", "9.0,12.0", "`Trial` must grow within a session.*line 3"),
        ("Mouse", "Animal", "must have the columns"),
    ):
        with pytest.raises(ValueError, match=words):
            load_mice(write("bandit_data.csv", MICE.replace(old, new, 1)))


# Monkeys.


def block(kind, completed=1, number=1):
    """Four trials: the picture is 0, 1, 0, 1, the side 1, 1, 0, 0."""
    rows = np.zeros((4, 13))
    rows[:, 0], rows[:, 1] = [0, 1, 0, 1], [1, 1, 0, 0]
    rows[:, 2], rows[:, 5] = [1, 0, 0, 1], [1, 2, 3, 4]
    rows[:, 7] = rows[:, 8] = number
    rows[:, 9], rows[:, 12] = kind, completed
    return rows


def save_monkeys(tmp_path, *blocks, name="SPKcounts_V20161005cue_MW_250X250ms.mat"):
    scipy.io.savemat(tmp_path / name, {"Y": np.concatenate(blocks)})


def test_monkeys(tmp_path):
    save_monkeys(tmp_path, block(1), block(1, 0, 2), block(2, number=3))
    save_monkeys(tmp_path, block(2), name="SPKcounts_W20160112cue_MW_250X250ms.mat")
    found = load_monkeys(tmp_path)
    table = found.table
    assert table["subject"].tolist() == ["V"] * 8 + ["W"] * 4
    assert table["session"].tolist() == ["20161005"] * 8 + ["20160112"] * 4
    assert table["episode"].tolist() == [1] * 4 + [2] * 4 + [1] * 4
    assert table["trial"].tolist() == [1, 2, 3, 4] * 3
    assert table["action"].tolist() == [0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0]
    assert table["reward"].tolist() == [1, 0, 0, 1] * 3
    assert table["kind"].tolist() == ["what"] * 4 + ["where"] * 8
    assert len(found.checksums) == 2
    one = load_monkeys(tmp_path / "SPKcounts_V20161005cue_MW_250X250ms.mat")
    pd.testing.assert_frame_equal(one.table, table.head(8))


def test_monkeys_of_another_form_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must hold files such as `SPKcounts_\*\.mat`"):
        load_monkeys(tmp_path)
    for blocks, words in (
        ([block(1, 0)], "a block that was completed"),
        ([block(3)], "kind of block .* must be one of 1, 2 .* got 3 at trial 1"),
        ([block(1)[:, :12]], r"`Y` must have 13 columns .* \(4, 12\)"),
    ):
        save_monkeys(tmp_path, *blocks)
        with pytest.raises(ValueError, match=words):
            load_monkeys(tmp_path)
    save_monkeys(tmp_path, block(1), name="renamed.mat")
    with pytest.raises(ValueError, match="must be named after the monkey and the day"):
        load_monkeys(tmp_path / "renamed.mat")


# People in the two-step task.


def log(*trials):
    """A log: for each trial, its reward block, transition block, and three events."""
    lines = ["", "Start Reward Block: 0  / Start Transition Block: 1"]
    for i, (rewards, crossed, first, second, outcome) in enumerate(trials):
        start = 10_000 * i
        lines += [
            f"{start + 100.25:f} :trial-{i + 1}/RewardBlock:{rewards}/TransitionBlock:{crossed}",
            f"{start + 200:f} :ons_ms1",
            f"{start + 900:f} :left",
            f"{start + 1200:f} :{first.lower()}",
            f"{start + 1200:f} :triggered {first}",
            f"{start + 1300:f} :ons_ms2",
            f"{start + 2800:f} :{second.lower()}",
            f"{start + 2800:f} :triggered {second}",
            f"{start + 2900:f} :{outcome}",
        ]
    return "\n".join(lines) + "\n"


WON, LOST = "ons_msReward", "ons_msNoRwrd"


def test_people_in_the_two_step_task(write, tmp_path):
    trials = [(0, 1, "Up", "Left", WON), (0, 1, "Down", "Left", LOST), (2, 1, "Down", "Right", WON)]
    write("159_session1_log", log(*trials))
    crossed = [(rewards, 0, *rest) for rewards, _, *rest in trials]
    write("160_session2_log", log(*crossed))
    write("161_session1_log", log(trials[0], crossed[1]))
    found = load_people_two_step(tmp_path)
    table = found.table
    one = table[table["subject"] == "159"].reset_index(drop=True)
    assert one["session"].tolist() == ["1"] * 6
    assert one["trial"].tolist() == [1, 1, 2, 2, 3, 3]
    assert one["block"].tolist() == [1, 1, 1, 1, 2, 2]
    assert one["action"].tolist() == [0, 0, 1, 0, 1, 1]
    assert one["state"].tolist() == ["", "state A", "", "state A", "", "state B"]
    assert one["reward"].tolist() == [0, 1, 0, 0, 0, 1]
    assert one["available"].tolist() == ["", "0", "", "0", "", "1"]
    assert one["seconds"].tolist() == [1.0, 1.5] * 3
    assert one["reward_block"].tolist() == [0, 0, 0, 0, 2, 2]
    # Where up usually leads to the right, that is state A; where that swaps, A is the left.
    two, three = (table[table["subject"] == name] for name in ("160", "161"))
    assert two["state"].tolist()[1::2] == ["state B", "state B", "state A"]
    assert three["state"].tolist()[1::2] == ["state A", "state A"]
    assert three["block"].tolist() == [1, 1, 2, 2]
    assert score(TwoStep(), COIN, (), table).num_trials == 8
    assert len(found.checksums) == 3


def test_a_log_that_was_cut_off_keeps_its_whole_trials(write):
    whole = log((0, 1, "Up", "Left", WON), (0, 1, "Down", "Left", LOST))
    path = write("159_session1_log", whole[: whole.index("ons_ms2", len(whole) // 2)])
    assert load_people_two_step(path).table["trial"].tolist() == [1, 1]


def test_logs_of_another_form_are_refused(write, tmp_path):
    good = log((0, 1, "Up", "Left", WON), (0, 1, "Down", "Left", LOST))
    for old, new, words in (
        ("triggered Up", "triggered Middle", "without first that ends before line 12"),
        ("200.000000 :ons_ms1", "200.0;ons_ms1", "got .* in line 4"),
        (WON, "triggered Up", "one first event in each trial, .* in line 11"),
        ("trial-", "try-", "got none that is complete"),
    ):
        content = good.replace(old, new) if old == "trial-" else good.replace(old, new, 1)
        with pytest.raises(ValueError, match=words):
            load_people_two_step(write("159_session1_log", content))
    with pytest.raises(ValueError, match="must be named after the subject and the session"):
        load_people_two_step(write("log.txt", good))


# hBayesDM.


def test_bandits_of_hbayesdm(write):
    text = "subjID\ttrial\tchoice\toutcome\n1\t1\t1\t1\n1\t2\t2\t-1\n7\t1\t2\t1\n7\t3\t2\t1\n"
    path = write("bandit2arm_exampleData.txt", text)
    table = load_hbayesdm(path).table
    assert table["subject"].tolist() == ["1", "1", "7", "7"]
    assert table["trial"].tolist() == [1, 2, 1, 3]
    assert table["action"].tolist() == [0, 1, 1, 1]
    assert table["reward"].tolist() == [1, -1, 1, 1]
    coded = load_hbayesdm(path, rewards={"-1": 0, "1": 1}).table
    assert coded["reward"].tolist() == [1, 0, 1, 1]
    assert score(Bandit(), COIN, (), coded).num_trials == 4
    quoted = '"subjID"\t"trial"\t"choice"\t"outcome"\n"1"\t1\t1\t1\n'
    assert load_hbayesdm(write("prl_exampleData.txt", quoted)).table["action"].tolist() == [0]


def test_blocks_gains_and_losses_of_hbayesdm(write):
    text = (
        "ExperimentName\tsubjID\tblock\ttrial\tchoice\toutcome\n"
        "PRL\t5038\t1\t1\t2\t25\nPRL\t5038\t1\t2\t2\t-25\nPRL\t5038\t2\t1\t1\t25\n"
    )
    table = load_hbayesdm(write("prl_multipleB_exampleData.txt", text)).table
    assert table["episode"].tolist() == [1, 1, 2]
    assert table["reward"].tolist() == [25, -25, 25]
    text = "trial\tchoice\tgain\tloss\tsubjID\r1\t3\t50\t0\t1001\r2\t4\t50\t-250\t1001\r"
    table = load_hbayesdm(write("igt_exampleData.txt", text)).table
    assert table["action"].tolist() == [2, 3]
    assert table["reward"].tolist() == [50, -200]
    text = "subjID\tgain\tloss\tchoice\n102\t0\t0\t2\n102\t1\t-1\t1\n"
    table = load_hbayesdm(write("bandit4arm_exampleData.txt", text)).table
    assert table["trial"].tolist() == [1, 2]
    assert table["reward"].tolist() == [0, 0]


TS = (
    "subjID\ttrial\tlevel1_choice\tlevel2_choice\treward\tA1prob\tA2prob\tB1prob\tB2prob\n"
    "1\t2\t1\t4\t1\t0.7\t0.4\t0.3\t0.45\n"
    "1\t3\t2\t1\t0\t0.7\t0.4\t0.3\t0.45\n"
    "2\t1\t1\t2\t1\t0.6\t0.4\t0.3\t0.45\n"
)


def test_the_two_step_task_of_hbayesdm(write):
    table = load_hbayesdm(write("ts_exampleData.txt", TS)).table
    assert table["subject"].tolist() == ["1"] * 4 + ["2"] * 2
    assert table["trial"].tolist() == [2, 2, 3, 3, 1, 1]
    assert table["action"].tolist() == [0, 1, 1, 0, 0, 1]
    assert table["state"].tolist() == ["", "state B", "", "state A", "", "state A"]
    assert table["reward"].tolist() == [0, 1, 0, 0, 0, 1]
    assert set(table["available"]) == {""}
    assert table["p4"].tolist() == [0.45] * 6
    assert score(Daw(), COIN, (), table).num_trials == 3


def test_other_files_of_hbayesdm_are_refused(write):
    for content, words in (
        ("subjID\tdelay\tchoice\n1\t2\t1\n", "`choice` and `outcome`; or"),
        ("choice\toutcome\n1\t1\n", "Add subjID"),
        (TS.replace("\t4\t1\t0.7", "\t5\t1\t0.7"), "`level2_choice` must be one of .* 5 in line 2"),
        (TS.replace("1\t3\t2", "1\t2\t2"), "`trial` must be there once.* line 3"),
        ("subjID\tchoice\toutcome\n1\t0\t1\n", "`choice` must be at least 1, .* in line 2"),
    ):
        with pytest.raises(ValueError, match=words):
            load_hbayesdm(write("ts_exampleData.txt", content))


# Transcripts.

PATTERN = (
    r"(?:Game (?P<episode>\d+).*?)?You press <<(?P<action>\w)>> and get (?P<reward>-?[\d.]+) points"
)
TEXT = (
    "There are two machines. You press <<U>> and get 4.0 points.\n"
    "You press <<P>> and get -1.5 points.\n"
)


def transcripts(*texts, experiment="author2020title/exp1.csv"):
    lines = [
        {"text": text, "experiment": experiment, "participant": str(i)}
        for i, text in enumerate(texts)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_transcripts(write):
    other = transcripts("A task without choices.", experiment="other2021/exp.csv")
    path = write("prompts_training.jsonl", transcripts(TEXT, TEXT) + other)
    found = load_transcripts(path, "author2020title", PATTERN, {"U": 0, "P": 1})
    table = found.table
    assert table["subject"].tolist() == ["0", "0", "1", "1"]
    assert set(table["session"]) == {"author2020title/exp1.csv"}
    assert table["trial"].tolist() == [1, 2, 1, 2]
    assert table["action"].tolist() == [0, 1, 0, 1]
    assert table["reward"].tolist() == [4.0, -1.5, 4.0, -1.5]
    assert "Apache-2.0" in found.about


def test_games_in_a_transcript_are_episodes(write):
    text = "".join(f"Game {game}. You press <<{a}>> and get {r} points. "
                   for game, a, r in ((1, "U", 1), (1, "P", 0), (2, "P", 1)))  # fmt: skip
    path = write("prompts.jsonl", transcripts(text))
    table = load_transcripts(path, "author", PATTERN, {"U": 0, "P": 1}).table
    assert table["episode"].tolist() == [1, 1, 2]
    assert table["trial"].tolist() == [1, 2, 1]


def test_transcripts_that_a_pattern_does_not_fit_are_refused(write):
    codes = {"U": 0, "P": 1}
    for content, arguments, words in (
        ("{\n", ("author", PATTERN, codes), "JSON in each line, .* in line 1"),
        ('{"text": "x"}\n', ("author", PATTERN, codes), "fields text, .* in line 1"),
        (transcripts(TEXT), ("nobody", PATTERN, codes), "got 'nobody'; there are"),
        (transcripts(TEXT), ("author", PATTERN, {"U": 0}), "none for 'P', .* 0 in line 1"),
        (transcripts(TEXT), ("author", "(", codes), "a regular expression"),
        (transcripts(TEXT), ("author", "<<(.)>>", codes), "must have the groups"),
        (transcripts(TEXT + "Once more: <<U>>."), ("author", PATTERN, codes),
         "each of the 3 choices of participant 0 in line 1 .* got 2"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            load_transcripts(write("prompts.jsonl", content), *arguments)
