"""Wild input: whatever it is, it is taken, or refused with an error that says what was wrong."""

import contextlib
import csv
import dataclasses
import io
import json
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from metarl.agents.actor_critic import Agent
from metarl.benchmark.config import (
    GeneralisationConfig,
    PlayersConfig,
    RL2TableConfig,
    SpeedConfig,
)
from metarl.cli.main import main
from metarl.config import AgentConfig, EvalConfig, TrainConfig
from metarl.config.commands import PlayConfig
from metarl.config.mapping import config_from_dict, config_to_dict
from metarl.envs import Bandit
from metarl.envs.reversal import Reversal
from metarl.envs.two_step import TwoStep
from metarl.legacy.config import ImportConfig
from metarl.play.record import COLUMNS, read_regret
from metarl.play.session import PlaySession
from metarl.storage.curves import EvaluatorRow, read_rows

pytestmark = pytest.mark.usefixtures("as_users_run_it")
KINDS = [
    *(AgentConfig, TrainConfig, EvalConfig, PlayConfig, SpeedConfig, ImportConfig),
    *(Bandit, TwoStep, Reversal, PlayersConfig, RL2TableConfig, GeneralisationConfig),
]
fuzz = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**53 + 1, 2**64, 10**400, -(10**4000), 1e308, -0.0, 5e-324]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["../x", "~nobody/x", "\ud800", "a\0", "x" * 5000, " ", "nul:", "a\nb", "=1+1"]
    ),
    st.binary(max_size=10),
    st.complex_numbers(),
)
wild = st.one_of(
    scalars,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)),
    st.dictionaries(st.text(max_size=5), scalars, max_size=3),
    st.sampled_from([np.zeros(3), np.int64(3), np.float64("nan"), np.array([[0.5]]), len, object]),
)


def is_said_well(message, *names):
    """The house's template: the argument in backticks, the rule, the value; on one short line."""
    assert re.match(r"`[^`]+` (must .+, got .+|is not a setting)", message), message
    assert not names or any(f"{name}`" in message for name in names), message
    assert len(message.splitlines()) == 1
    assert len(message) < 700


def names_the_setting(message):
    assert re.match(r"`.*` (must|is not a setting)", message, re.S), message


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@fuzz
@given(data=st.data())
def test_a_config_takes_a_wild_value_or_says_why_not(kind, data):
    names = [field.name for field in dataclasses.fields(kind)]
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    values = {name: data.draw(wild) for name in chosen}
    try:
        config = kind(**values)
    except ValueError as error:
        is_said_well(str(error), *chosen, "num_arms", "arm_probs")
    else:
        assert isinstance(hash(config), int)
        text = json.dumps(config_to_dict(config), allow_nan=False)
        assert config_from_dict(kind, json.loads(text)) == config


@fuzz
@given(
    values=st.recursive(
        st.dictionaries(
            st.sampled_from(["agent", "environment", "workdir", "num_arms", "seed"]) | st.text(),
            scalars,
            max_size=3,
        ),
        lambda inner: st.dictionaries(
            st.sampled_from(["agent", "environment", "x"]), inner, max_size=2
        ),
    )
)
def test_a_mapping_makes_a_config_or_says_why_not(values):
    try:
        assert isinstance(config_from_dict(TrainConfig, values), TrainConfig)
    except ValueError as error:
        names_the_setting(str(error))


@fuzz
@given(probs=wild | st.lists(st.floats(-0.5, 1.5), max_size=4), num_arms=st.integers(2, 4))
def test_win_probabilities_are_taken_or_refused(probs, num_arms):
    for make in (
        lambda: Bandit(num_arms=num_arms, arm_probs=probs),
        lambda: Bandit(num_arms=num_arms).make_task(probs),
    ):
        try:
            made = make()
        except ValueError as error:
            is_said_well(str(error), "arm_probs")
        else:
            if made.arm_probs is not None:
                taken = np.asarray(made.arm_probs)
                assert taken.shape == (num_arms,)
                assert np.all((taken >= 0) & (taken <= 1))


@fuzz
@given(
    st.fixed_dictionaries(
        dict.fromkeys(("num_actions", "observation_size", "num_steps", "num_units"), wild)
    )
)
def test_an_agent_is_made_or_refused(values):
    with contextlib.suppress(ValueError):
        assert Agent(**values).num_inputs >= 3


SETTINGS = [
    *("workdir", "name", "resume", "num_workers", "agent", "agent.random_seed"),
    *("agent.learning_rate", "environment.arm_probs", "environment.num_arms", "steps", "nothing"),
    *("player", "worker_timeout_seconds", "environment"),
]
settings_given = st.builds(
    lambda dashes, name, equals, value: f"{dashes}config.{name}{equals}{value}",
    st.sampled_from(["--", "-", ""]),
    st.sampled_from(SETTINGS),
    st.sampled_from(["=", "", " ", "=="]),
    st.one_of(
        st.text(max_size=10),
        st.sampled_from(
            ["(", "(0.5,", "[1,2]", "None", "1e999", "'", "\\", "0x1", "{}", "(" * 300]
        ),
        st.integers().map(str),
        st.floats().map(str),
    ),
)
arguments = st.lists(
    settings_given
    | st.text(max_size=8)
    | st.sampled_from(
        [
            *("--help", "--config", "--config=", "--config=.", "--config=\0", "--flagfile=x"),
            *(
                "--",
                "-",
                "--version",
                "--config.",
                "--config.=",
                "--config..=1",
                "--undefok=x",
                "--noconfig",
            ),
        ]
    ),
    max_size=4,
)
COMMANDS = [
    ["train"],
    ["eval"],
    ["play"],
    ["import-pickle"],
    ["benchmark"],
    ["benchmark", "speed"],
    ["benchmark", "players"],
]


class WorkedError(Exception):
    """The command line was understood."""


@pytest.fixture
def no_work(monkeypatch, tmp_path):
    """Whatever a command line asks for, nothing is done; that it would be is exit code 1."""

    def work(*arguments, **more):
        raise WorkedError

    for name in (
        "metarl.training.a3c.manager.train",
        "metarl.pretrained.load_agent",
        "metarl.evaluation.players.opponents",
        "metarl.benchmark.speed.benchmark_speed",
        "metarl.benchmark.players.benchmark_players",
        "metarl.storage.checkpoint.save_checkpoint",
    ):
        monkeypatch.setattr(name, work)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("no_work")
@settings(fuzz, max_examples=150)
@example(command=["train"], words=["--config.workdir\r"])
@given(command=st.sampled_from([*COMMANDS, [], ["tarin"]]), words=arguments)
def test_a_command_line_is_understood_or_refused_without_a_traceback(command, words):
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            code = main([*command, *words])
        except WorkedError:
            code = 1
    assert code in (0, 1, 2)
    assert "Traceback" not in error.getvalue()
    if code == 2:
        assert "metarl" in error.getvalue().splitlines()[-1]


cells = st.one_of(
    st.text(max_size=10),
    st.integers(-2, 10**9).map(str),
    st.floats().map(str),
    st.sampled_from(["", "=cmd|' /C calc'!A0", "@SUM(1)", "nan", "inf", "1e999", "9" * 5000]),
)
columns = st.sampled_from([[*COLUMNS, "p1", "p2"], [*COLUMNS], ["player", "regret"], []])


@settings(fuzz, max_examples=80)
@given(columns, st.lists(st.lists(cells, max_size=10), max_size=5), st.binary(max_size=5))
def test_a_csv_of_a_game_is_read_or_refused(tmp_path, header, rows, noise):
    path = tmp_path / "game.csv"
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    for content in (text.getvalue().encode(errors="replace"), text.getvalue().encode() + noise):
        path.write_bytes(content)
        try:
            regret = read_regret(path)
        except ValueError as error:
            is_said_well(str(error), "game.csv")
        else:
            for player, values in regret.items():
                assert player.isprintable()
                assert not player.startswith(("=", "+", "-", "@"))
                assert np.all(values >= 0)


@settings(fuzz, max_examples=80)
@given(st.lists(st.lists(cells, max_size=7), max_size=5), st.binary(max_size=5))
def test_an_evaluators_csv_gives_whole_rows_or_none(tmp_path, rows, noise):
    path = tmp_path / "evaluator_0.csv"
    text = io.StringIO()
    csv.writer(text).writerows([EvaluatorRow._fields, *rows])
    path.write_bytes(text.getvalue().encode() + noise)
    for row in read_rows(path, EvaluatorRow):
        assert np.all(np.isfinite(row[:4]))  # of a family without regret, the others are empty
        assert isinstance(row.step, int)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@A1", "\t=1"])
def test_names_in_a_record_are_no_formulas(tmp_path, name):
    from metarl.baselines import Random

    session = PlaySession(Bandit(num_trials=1), opponents={name: (Random(num_actions=2), ())})
    session.choose(0)
    for line in csv.reader(io.StringIO(session.to_csv())):
        assert not line[0].startswith(("=", "+", "-", "@", "\t"))
    if name.isprintable():
        assert f"'{name}" in read_regret(session.save_csv(tmp_path / "game.csv"))


def test_memory_that_does_not_suffice_is_one_line(monkeypatch, capsys, tmp_path):
    def starve(config, **options):
        raise MemoryError

    monkeypatch.setattr("metarl.training.a3c.manager.train", starve)
    assert main(["train", f"--config.workdir={tmp_path}"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "metarl: this machine does not have enough memory; ask for less"
    ]


def test_a_number_that_cannot_be_printed_is_refused_all_the_same():
    with pytest.raises(ValueError, match="`num_arms` must be at most 10000, got a int too long"):
        Bandit(num_arms=10**5000)
