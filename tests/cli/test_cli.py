"""The command line, as a user runs it: what it writes, what it prints, how it refuses."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from metarl.cli.main import main
from metarl.cli.overrides import UsageError, read_config, run_config_file
from metarl.config import TrainConfig
from metarl.pretrained import load_agent

SMALL = [
    "--config.num_workers=0",
    "--config.num_eval_episodes=20",
    "--config.num_final_eval_episodes=50",
    "--config.environment.num_trials=10",
    "--config.agent.num_units=6",
    "--config.agent.training_steps=1600",
    "--config.agent.episodes_per_update=8",
]


@pytest.fixture(scope="module")
def trained_folder(tmp_path_factory):
    """A folder that `metarl train` made, with a trailing slash, and a name of the user's."""
    folder = tmp_path_factory.mktemp("cli") / "new" / "folder"
    assert main(["train", f"--config.workdir={folder}/", "--config.name=tiny", *SMALL]) == 0
    return folder


def eval_command(folder, trained_folder):
    """Evaluates the trained agent in another folder, in a process that has little to compile."""
    (folder / "tiny").mkdir()
    shutil.copy(trained_folder / "tiny" / "checkpoint.npz", folder / "tiny")
    command = [sys.executable, "-m", "metarl", "eval", "--config.name=tiny"]
    return [*command, f"--config.workdir={folder}"]


def test_train_leaves_everything_in_a_folder_it_made(trained_folder):
    assert [path.name for path in trained_folder.iterdir()] == ["tiny"]
    assert {path.name for path in (trained_folder / "tiny").iterdir()} - {".lock"} == {
        "log.INFO",
        "training.csv",
        "evaluator_0.csv",
        "checkpoint.npz",
        "data.npz",
        "raster.png",
        "regret.png",
        "critic.png",
        "learning.png",
    }


def test_data_holds_every_trial(trained_folder):
    with np.load(trained_folder / "tiny" / "data.npz", allow_pickle=False) as data:
        shapes = {name: data[name].shape for name in data.files}
        episodes = shapes["actions"][0]
        assert shapes == {
            "actions": (episodes, 10),
            "rewards": (episodes, 10),
            "regret": (episodes, 10),
            "action_values": (episodes, 10, 2),
            "observations": (episodes, 10, 0),
            "inputs": (episodes, 10, 4),
            "logits": (episodes, 10, 2),
            "values": (episodes, 10),
            "hidden": (episodes, 10, 6),
            "cell": (episodes, 10, 6),
            "seed": (),
            "raster_actions": (101, 10),
            "raster_action_values": (101, 10, 2),
        }
        np.testing.assert_allclose(
            data["raster_action_values"][:, 0, 0], np.linspace(1, 0, 101), atol=1e-6
        )
        chosen = np.take_along_axis(data["action_values"], data["actions"][..., None], -1)[..., 0]
        np.testing.assert_allclose(
            data["regret"], data["action_values"].max(-1) - chosen, atol=1e-6
        )


def test_eval_prints_a_table_with_what_the_training_saw(trained_folder, capsys):
    arguments = [f"--config.workdir={trained_folder}", "--config.name=tiny"]
    assert main(["eval", *arguments]) == 0
    printed = capsys.readouterr().out
    for words in ("advantage from sampled rewards", "episodes of 10 trials", "agent", "random"):
        assert words in printed
    assert "oracle" in printed
    assert "best possible" in printed
    assert "The agent is not yet as good as greedy. It is" in printed
    assert "add --config.resume=true --config.agent.training_steps=4800 to the command" in printed


@pytest.mark.slow
def test_independent_pairs_are_held_against_their_optimum_too(tmp_path, capsys, monkeypatch):
    arguments = [f"--config.workdir={tmp_path}", "--config.name=bandit_independent"]
    arguments.append("--config.num_eval_episodes=20")
    assert main(["eval", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "Thompson" in printed
    assert "resume" not in printed  # agents that ship have no optimiser's state
    assert re.search(r"best possible +1\.748 \(exact\)", printed)
    monkeypatch.setattr("metarl.exact.optimum.MAX_TRIALS", 99)
    assert main(["eval", *arguments]) == 0
    assert "best possible" not in capsys.readouterr().out


def test_eval_can_change_the_environment(trained_folder, capsys):
    arguments = [f"--config.workdir={trained_folder}", "--config.name=tiny"]
    changes = ["--config.environment.arm_probs=(0.25, 0.75)", "--config.environment.num_trials=5"]
    assert main(["eval", *arguments, *changes, "--config.num_eval_episodes=30"]) == 0
    printed = capsys.readouterr().out
    assert "arms that win with 0.25, 0.75" in printed
    assert "training_steps" not in printed  # it was trained for other tasks
    with np.load(trained_folder / "tiny" / "data.npz") as data:
        assert data["action_values"].shape == (30, 5, 2)
        np.testing.assert_allclose(data["action_values"][0, 0], [0.25, 0.75])


@pytest.mark.slow
def test_more_arms_work_from_the_command_line(tmp_path, capsys):
    more = ["--config.environment.num_arms=3", "--config.agent.random_seed=5"]
    assert main(["train", f"--config.workdir={tmp_path}", *SMALL, *more]) == 0
    assert "3 correlated arms" in capsys.readouterr().out
    with np.load(tmp_path / "my_agent" / "data.npz") as data:
        assert data["logits"].shape[-1] == 3
        best = data["raster_action_values"][:, 0].argmax(axis=1)
        assert list(best) == sorted(best)
    assert load_agent("my_agent", tmp_path).config.agent.random_seed == 5


def test_a_config_file_of_the_users_is_read_and_overridden(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "import dataclasses\n"
        "from metarl.configs import bandit\n"
        "def get_config():\n"
        "    return dataclasses.replace(bandit.get_config(), num_workers=0, workdir='unused')\n"
    )
    arguments = [f"--config={file}", f"--config.workdir={tmp_path}/out", *SMALL[1:]]
    assert main(["train", *arguments]) == 0
    config = load_agent("my_agent", tmp_path / "out").config
    assert (config.num_workers, config.workdir) == (0, f"{tmp_path}/out")


def test_a_config_dict_will_do_as_well(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "from ml_collections import ConfigDict\n"
        "def get_config():\n"
        "    return ConfigDict({'num_workers': 0, 'environment': {'num_arms': 10}, "
        "'num_evaluators': 0})\n"
    )
    odd = ["--config.environment.num_trials=1", "--config.agent.episodes_per_update=1"]
    assert (
        main(
            [
                "train",
                f"--config={file}",
                f"--config.workdir={tmp_path}/out",
                *SMALL[1:3],
                *SMALL[4:6],
                *odd,
                "--config.agent.training_steps=3",
            ]
        )
        == 0
    )
    assert "10 correlated arms" in capsys.readouterr().out
    config = load_agent("my_agent", tmp_path / "out").config
    assert (config.environment.num_arms, config.environment.num_trials) == (10, 1)
    assert not list((tmp_path / "out").rglob("evaluator*"))
    file.write_text(file.read_text().replace("'num_workers': 0", "'num_workers': -3"))
    assert main(["train", f"--config={file}"]) == 2
    assert "`num_workers` must be at least 0, got -3" in capsys.readouterr().err


def test_an_evaluation_of_one_episode_works(trained_folder, capsys):
    arguments = [f"--config.workdir={trained_folder}", "--config.name=tiny"]
    assert main(["eval", *arguments, "--config.num_eval_episodes=1", "--config.num_workers=2"]) == 0
    assert "1 episode" in capsys.readouterr().out


BAD = {
    "--config.agent.random_sed=1": ["agent.random_sed", "did you mean agent.random_seed"],
    "--config.nonsense=1": ["`nonsense` is not a setting", "--help"],
    "--config.agent=1": ["`agent` is not a setting"],
    "--config.agent.random_seed=one": ["config.agent.random_seed=one", "int"],
    "--config.num_workers=1.5": ["config.num_workers=1.5"],
    "--config.resume=perhaps": ["`resume` must be True or False or 'auto', got 'perhaps'"],
    "--config.agent.learning_rate=-0.1": ["`learning_rate` must be above 0, got -0.1"],
    "--config.agent.learning_rate=nan": ["`learning_rate` must be a finite number"],
    "--config.environment.num_arms=1": ["`num_arms` must be at least 2, got 1"],
    "--config.environment.num_trials=0": ["`num_trials` must be at least 1, got 0"],
    "--config.environment.reward_structure=odd": ["`reward_structure` must be", "'odd'"],
    "--config.environment.arm_probs=(0.5, 1.5)": ["`arm_probs` must be probabilities"],
    "--config.environment.arm_probs=(0.1, 0.2, 0.3)": ["2 arms", "(3,)"],
    "--config.name=../x": ["`name`", "../x"],
    "--config=missing.py": ["missing.py", "does not exist"],
    "--config.resume=true": ["`resume`", "does not exist"],
    "--unknown=1": ["unknown"],
    "leftover": ["leftover"],
    "--config.agent.random_seed=4294967296": ["`random_seed` must be below 4294967296"],
    "--config.name=..": ["`name` must be a plain"],
    "--config.num_final_eval_episodes=1": ["`num_final_eval_episodes` must be at least 2"],
}


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("argument", BAD)
def test_a_users_mistake_is_one_clear_line_and_exit_code_2(argument, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", argument]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    for words in BAD[argument]:
        assert words in printed.err
    assert list(tmp_path.iterdir()) == []  # nothing was begun


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("x = 1", "must define get_config()"),
        ("def get_config(): return 3", "must return a TrainConfig"),
        ("def get_config(): 1 / 0", "ZeroDivisionError"),
        ("def get_config(): {}['MY_SEED']", "KeyError: 'MY_SEED'"),
        ("def get_config(:", "SyntaxError"),
    ],
)
def test_a_broken_config_file_is_named(tmp_path, content, words, capsys):
    file = tmp_path / "broken.py"
    file.write_text(content)
    assert main(["train", f"--config={file}"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "broken.py" in error
    assert len(error.splitlines()) == 1


def test_eval_of_an_unknown_agent_lists_those_that_ship(tmp_path, capsys):
    assert main(["eval", f"--config.workdir={tmp_path}", "--config.name=nobody"]) == 2
    error = capsys.readouterr().err
    assert "nobody" in error
    assert "bandit_correlated" in error


def test_eval_of_a_broken_checkpoint_says_so(tmp_path, capsys):
    (tmp_path / "my_agent").mkdir()
    (tmp_path / "my_agent" / "checkpoint.npz").write_bytes(b"PK\x03\x04 and then nothing")
    assert main(["eval", f"--config.workdir={tmp_path}"]) == 2
    assert "truncated" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_a_failure_without_a_traceback(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["train", f"--config.workdir={tmp_path}/file/sub", *SMALL]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_help_lists_every_setting(capsys):
    assert main(["train", "--help"]) == 0
    printed = capsys.readouterr().out
    assert "--config.agent.random_seed=42" in printed
    assert "--config.environment.arm_probs=None" in printed


def test_ctrl_c_says_what_is_kept_and_leaves_130(tmp_path, start_process):
    arguments = [
        f"--config.workdir={tmp_path}",
        *SMALL[1:],
        "--config.agent.training_steps=100000000",
    ]
    command = [sys.executable, "-m", "metarl", "train", "--config.log_every_steps=800"]
    run = start_process([*command, *arguments])
    log = tmp_path / "my_agent" / "log.INFO"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (log.exists() and "progress:" in log.read_text()):
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert run.returncode == 130
    last = errors.splitlines()[-1]
    assert f"{tmp_path}/my_agent/checkpoint.npz is kept" in last
    assert "go on with `resume`" in last
    assert "Traceback" not in errors
    kept = load_agent("my_agent", tmp_path)
    assert kept.progress.steps >= 800
    assert kept.config.workdir == str(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--config=" + "a" * 300], "--config must be a file"),
        (["train", "--flagfile=/dev/null"], "`--flagfile` is not supported"),
        (["benchmark", "speed", "--config.max_workers=2000"], "`max_workers` must be at most"),
        (["eval", "--config.name=bandit_easy", "--config.workdir=/dev/null/x"], "`workdir`"),
    ],
)
def test_odd_arguments_are_one_clear_line(capsys, arguments, words):
    assert main(arguments) != 0
    errors = capsys.readouterr().err
    assert words in errors
    assert len(errors.splitlines()) == 1


def test_a_config_file_that_leaves_says_so(tmp_path, capsys):
    (tmp_path / "config.py").write_text("import sys\nsys.exit('no data')\n")
    assert main(["train", f"--config={tmp_path}/config.py"]) == 2
    assert "could not be run: SystemExit: no data" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_output_that_cannot_be_printed_is_one_clear_line(tmp_path, trained_folder):
    command = eval_command(tmp_path, trained_folder)
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == ("metarl: the output could not be printed: No space left on device\n")
    assert (tmp_path / "tiny" / "data.npz").exists()


def test_ctrl_c_during_the_imports_is_one_clear_line(start_process, tmp_path):
    run = start_process([sys.executable, "-m", "metarl", "train", f"--config.workdir={tmp_path}"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not psutil.Process(run.pid).children():
        time.sleep(0.01)  # until its first child is there, and it imports
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert errors.splitlines()[-1].startswith("metarl: interrupted")
    assert "Traceback" not in errors


def test_importing_metarl_starts_no_backend():
    code = (
        "import metarl, metarl.cli.main, metarl.training.a3c.manager, metarl.evaluation.report\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge.backends_are_initialized()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


@pytest.mark.parametrize(
    "command",
    ["train", "play", *(f"benchmark {name}" for name in ("players", "rl2-table", "speed"))],
)
def test_every_default_that_help_prints_is_accepted(command, capsys, monkeypatch):
    assert main([*command.split(), "--help"]) == 0
    printed = re.findall(r"^  (--config\.\S+=.*)$", capsys.readouterr().out, re.MULTILINE)
    assert len(printed) > 4
    seen = []
    monkeypatch.setattr("metarl.cli.overrides.read_config", lambda *args: seen.append(args))
    main([*command.split(), *printed])
    kind, default, overrides = seen[0]
    assert read_config(kind, default, overrides) == default


def test_a_config_of_the_package_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_config_file(TrainConfig, "bandit:quick").name == "quick"
    with pytest.raises(UsageError, match=r"did you mean bandit:quick"):
        run_config_file(TrainConfig, "bandit:qick")
    with pytest.raises(UsageError, match=r"did you mean bandit\?"):
        run_config_file(TrainConfig, "bandt")
    with pytest.raises(UsageError, match=r"configs are .*'rl2', 'two_step'"):
        run_config_file(TrainConfig, "xyz")


def test_a_config_file_imports_what_lies_beside_it_and_takes_an_argument(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "beside_it.py").write_text("trials = {'short': 5, 'long': 50}\n")
    file = tmp_path / "mine.py"
    file.write_text(
        "import beside_it\n"
        "def get_config(length):\n"
        "    return {'environment': {'num_trials': beside_it.trials[length]}}\n"
    )
    assert run_config_file(TrainConfig, f"{file}:long").environment.num_trials == 50
    with pytest.raises(UsageError, match="takes an argument after a colon"):
        run_config_file(TrainConfig, str(file))
    (tmp_path / "plain.py").write_text("def get_config():\n    return {}\n")
    with pytest.raises(UsageError, match="takes no argument"):
        run_config_file(TrainConfig, f"{tmp_path}/plain.py:hard")


def test_a_run_that_goes_on_has_the_settings_it_had(trained_folder, capsys):
    arguments = [f"--config.workdir={trained_folder}", "--config.name=tiny"]
    for resume in ("true", "auto"):
        assert main(["train", *arguments, f"--config.resume={resume}"]) == 0
    more = ["--config.agent.training_steps=2400", "--config.resume=true"]
    assert main(["train", *arguments, *more]) == 0
    trained = load_agent("tiny", trained_folder)
    assert trained.progress.steps == 2400
    assert trained.config.agent.num_units == 6
    capsys.readouterr()
    assert main(["train", *arguments, *more, "--config.agent.discount=0.5"]) == 2
    error = capsys.readouterr().err
    assert "these differ: `agent.discount` (0.7, now 0.5)" in error
    assert len(error.splitlines()) == 1


def test_what_nobody_foresaw_is_one_line(monkeypatch, capsys):
    def broken(*arguments):
        raise KeyError("odd\nkey")

    monkeypatch.setattr("metarl.cli.commands.make_config", broken)
    assert main(["play"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("metarl: KeyError: ")
    assert "METARL_TRACEBACK=1" in line


@pytest.mark.parametrize("name", ["a$_$b", "a_{b}^c", "名前", "x" * 150])
def test_names_are_literal_in_figures(tmp_path, capsys, name):
    arguments = [f"--config.workdir={tmp_path}", f"--config.name={name}", *SMALL]
    assert main(["train", *arguments]) == 0
    printed = capsys.readouterr()
    assert "was not drawn" not in printed.err
    assert printed.out.count(".png") == 4
    assert (tmp_path / name / "raster.png").stat().st_size > 10_000


def test_a_figure_that_cannot_be_drawn_costs_nothing_else(tmp_path, capsys, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("no such\nfont")

    monkeypatch.setattr("metarl.plotting.raster.plot_raster", broken)
    assert main(["train", f"--config.workdir={tmp_path}", *SMALL]) == 0
    printed = capsys.readouterr()
    assert "best possible" in printed.out
    assert "raster.png was not drawn" in printed.err
    figures = {p.name for p in (tmp_path / "my_agent").glob("*.png")}
    assert figures == {"critic.png", "learning.png", "regret.png"}


def test_the_users_matplotlibrc_changes_no_figure(tmp_path, trained_folder):
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nbackend: nonsense\naxes.prop_cycle: cycler(linestyle=['-', '--'])\n"
        "savefig.format: pdf\nfont.size: 70\n"
    )
    run = subprocess.run(
        eval_command(tmp_path, trained_folder),
        env=os.environ | {"MATPLOTLIBRC": str(tmp_path), "MPLBACKEND": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(".png") == 3, run.stderr
