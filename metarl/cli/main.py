"""The commands: `metarl train | eval | play | benchmark | import-pickle`."""

import argparse
import functools
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import metarl
from metarl.benchmark.config import GeneralisationConfig, PlayersConfig, RL2TableConfig, SpeedConfig
from metarl.cli.files import UsageError, import_family
from metarl.cli.help import settings_text
from metarl.cli.output import FAILURE, OutputError, deliver, say, show, text_of
from metarl.cli.overrides import evaluation_config, make_config, read_config, training_config
from metarl.config import EvalConfig
from metarl.config.commands import PlayConfig
from metarl.configs import bandit
from metarl.legacy.config import ImportConfig
from metarl.processes.compilation import prepare_compiler
from metarl.processes.memory import NotEnoughMemoryError
from metarl.storage.files import make_folder

_USAGE_ERROR, _INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
      argv: the arguments after the program's name; None takes those of this process.

    Returns:
      The exit code: 0 on success, 1 if the work failed, 2 if the request was invalid, 130 after
      Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for terminals that lack some characters
    # No command opens a window, and an invalid MPLBACKEND would break the import of matplotlib.
    os.environ["MPLBACKEND"] = "agg"
    try:
        arguments, overrides = _parser().parse_known_args(argv)
        for name in arguments.imports or ():
            import_family(name)
        if arguments.help:
            return _help(arguments, overrides)
        prepare_compiler()
        code: int = arguments.run(arguments.config, overrides)
    except SystemExit as exit_:  # argparse has printed its message, or help
        return exit_.code if isinstance(exit_.code, int) else _USAGE_ERROR
    except UsageError as error:
        # Parts may come from an untrusted file: allow no line breaks and no terminal codes.
        printable = "".join(c if c.isprintable() else " " for c in str(error))
        return say(" ".join(printable.split()), _USAGE_ERROR)
    except OutputError as error:
        return say(f"the output could not be printed: {error}", FAILURE)
    except KeyboardInterrupt as interrupt:
        kept = f"; {interrupt}" if interrupt.args else ""
        return say(f"interrupted{kept}", _INTERRUPTED)
    except Exception as error:
        if isinstance(error, NotEnoughMemoryError):
            return say(str(error), FAILURE)
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            return say("this machine does not have enough memory; ask for less", FAILURE)
        if os.environ.get("METARL_TRACEBACK"):
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        hint = "this is a bug in metarl; METARL_TRACEBACK=1 shows the traceback"
        return say(f"{what} ({hint})", FAILURE)
    return code


def _train(file: str | None, overrides: list[str]) -> int:
    from metarl.storage.checkpoint import CheckpointError

    try:
        config = training_config(bandit.get_config(), file, overrides)
    except CheckpointError as error:
        raise UsageError(str(error)) from error
    from metarl.evaluation.report import make_report, prepare_report
    from metarl.processes.child import ChildFailedError, ChildLostError
    from metarl.storage.run_lock import FolderInUseError
    from metarl.training.a3c.manager import train
    from metarl.training.a3c.updates import DivergedError

    try:
        evaluation = EvalConfig(workdir=config.workdir, name=config.name)
        yardsticks = prepare_report(config, evaluation)
        checkpoint = train(config, yardsticks=yardsticks)
        report = make_report(checkpoint, evaluation, yardsticks)
        scores = checkpoint.scores
        found = f"reward per trial {scores['mean_reward']:.4f}"
        if config.environment.has_regret:
            spread = 1.96 * scores["expected_regret_standard_error"]
            found = f"expected regret {scores['expected_regret']:.3f} ± {spread:.3f} per episode"
        text = (
            f"{report.text}\n\nFrozen, on {scores['num_episodes']} other tasks: {found}; "
            f"training took {checkpoint.progress.seconds:.1f} s."
        )
        return deliver(text, report.write, config.checkpoint_file)
    except (CheckpointError, FolderInUseError) as error:
        raise UsageError(str(error)) from error
    except (ChildFailedError, ChildLostError, DivergedError, OSError) as error:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
        return say(f"{text_of(error)}{notes}", FAILURE)


def _eval(file: str | None, overrides: list[str]) -> int:
    from metarl.evaluation.report import make_report

    try:
        config, checkpoint = evaluation_config(EvalConfig(), file, overrides)
        report = make_report(checkpoint, config)
        return deliver(report.text, report.write)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)


def _play(file: str | None, overrides: list[str]) -> int:
    config = make_config(PlayConfig, PlayConfig(), file, overrides)
    from metarl.evaluation.players import opponents
    from metarl.play.session import PlaySession
    from metarl.play.terminal import play_in_terminal
    from metarl.processes.interrupts import signals_as_keyboard_interrupt

    env = config.environment
    try:
        make_folder(config.folder)
        session = PlaySession(
            env,
            num_episodes=config.num_episodes,
            seed=config.random_seed,
            opponents=opponents(env) if config.against_machines else None,
            subject=config.player,
            record=config.folder / f"play_{config.player}.csv",
        )
        with signals_as_keyboard_interrupt():
            try:
                play_in_terminal(session, min_seconds=config.min_seconds)
            except KeyboardInterrupt:
                kept = session.finish()
                raise KeyboardInterrupt(f"{kept} is kept" if kept else "nothing to save") from None
        kept = session.finish()
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)
    if kept is not None:
        show("Written:", kept)
    return 0


def _import_pickle(file: str, overrides: list[str]) -> int:
    config = read_config(ImportConfig, ImportConfig(), overrides)
    from metarl.legacy.importer import import_pickle
    from metarl.storage.checkpoint import save_checkpoint

    target = config.checkpoint_file
    try:
        checkpoint = import_pickle(file)
        if target.exists():
            raise UsageError(f"`name` must be a new name, got {target}, which already exists")
        make_folder(config.agent_folder)
        save_checkpoint(target, checkpoint)
    except FileNotFoundError:
        raise UsageError(f"`FILE` must be a file, got {file!r}, which does not exist") from None
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)
    show("Written:", target)
    return 0


def _benchmark_speed(file: str | None, overrides: list[str]) -> int:
    config = make_config(SpeedConfig, SpeedConfig(), file, overrides)
    from metarl.benchmark.speed import benchmark_speed
    from metarl.processes.child import ChildFailedError, ChildLostError

    try:
        benchmark_speed(config)
    except (ChildFailedError, ChildLostError, OSError) as error:
        return say(text_of(error), FAILURE)
    show("Written:", config.folder / "speed.csv")
    return 0


def _benchmark(default: Any, module: str, file: str | None, overrides: list[str]) -> int:
    """Runs `benchmark_NAME` of `metarl.benchmark.NAME`, which returns a report."""
    config = make_config(type(default), default, file, overrides)
    run = getattr(importlib.import_module(f"metarl.benchmark.{module}"), f"benchmark_{module}")
    try:
        report = run(config)
        return deliver(report.text, report.write)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)


def _help(arguments: argparse.Namespace, overrides: list[str]) -> int:
    """Prints a command's help, with the settings of the given config."""
    default = arguments.default
    config = make_config(type(default), default, arguments.config, overrides)
    arguments.parser.epilog = settings_text(config)
    show(arguments.parser.format_help().rstrip())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="metarl", description=metarl.__doc__)
    parser.add_argument("--version", action="version", version=f"metarl {metarl.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    about_benchmarks = "run a reproducible measurement"
    benchmarks = commands.add_parser(
        "benchmark", help=about_benchmarks, description=f"{about_benchmarks}."
    ).add_subparsers(title="benchmarks", required=True, metavar="BENCHMARK")
    about_speed = "measure the speed of training on this machine"
    about_rl2 = "replicate the table of bandits of RL2 (arXiv 1611.02779)"
    about_players = "compare players and agents on a family of tasks"
    about_matrix = "test agents that were trained on one family of tasks on all families"
    for where, name, run, config, about in (
        (commands, "train", _train, bandit.get_config(), "train an agent and evaluate it"),
        (commands, "eval", _eval, EvalConfig(), "evaluate an agent with frozen weights"),
        (commands, "play", _play, PlayConfig(), "play a task against the machines"),
        (benchmarks, "speed", _benchmark_speed, SpeedConfig(), about_speed),
        (benchmarks, "players", _benchmark, PlayersConfig(), about_players),
        (benchmarks, "rl2-table", _benchmark, RL2TableConfig(), about_rl2),
        (benchmarks, "generalisation", _benchmark, GeneralisationConfig(), about_matrix),
    ):
        command = where.add_parser(
            name,
            help=about,
            description=f"{about}.",
            add_help=False,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "-h", "--help", action="store_true", help="show this help; with --config, its settings"
        )
        command.add_argument(
            "--config",
            metavar="FILE[:ARGUMENT]",
            help="a Python file whose get_config() returns the config, or the name of one of "
            "metarl's configs; the argument is passed to get_config()",
        )
        command.add_argument(
            "--import",
            dest="imports",
            action="append",
            metavar="FILE.py",
            help="a Python file (or module) that defines a task family; can be repeated",
        )
        if run is _benchmark:
            run = functools.partial(_benchmark, config, name.replace("-", "_"))
        command.set_defaults(run=run, default=config, parser=command)
    about_import = "convert an agent of the original project; nothing in its pickle is run"
    command = commands.add_parser(
        "import-pickle",
        help=about_import,
        description=f"{about_import}.",
        epilog=settings_text(ImportConfig()),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("config", metavar="FILE", help="the pickle")
    command.set_defaults(run=_import_pickle, imports=None, help=False)
    return parser
