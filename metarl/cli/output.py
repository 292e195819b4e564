"""What a command prints: what was found, which files hold it, and what went wrong."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from metarl.plotting.figures import Written

FAILURE = 1


class OutputError(Exception):
    """What a command has to say cannot be printed."""


def deliver(text: str, write: Callable[[], Written], *files: Path) -> int:
    """Prints what was found; then writes it, and names `files` and those that came of it.

    A figure that could not be drawn is said, and is no failure: all that it shows is there.
    """
    try:
        show(text)
    finally:  # whether anybody reads along
        written = write()
        for failure in written.failures:
            say(failure, 0)
    show("Written:", *files, *written.files)
    return 0


def text_of(error: Exception) -> str:
    """What an error says in a line, without the number of an OSError and without a traceback."""
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    return " ".join(lines[:1] + lines[1:][-1:])  # a traceback's last line says what it was


def show(*lines: object) -> None:
    """Prints what a command has to say.

    Raises:
      OutputError: if it cannot be written, or nobody reads it.
    """
    try:
        print(*lines, sep="\n  ", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left of it
        raise OutputError(text_of(error)) from error


def say(message: str, code: int) -> int:
    """Prints a message to standard error; returns `code`."""
    print(f"metarl: {message}", file=sys.stderr)
    return code
