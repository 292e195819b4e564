"""One run at a time in an agent's folder."""

import contextlib
import errno
import logging
from collections.abc import Iterator
from pathlib import Path

import filelock

from metarl.storage.files import cannot_write

logger = logging.getLogger("metarl")

LOCK_FILE = ".lock"
_UNSUPPORTED = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


class FolderInUseError(RuntimeError):
    """Another run writes to the folder."""


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Keeps every other run out of a folder, for as long as the context lasts.

    The operating system takes the lock back when the process that holds it ends, however it ends;
    no worker inherits it. Where a file system has no locks (some network drives), the run goes on
    without one and says so.

    Args:
      folder: the folder; it must exist.

    Raises:
      FolderInUseError: if another run is at work there.
      OSError: if the lock's file cannot be made.
    """
    lock = filelock.FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise FolderInUseError(
            f"`workdir` and `name` must name an agent that no other run trains, got "
            f"{str(folder)!r}, where a run is at work; `log.INFO` there says since when. "
            "Wait for it, end it, or choose another name."
        ) from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _UNSUPPORTED:
            raise cannot_write(folder / LOCK_FILE, error) from error
        logger.warning("%s cannot be locked (%s); start no other run of this agent", folder, error)
    try:
        yield
    finally:
        lock.release()
