"""One run at a time in a folder: a lock the system takes back when its holder dies."""

import contextlib
import errno
import logging
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from metarl.files import open_new_or_own

logger = logging.getLogger("metarl")

LOCK_FILE = ".lock"
_UNSUPPORTED = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


class FolderInUseError(RuntimeError):
    """Another run writes to the folder."""


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Keeps every other run out of a folder, for as long as the context lasts.

    The lock is one of the operating system's, on the file `.lock`: it goes with the process that
    holds it, however that ends, and no worker inherits it. Where a file system has no locks (some
    network drives), the run goes on without.

    Args:
      folder: the folder; it must exist.

    Raises:
      FolderInUseError: if another run is at work there.
      OSError: if the file cannot be made.
    """
    path = folder / LOCK_FILE
    while True:
        descriptor = open_new_or_own(path, os.O_RDWR)
        try:
            _lock(descriptor)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip()
            os.close(descriptor)
            raise FolderInUseError(
                f"`path` must be a folder that no other run writes to, got {str(folder)!r}, where "
                f"{holder or 'a process'} is training. Wait for it, end it, or choose another."
            ) from None
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                os.close(descriptor)
                raise
            logger.warning("%s cannot be locked (%s)", folder, error.strerror)
        if _is_still(path, descriptor):
            break
        os.close(descriptor)  # whoever held it before has removed it meanwhile
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":  # a file that is open cannot be removed there
            os.close(descriptor)
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            if _is_still(path, descriptor):
                path.unlink(missing_ok=True)
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Locks an open file. Raises BlockingIOError if another has."""
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(descriptor, 2**20, os.SEEK_SET)  # what is locked cannot be read by others
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from None
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False
