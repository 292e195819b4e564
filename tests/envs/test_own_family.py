"""A task family in a file of the user's own: every command plays it, none imports it unasked."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import jax
import pytest
from commands import command

PAGE = Path(__file__).parents[2] / "docs" / "add_a_task.md"
SMALL = [
    "--config.agent.training_steps=3200",
    "--config.agent.num_units=6",
    "--config.num_final_eval_episodes=20",
    "--config.progress_bar=false",
]
INLINE = "--config.num_workers=0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the file of the page, in which its agent was trained by two workers."""
    folder = tmp_path_factory.mktemp("own")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (folder / "doors.py").write_text(code)
    done = python(folder, "-m", "metarl", "train", "--config=doors.py", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "doors" in done.stdout
    return folder


def python(folder, *arguments, **options):
    options |= {"capture_output": True, "text": True, "timeout": 200, "check": False}
    return subprocess.run([sys.executable, *arguments], cwd=folder, **options)


def test_it_is_trained_by_worker_processes_and_leaves_everything(folder):
    names = {file.name for file in (folder / "results" / "doors").iterdir()}
    assert {"checkpoint.npz", "log.INFO", "raster.png", "regret.png", "learning.png"} <= names
    assert not (folder / "__pycache__").exists()


def test_it_is_evaluated_with_another_setting(folder):
    change = "--config.environment.num_trials=7"
    few = "--config.num_eval_episodes=30"
    done = command(folder, "eval", "--import=doors.py", "--config.name=doors", change, few)
    assert done.returncode == 0, done.stderr
    assert "30 episodes of 7 trials, doors" in done.stdout
    assert re.search(r"oracle +1\.0000", done.stdout)
    wrong = command(
        folder, "eval", "--import=doors.py", "--config.name=doors", "--config.environment.x=1"
    )
    assert wrong.returncode == 2
    assert "`environment.x` is not a setting" in wrong.stderr


def test_without_its_file_it_is_named_with_the_flag_that_helps(folder):
    done = command(folder, "eval", "--config.name=doors")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "'doors'" in line
    assert "--import=FILE.py" in line


def test_it_goes_on_and_takes_its_settings_from_the_checkpoint(folder):
    more = ["--config.resume=true", "--config.agent.training_steps=4000"]
    done = command(folder, "train", "--import=doors.py", "--config.name=doors", *more)
    assert done.returncode == 0, done.stderr
    assert "doors" in done.stdout


def test_players_and_the_game_play_it(folder):
    done = command(
        folder,
        *("benchmark", "players", "--import=doors.py", "--config.environment.family=doors"),
        *("--config.environment.prize=2", "--config.num_episodes=50"),
        "--config.players=('random', 'oracle', 'doors')",
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"oracle +40\.000", done.stdout)
    game = command(folder, "play", "--config=doors.py", typed="1\n1\n2\n2\nq\n")
    assert game.returncode == 0, game.stderr
    with (folder / "results" / "play_you.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["trial"], row["step"], row["action"]) for row in rows] == [
        *(("1", "1", "0"), ("1", "2", "0"), ("2", "1", "1"), ("2", "2", "1"))
    ]


def test_help_explains_its_settings(folder):
    done = command(folder, "train", "--config=doors.py", "--help")
    assert "--config.environment.family=doors" in done.stdout
    assert "what the right door pays." in done.stdout


def test_a_class_in_a_module_beside_a_notebook_trains_with_workers(folder):
    script = (
        "import metarl\n"
        "from doors import Doors\n"
        "from metarl.config import AgentConfig\n"
        "agent = AgentConfig(training_steps=3200, num_units=6)\n"
        "config = metarl.TrainConfig(name='beside', environment=Doors(num_trials=5), agent=agent,\n"
        "    num_workers=1, num_final_eval_episodes=20, progress_bar=False)\n"
        "print(metarl.train(config).config.environment)\n"
    )
    done = python(folder, "-c", script)
    assert "Doors(num_trials=5, prize=1.0)" in done.stdout, done.stderr


def test_a_subclass_of_a_family_of_ours_stays_itself(tmp_path):
    (tmp_path / "sticky.py").write_text(
        "import dataclasses\n"
        "from metarl.config import AgentConfig, TrainConfig\n"
        "from metarl.envs import Bandit\n"
        "@dataclasses.dataclass(frozen=True, kw_only=True)\n"
        "class Upside(Bandit):\n"
        "    def action_values(self, state):\n"
        "        return 1 - super().action_values(state)\n"
        "def get_config():\n"
        "    return TrainConfig(name='up', environment=Upside(num_trials=5), agent=AgentConfig())\n"
    )
    no_processes = [INLINE, "--config.num_evaluators=0"]
    done = command(tmp_path, "train", "--config=sticky.py", *SMALL, *no_processes)
    assert done.returncode == 0, done.stderr
    shown = command(tmp_path, "eval", "--import=sticky.py", "--config.name=up")
    assert shown.returncode == 0, shown.stderr
    assert command(tmp_path, "eval", "--config.name=up").returncode == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "nowhere.py",
            "--import must be a file or a module, got 'nowhere.py', which does not exist",
        ),
        ("no_such_module", "no_such_module could not be imported: ModuleNotFoundError"),
        ("clash.py", "`family` must be a new name, got 'bandit'"),
        ("taken.py", "`family` must be a new name, got 'two_step'"),
        ("broken.py", "broken.py could not be imported: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line(tmp_path, name, message):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "taken.py").write_text(
        "from metarl.envs import TaskFamily\nclass TwoStep(TaskFamily):\n    pass\n"
    )
    (tmp_path / "clash.py").write_text(
        "from metarl.envs import Bandit\nclass Mine(Bandit, family='bandit'):\n    pass\n"
    )
    done = command(tmp_path, "eval", f"--import={name}")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line


def test_a_class_of_a_session_is_refused_before_anything_is_written(tmp_path):
    script = (
        "import dataclasses, metarl\n"
        "from metarl.envs import Bandit\n"
        "@dataclasses.dataclass(frozen=True, kw_only=True)\n"
        "class Mine(Bandit):\n"
        "    pass\n"
        "config = metarl.TrainConfig(environment=Mine(num_trials=5))\n"
        "try:\n"
        "    metarl.train(config)\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    done = python(tmp_path, "-c", script)
    assert "Move it to a module" in done.stdout, done.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_may_be_imported_by_its_path_and_as_a_module(folder):
    (folder / "more.py").write_text(
        "from doors import Doors\n"
        "from metarl.config import TrainConfig\n"
        "def get_config():\n"
        "    return TrainConfig(name='doors', environment=Doors(num_trials=5))\n"
    )
    few = "--config.num_eval_episodes=10"
    done = command(folder, "eval", "--import=doors.py", "--config=more.py", few)
    assert done.returncode == 0, done.stderr
    done = command(
        folder, "eval", "--import=doors", "--import=doors.py", "--config.name=doors", few
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def settings(request):
    """Turns settings of JAX on, as their environment variables do for a process."""
    for name in request.param:
        jax.config.update(name, True)
    yield
    for name in request.param:
        jax.config.update(name, False)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    "settings",
    [
        ("jax_enable_x64", "jax_debug_nans"),
        *(
            pytest.param(names, marks=pytest.mark.slow)
            for names in ((), ("jax_enable_x64",), ("jax_debug_nans",))
        ),
    ],
    indirect=True,
)
def test_a_family_without_regret_is_played_by_its_reward(folder, tmp_path):
    code = (folder / "doors.py").read_text().replace("doors", "blind")
    code = re.sub(r"    def action_values.*?\n\n", "", code, flags=re.DOTALL)
    code = code.replace("steps_per_trial = 2", "steps_per_trial = 2\n    has_regret = False")
    (tmp_path / "blind.py").write_text(code)
    oracle = "--config.agent.advantage_rewards=oracle"
    refused = command(tmp_path, "train", "--config=blind.py", oracle, *SMALL, INLINE)
    assert refused.returncode == 2
    assert "`advantage_rewards` must be 'sampled' for the family blind" in refused.stderr
    family = ("--import=blind.py", "--config.environment.family=blind", "--config.name=blind")
    done = command(tmp_path, "train", *family, *SMALL, INLINE)
    assert done.returncode == 0, done.stderr
    assert "Regret is not known in this family" in done.stdout
    assert re.search(r"other tasks: reward per trial 0\.\d+;", done.stdout)
    assert (tmp_path / "results" / "blind" / "reward.png").stat().st_size > 10_000
    with (tmp_path / "results" / "blind" / "evaluator_0.csv").open(newline="") as file:
        assert {row["expected_regret"] for row in csv.DictReader(file)} == {""}
    compared = command(tmp_path, "benchmark", "players", *family, "--config.num_episodes=20")
    assert compared.returncode == 0, compared.stderr
    assert "random" in compared.stdout
