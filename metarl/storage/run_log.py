"""The log of a run, `log.INFO`."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from metarl.storage.files import open_regular_file

logger = logging.getLogger("metarl")


class _LogFile(logging.StreamHandler):
    """Reports only once that the log cannot be written: training matters more than its log."""

    _said = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if not self._said:
            self._said = True
            print(f"metarl: the log cannot be written: {sys.exc_info()[1]}", file=sys.stderr)


@contextlib.contextmanager
def run_log(path: Path, *, append: bool) -> Iterator[None]:
    """Sends the package's log to a file, for the duration of the context.

    Args:
      path: the file.
      append: whether to append to an existing file instead of overwriting it.

    Raises:
      OSError: if the file cannot be opened.
    """
    flags = os.O_WRONLY | os.O_APPEND | (0 if append else os.O_TRUNC)
    handler = _LogFile(os.fdopen(open_regular_file(path, flags), "a", encoding="utf-8"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()
        with contextlib.suppress(OSError):  # a failed flush has been reported already
            handler.stream.close()
