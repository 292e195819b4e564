"""The command line: `metarl train | eval | play | benchmark`; the only place that knows flags."""

import argparse
import dataclasses
import difflib
import functools
import importlib
import runpy
import sys
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import config_dict, config_flags

import metarl
from metarl.benchmark.config import GeneralisationConfig, PlayersConfig, RL2TableConfig, SpeedConfig
from metarl.compilation import prepare_compiler
from metarl.config import EvalConfig, PlayConfig, TrainConfig
from metarl.config_files import config_from_dict
from metarl.configs import bandit_eval, bandit_play, bandit_train

_USAGE_ERROR, _FAILURE, _INTERRUPTED = 2, 1, 130

Reported = PlayersConfig | RL2TableConfig | GeneralisationConfig
Config = TrainConfig | EvalConfig | PlayConfig | SpeedConfig | Reported
T = typing.TypeVar("T", bound=Config)


class _UsageError(Exception):
    """The user's own mistake, in one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
      argv: the arguments after the program's name; None takes those of this process.

    Returns:
      The exit code: 0 if all went well, 1 if the work failed, 2 if what was asked for is not
      possible, 130 after Ctrl-C.
    """
    try:
        arguments, overrides = _parser().parse_known_args(argv)
        prepare_compiler()
        return arguments.run(arguments.config, overrides)
    except SystemExit as exit_:  # argparse has printed its message, or help
        return exit_.code if isinstance(exit_.code, int) else _USAGE_ERROR
    except _UsageError as error:
        return _say(str(error), _USAGE_ERROR)
    except KeyboardInterrupt as interrupt:
        kept = f"; {interrupt}" if interrupt.args else ""
        return _say(f"interrupted{kept}", _INTERRUPTED)


def _train(file: str | None, overrides: list[str]) -> int:
    config = _read_config(TrainConfig, bandit_train.get_config(), file, overrides)
    from metarl.a3c.manager import train
    from metarl.checkpoint import CheckpointError
    from metarl.process import ChildFailedError, ChildLostError
    from metarl.report import make_report

    try:
        checkpoint = train(config)
        evaluation = EvalConfig(path=config.path, params_filename=config.params_filename)
        report = make_report(checkpoint, evaluation, num_evaluators=config.num_evaluators)
    except CheckpointError as error:
        raise _UsageError(str(error)) from error
    except (ChildFailedError, ChildLostError, OSError) as error:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
        return _say(f"{error}{notes}", _FAILURE)
    scores = checkpoint.scores
    print(report.text)
    print(
        f"\nFrozen, on {scores['num_episodes']} other tasks: expected regret "
        f"{scores['expected_regret']:.3f} ± {1.96 * scores['expected_regret_standard_error']:.3f} "
        f"per episode; trained in {checkpoint.progress.seconds:.1f} s."
    )
    files = [config.folder / f"{config.params_filename}.npz", *report.files]
    print("Written:", *files, sep="\n  ")
    return 0


def _eval(file: str | None, overrides: list[str]) -> int:
    config = _read_config(EvalConfig, bandit_eval.get_config(), file, overrides)
    from metarl.pretrained import load_agent
    from metarl.process import ChildLostError
    from metarl.report import make_report

    try:
        checkpoint = load_agent(config.params_filename, config.folder)
        report = make_report(checkpoint, config)
    except ValueError as error:
        raise _UsageError(str(error)) from error
    except (ChildLostError, OSError) as error:
        return _say(str(error), _FAILURE)
    print(report.text)
    print("Written:", *report.files, sep="\n  ")
    return 0


def _play(file: str | None, overrides: list[str]) -> int:
    config = _read_config(PlayConfig, bandit_play.get_config(), file, overrides)
    from metarl.opponents import opponents_for
    from metarl.play import PlaySession
    from metarl.play_terminal import play_in_terminal

    env = config.environment
    session = PlaySession(
        env,
        num_episodes=config.num_episodes,
        seed=config.random_seed,
        opponents=opponents_for(env) if config.against_machines else None,
    )
    code = 0
    try:
        play_in_terminal(session)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if session.trial == session.episode == 0:
        return code
    try:
        config.folder.mkdir(parents=True, exist_ok=True)
        file_name = f"play_{config.player_filename}.csv"
        print("Written:", session.save_csv(config.folder / file_name), sep="\n  ")
    except OSError as error:
        return _say(str(error), _FAILURE)
    return code


def _benchmark_speed(file: str | None, overrides: list[str]) -> int:
    config = _read_config(SpeedConfig, SpeedConfig(), file, overrides)
    from metarl.benchmark.speed import benchmark_speed
    from metarl.process import ChildFailedError, ChildLostError

    try:
        benchmark_speed(config)
    except (ChildFailedError, ChildLostError, OSError) as error:
        return _say(str(error), _FAILURE)
    print("Written:", config.folder / "speed.csv", sep="\n  ")
    return 0


def _benchmark(default: Config, module: str, file: str | None, overrides: list[str]) -> int:
    """Runs `benchmark_NAME` of `metarl.benchmark.NAME`, which returns a report."""
    config = _read_config(type(default), default, file, overrides)
    run = getattr(importlib.import_module(f"metarl.benchmark.{module}"), f"benchmark_{module}")
    try:
        report = run(config)
    except ValueError as error:
        raise _UsageError(str(error)) from error
    except OSError as error:
        return _say(str(error), _FAILURE)
    print(report.text)
    print("Written:", *report.files, sep="\n  ")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="metarl", description=metarl.__doc__)
    parser.add_argument("--version", action="version", version=f"metarl {metarl.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    about_benchmarks = "measure, in a way anyone can repeat"
    benchmarks = commands.add_parser(
        "benchmark", help=about_benchmarks, description=f"{about_benchmarks}."
    ).add_subparsers(title="benchmarks", required=True, metavar="BENCHMARK")
    about_speed = "how fast training is on this machine"
    about_rl2 = "the bandits of RL2 (arXiv 1611.02779), beside the printed table"
    about_players = "how well players and agents play a family of tasks"
    about_matrix = "agents trained on one family of tasks, tested on all"
    for where, name, run, config, about in (
        (commands, "train", _train, bandit_train.get_config(), "train an agent, and show it"),
        (commands, "eval", _eval, bandit_eval.get_config(), "evaluate an agent, frozen"),
        (commands, "play", _play, bandit_play.get_config(), "play a bandit against the machines"),
        (benchmarks, "speed", _benchmark_speed, SpeedConfig(), about_speed),
        (benchmarks, "players", _benchmark, PlayersConfig(), about_players),
        (benchmarks, "rl2-table", _benchmark, RL2TableConfig(), about_rl2),
        (benchmarks, "generalisation", _benchmark, GeneralisationConfig(), about_matrix),
    ):
        command = where.add_parser(
            name,
            help=about,
            description=f"{about}.",
            epilog=_settings(config),
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--config",
            metavar="FILE",
            help="a Python file whose get_config() returns the config",
        )
        if run is _benchmark:
            run = functools.partial(_benchmark, config, name.replace("-", "_"))
        command.set_defaults(run=run)
    return parser


def _settings(config: Config) -> str:
    lines = [f"  --config.{name}={value}" for name, value in _flat(dataclasses.asdict(config))]
    home = type(config).__module__
    about = f"any setting can be changed; `python -m pydoc {home}` explains each:"
    return "\n".join([about, *lines])


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def _read_config(kind: type[T], config: T, file: str | None, overrides: list[str]) -> T:
    """Reads the config from its file, if one is named, and overrides what the user asked for."""
    try:
        if file is not None:
            config = _run_config_file(kind, file)
        _check_names(config, overrides)
        values = flags.FlagValues()
        arguments = ["metarl", *overrides]
        config_flags.DEFINE_config_dict(
            "config", _editable(config), flag_values=values, sys_argv=arguments
        )
        unknown = values(arguments)[1:]
        if unknown:
            raise _UsageError(f"unknown argument {unknown[0]!r}; settings are --config.NAME=VALUE")
        changed: Any = values["config"].value
        return config_from_dict(kind, changed.to_dict())
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        text = str(error.args[0]) if error.args else type(error).__name__
        raise _UsageError(" ".join(text.split())) from error


def _check_names(config: Config, overrides: list[str]) -> None:
    names = [name for name, _ in _flat(dataclasses.asdict(config))]
    for argument in overrides:
        name = argument.split("=")[0].lstrip("-").removeprefix("config.")
        if argument.startswith(("--config.", "-config.")) and name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = (
                f"did you mean {close[0]}?" if close else "`metarl COMMAND --help` lists them all"
            )
            raise _UsageError(f"`{name}` is not a setting; {hint}")


def _run_config_file(kind: type[T], file: str) -> T:
    if not Path(file).is_file():
        raise _UsageError(f"--config must be a file, got {file!r}, which does not exist")
    try:
        names = runpy.run_path(file)
        made = names["get_config"]() if "get_config" in names else None
    except ValueError:
        raise  # a value that the config refuses, with a message for the user
    except Exception as error:
        raise _UsageError(f"{file} could not be run: {type(error).__name__}: {error}") from error
    if "get_config" not in names:
        raise _UsageError(f"{file} must define get_config(), which returns a {kind.__name__}")
    if isinstance(made, config_dict.ConfigDict):
        made = made.to_dict()
    if isinstance(made, Mapping):
        made = config_from_dict(kind, made)
    if not isinstance(made, kind):
        raise _UsageError(
            f"get_config() in {file} must return a {kind.__name__} (or a mapping of its fields), "
            f"got {type(made).__name__}"
        )
    return made


def _editable(config: Any) -> config_dict.ConfigDict:
    """The config as config_flags wants it: fields that are None still know their type."""
    editable = config_dict.ConfigDict()
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            value = _editable(value)
        elif value is None:
            kind = typing.get_args(field.type)[0]
            value = config_dict.placeholder(typing.get_origin(kind) or kind)
        editable[field.name] = value
    return editable


def _say(message: str, code: int) -> int:
    print(f"metarl: {message}", file=sys.stderr)
    return code
