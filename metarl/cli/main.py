"""The commands: `metarl train | eval | report | play | benchmark | reproduce` and others."""

import argparse
import functools
import io
import os
import sys
from collections.abc import Sequence

import metarl
from metarl.benchmark.config import GeneralisationConfig, PlayersConfig, RL2TableConfig, SpeedConfig
from metarl.cli import commands
from metarl.cli.files import UsageError, import_family
from metarl.cli.help import settings_text
from metarl.cli.output import FAILURE, OutputError, say, show
from metarl.cli.overrides import make_config
from metarl.config import EvalConfig
from metarl.config.commands import PlayConfig
from metarl.config.sweep import SweepConfig
from metarl.configs import bandit
from metarl.legacy.config import ImportConfig
from metarl.processes.compilation import prepare_compiler
from metarl.processes.memory import NotEnoughMemoryError
from metarl.reproduce.config import FIGURES, ReproduceConfig

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
        run = arguments.run
        if run is commands.run_reproduce:
            run = functools.partial(run, everything=arguments.all)
        code: int = run(arguments.config, overrides)
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
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    about_benchmarks = "run a reproducible measurement"
    benchmarks = verbs.add_parser(
        "benchmark", help=about_benchmarks, description=f"{about_benchmarks}."
    ).add_subparsers(title="benchmarks", required=True, metavar="BENCHMARK")
    about_speed = "measure the speed of training on this machine"
    about_rl2 = "replicate the table of bandits of RL2 (arXiv 1611.02779)"
    about_players = "compare players and agents on a family of tasks"
    about_matrix = "test agents that were trained on one family of tasks on all families"
    for where, name, run, config, about in (
        (verbs, "train", commands.run_train, bandit.get_config(), "train an agent and evaluate it"),
        (verbs, "sweep", commands.run_sweep, SweepConfig(), "train with many seeds and settings"),
        (verbs, "eval", commands.run_eval, EvalConfig(), "evaluate an agent with frozen weights"),
        (verbs, "report", commands.run_report, EvalConfig(), "evaluate an agent, all on one page"),
        (verbs, "animate", commands.run_animate, EvalConfig(), "an agent's episode, as a GIF"),
        (verbs, "play", commands.run_play, PlayConfig(), "play a task against the machines"),
        (benchmarks, "speed", commands.run_benchmark_speed, SpeedConfig(), about_speed),
        (benchmarks, "players", commands.run_benchmark, PlayersConfig(), about_players),
        (benchmarks, "rl2-table", commands.run_benchmark, RL2TableConfig(), about_rl2),
        (
            benchmarks,
            "generalisation",
            commands.run_benchmark,
            GeneralisationConfig(),
            about_matrix,
        ),
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
        if run is commands.run_benchmark:
            run = functools.partial(commands.run_benchmark, config, name.replace("-", "_"))
        command.set_defaults(run=run, default=config, parser=command)
    about_import = "convert an agent of the original project; nothing in its pickle is run"
    command = verbs.add_parser(
        "import-pickle",
        help=about_import,
        description=f"{about_import}.",
        epilog=settings_text(ImportConfig()),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("config", metavar="FILE", help="the pickle")
    command.set_defaults(run=commands.run_import_pickle, imports=None, help=False)
    about_page = "write a page to play on: one file, which needs nothing else"
    command = verbs.add_parser(
        "export-web", help=about_page, description=f"{about_page}.", allow_abbrev=False
    )
    command.add_argument("config", metavar="FILE", nargs="?", default="play.html", help="its name")
    command.set_defaults(run=commands.run_export_web, imports=None, help=False)
    about_figures = "reproduce figures of Wang et al. 2016 and 2018"
    command = verbs.add_parser(
        "reproduce",
        help=about_figures,
        description=f"{about_figures}: {', '.join(FIGURES)}.",
        epilog=settings_text(ReproduceConfig()),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("config", metavar="FIGURE", nargs="*", help="their names")
    command.add_argument("--all", action="store_true", help="all of them, and a page of them")
    command.set_defaults(run=commands.run_reproduce, imports=None, help=False)
    return parser
