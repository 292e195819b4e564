"""What each command does: it checks the settings, does the work, and returns the exit code."""

import importlib
from typing import Any

from metarl.benchmark.config import SpeedConfig
from metarl.cli.files import UsageError
from metarl.cli.output import FAILURE, deliver, say, show, text_of
from metarl.cli.overrides import evaluation_config, make_config, read_config, training_config
from metarl.config import EvalConfig
from metarl.config.commands import PlayConfig
from metarl.config.sweep import SweepConfig
from metarl.configs import bandit
from metarl.legacy.config import ImportConfig
from metarl.plotting.figures import Written
from metarl.reproduce.config import FIGURES, ReproduceConfig
from metarl.storage.files import make_folder


def run_train(file: str | None, overrides: list[str]) -> int:
    """Trains an agent, evaluates it and writes the report."""
    from metarl.storage.checkpoint import CheckpointError

    try:
        config = training_config(bandit.get_config(), file, overrides)
    except CheckpointError as error:
        raise UsageError(str(error)) from error
    from metarl.processes.child import ChildFailedError, ChildLostError

    if config.cluster == "jax":
        from metarl.training.a3c.distributed import connect, follow

        try:
            if connect(config) > 0:
                follow(config)
                return 0
        except ValueError as error:
            raise UsageError(str(error)) from error
        except ChildLostError as error:
            return say(text_of(error), FAILURE)
    from metarl.evaluation.report import make_report, prepare_report
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


def run_eval(file: str | None, overrides: list[str]) -> int:
    """Evaluates an agent and writes the report."""
    from metarl.evaluation.report import make_report

    try:
        config, checkpoint = evaluation_config(EvalConfig(), file, overrides)
        report = make_report(checkpoint, config)
        return deliver(report.text, report.write)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)


def run_report(file: str | None, overrides: list[str]) -> int:
    """Evaluates an agent, writes the report, and a page that holds all of it."""
    from metarl.evaluation.page import write_page
    from metarl.evaluation.report import make_report

    try:
        config, checkpoint = evaluation_config(EvalConfig(), file, overrides)
        report = make_report(checkpoint, config)
        page = config.agent_folder / "report.html"

        def write() -> Written:
            written = report.write()
            figures = [path for path in written.files if path.suffix == ".png"]
            write_page(page, checkpoint, report.text, figures)
            return Written([page, *written.files], written.failures)

        return deliver(report.text, write)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)


def run_animate(file: str | None, overrides: list[str]) -> int:
    """Plays an episode with an agent, and writes it as an animation."""
    from metarl.analysis.episode import animate_agent

    try:
        config, checkpoint = evaluation_config(EvalConfig(num_eval_episodes=1), file, overrides)
        make_folder(config.agent_folder)
        files = [config.agent_folder / f"episode{kind}" for kind in (".gif", ".html")]
        for path in files:
            animate_agent(path, checkpoint, config)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)
    show("Written:", *files)
    return 0


def run_play(file: str | None, overrides: list[str]) -> int:
    """Plays with a person in the terminal; the record is kept."""
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


def run_sweep(file: str | None, overrides: list[str]) -> int:
    """Trains several seeds and settings; what was trained before is kept."""
    from metarl.processes.child import ChildFailedError
    from metarl.training.sweep import sweep

    config = make_config(SweepConfig, SweepConfig(), file, overrides)
    try:
        result = sweep(config)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except (ChildFailedError, OSError) as error:
        return say(text_of(error), FAILURE)
    return deliver(result.text, lambda: result.written)


def run_export_web(file: str, overrides: list[str]) -> int:
    """Writes the page to play on."""
    from metarl.play.web import export_web

    if overrides:
        raise UsageError(f"export-web takes the file's name only, got {' '.join(overrides)}")
    try:
        written = export_web(file)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)
    show("Written:", written)
    return 0


def run_reproduce(names: list[str], overrides: list[str], *, everything: bool) -> int:
    """Reproduces figures of the papers, or all of them."""
    config = read_config(ReproduceConfig, ReproduceConfig(), overrides)
    from metarl.reproduce.figures import reproduce, write_gallery
    from metarl.storage.checkpoint import CheckpointError

    for name in names:
        if name not in FIGURES:
            raise UsageError(f"`{name}` is not a figure; there are {', '.join(FIGURES)}")
    if everything == bool(names):
        raise UsageError(f"name figures or give --all, not both; there are {', '.join(FIGURES)}")
    try:
        shown = reproduce(FIGURES if everything else names, config)
        for one in shown:
            show(one.text, "")
        folder = config.folder / "reproduce"
        files = [folder / f"{one.figure}.{kind}" for one in shown for kind in ("png", "csv")]
        if everything:
            files.append(write_gallery(shown, config))
    except (CheckpointError, ImportError) as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        return say(text_of(error), FAILURE)
    show("Written:", *files)
    return 0


def run_import_pickle(file: str, overrides: list[str]) -> int:
    """Converts an agent of the original project."""
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


def run_benchmark_speed(file: str | None, overrides: list[str]) -> int:
    """Measures speeds."""
    config = make_config(SpeedConfig, SpeedConfig(), file, overrides)
    from metarl.benchmark.speed import benchmark_speed
    from metarl.processes.child import ChildFailedError, ChildLostError

    try:
        benchmark_speed(config)
    except (ChildFailedError, ChildLostError, OSError) as error:
        return say(text_of(error), FAILURE)
    show("Written:", config.folder / "speed.csv")
    return 0


def run_benchmark(default: Any, module: str, file: str | None, overrides: list[str]) -> int:
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
