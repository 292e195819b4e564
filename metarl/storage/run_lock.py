"""The lock that allows only one run at a time in an agent's folder."""

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
    """Another run is writing to the folder."""


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Locks a folder against all other runs, for the duration of the context.

    The operating system releases the lock when the process ends for any reason; workers do not
    inherit it. On file systems without locks (some network drives), the run continues without one
    and logs a warning.

    Args:
      folder: the folder; it must exist.

    Raises:
      FolderInUseError: if another run holds the lock.
      OSError: if the lock file cannot be made.
    """
    lock = filelock.FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise FolderInUseError(
            f"`workdir` and `name` must name an agent that no other run trains, got "
            f"{str(folder)!r}, where a run is in progress; its `log.INFO` says since when. "
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
