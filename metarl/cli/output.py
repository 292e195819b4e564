"""Printing: results, the names of written files, and errors."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from metarl.plotting.figures import Written

FAILURE = 1


class OutputError(Exception):
    """A command's output cannot be printed."""


def deliver(text: str, write: Callable[[], Written], *files: Path) -> int:
    """Prints results, writes their files, and prints the names of `files` and the written ones.

    A figure that could not be drawn is reported but not a failure: its data are in the files.
    """
    try:
        show(text)
    finally:  # even if the text could not be printed
        written = write()
        for failure in written.failures:
            say(failure, 0)
    show("Written:", *files, *written.files)
    return 0


def text_of(error: Exception) -> str:
    """An error's message in one line, without an OSError's number and without the traceback."""
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    return " ".join(lines[:1] + lines[1:][-1:])  # a traceback's last line is the error


def show(*lines: object) -> None:
    """Prints lines to standard output.

    Raises:
      OutputError: if they cannot be written, for instance to a closed pipe.
    """
    try:
        print(*lines, sep="\n  ", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # discards the rest
        raise OutputError(text_of(error)) from error


def say(message: str, code: int) -> int:
    """Prints a message to standard error; returns `code`."""
    print(f"metarl: {message}", file=sys.stderr)
    return code
