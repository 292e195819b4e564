"""That README, CI, environment.yml and packaging say the same, and nothing that is not so."""

import ast
import itertools
import re
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest
import yaml

import metarl

ROOT = Path(metarl.__file__).parents[1]
pytestmark = pytest.mark.skipif(
    not (ROOT / ".ci" / "run").exists(), reason="not in a checkout of the repository"
)


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_ci_runs_the_readmes_test_command():
    commands = re.findall(r"^    (python3 -m venv .*)$", (ROOT / "README.md").read_text(), re.M)
    train, test = commands
    assert train.endswith("metarl train")
    assert test.endswith("pytest")
    assert test in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_conda_environment_installs_this_project():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert environment["channels"] == ["conda-forge"]
    assert [re.split("[=<>]", name)[0] for name in conda] == ["python", "pip"]
    assert pip == {"pip": ["-e .[notebooks,test]"]}
    python = tuple(map(int, conda[0].split("=")[1].split(".")))
    assert python >= (3, 11)
    assert {"notebooks", "test"} <= set(project()["optional-dependencies"])


def test_dependencies_have_floors_and_no_pins():
    groups = [project()["dependencies"], *project()["optional-dependencies"].values()]
    for requirement in itertools.chain(*groups):
        assert re.fullmatch(r"[A-Za-z0-9_-]+>=[0-9.]+", requirement), requirement


def test_every_public_name_exists():
    for name in metarl.__all__:
        assert getattr(metarl, name) is getattr(metarl, name) is not None
        assert not isinstance(getattr(metarl, name), types.ModuleType)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = metarl.nothing_like_it
    assert metarl.__version__ in (ROOT / "CHANGELOG.md").read_text()


TYPED = """
import metarl

agent: metarl.Agent = metarl.load_agent("bandit_correlated").agent
checkpoint = metarl.load_agents("two_step")[0]
metarl.save_checkpoint("there.npz", metarl.load_checkpoint("here.npz"))
config = metarl.TrainConfig(environment=metarl.Bandit(), agent=metarl.AgentConfig())
evaluation = metarl.EvalConfig(name=metarl.pretrained_names()[0])
trained = metarl.train(config)
result = metarl.evaluate(agent, trained.params, config.environment, num_episodes=10, seed=1)
total: float = metarl.episode_regret(result).mean + metarl.trial_reward(result).mean
metrics = metarl.train_a2c(config, seeds=[1, 2]).metrics
print(metarl.__version__, metrics.regret, total + "a string")  # the only mistake
"""


def test_every_public_name_is_typed_for_those_who_use_it(tmp_path):
    for name in metarl.__all__:
        assert f"metarl.{name}" in TYPED
    file = tmp_path / "uses_metarl.py"
    file.write_text(TYPED)
    assert (ROOT / "metarl" / "py.typed").exists()
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(file)]
    cache = f"--cache-dir={tmp_path}"
    found = subprocess.run([*command, cache], capture_output=True, text=True, cwd=tmp_path)
    (error, _) = found.stdout.splitlines()
    assert error.startswith(f"uses_metarl.py:{TYPED.count(chr(10))}: error: Unsupported operand")


def test_importing_metarl_is_quick_and_imports_no_jax():
    code = (
        "import sys, time; begun = time.process_time(); import metarl;"
        "assert time.process_time() - begun < 0.2;"
        "assert not {'jax', 'numpy', 'pandas', 'flax'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Each row may import from the rows above it; within a row, nobody imports from another.
IMPORT_ORDER = """
checks  progress  jax_settings
registry
storage  processes
envs  plotting
agents  exact
config
storage.checkpoint  baselines  rollout  configs
pretrained
evaluation
training  play  analysis
behaviour
benchmark  reproduce  legacy
notebook  cli
__main__
"""


def test_imports_run_one_way():
    rank = {name: i for i, row in enumerate(IMPORT_ORDER.split("\n")) for name in row.split()}
    package = ROOT / "metarl"

    def unit(module):
        return "storage.checkpoint" if module == "storage.checkpoint" else module.split(".")[0]

    seen = set()
    for file in sorted(package.rglob("*.py")):
        here = unit(".".join(file.relative_to(package).with_suffix("").parts))
        seen.add(here)
        if file == package / "__init__.py":  # it only says where the public names are
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.ImportFrom) or node.module.split(".")[0] != "metarl":
                continue
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names if node.module in ("metarl", "metarl.storage") else [node.module]:
                there = unit(name.removeprefix("metarl."))
                assert here == there or rank[there] < rank[here], f"{file} imports {name}"
    assert seen - {"__init__"} == set(rank)


def test_only_networks_import_flax_and_no_module_is_long():
    for file in (ROOT / "metarl").rglob("*.py"):
        text = file.read_text()
        imports = re.findall(r"^\s*(?:from|import) (\w+)", text, re.M)
        assert "flax" not in imports or "networks" in file.parts or file.stem == "flax_agent", file
        assert len(text.splitlines()) <= 300, file


def test_the_readme_has_no_gaps():
    assert not re.findall(r"[A-Z]{3,}_[A-Z_]+", (ROOT / "README.md").read_text())


def test_pictures_in_the_readme_exist():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    pictures = [picture for picture in pictures if not picture.startswith("https://")]
    assert len(pictures) >= 2
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
