"""The log of a run, `log.INFO`."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger("metarl")


@contextlib.contextmanager
def run_log(path: Path, *, append: bool) -> Iterator[None]:
    """Sends the package's log to a file, for as long as the context lasts.

    Args:
      path: the file.
      append: whether to go on in a file that is there, rather than write it anew.
    """
    handler = logging.FileHandler(path, mode="a" if append else "w", encoding="utf-8")
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
