"""Writing files so that a reader never meets half of one, and no link leads a writer elsewhere."""

import contextlib
import errno
import glob
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# What a file system answers that does not know how to sync a file.
_CANNOT_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def make_folder(folder: Path, *, room_for: int = 1) -> None:
    """Makes the folder `workdir` of a config, and tries that a file can be written to it.

    Call it before the work whose result the folder is to hold.

    Args:
      folder: the folder; those above it are made, too.
      room_for: bytes that must fit into a file there.

    Raises:
      OSError: if it cannot be made, or no such file can be written and renamed in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            error.errno,
            f"`workdir` must be a folder, or one that can be made, got {folder}: {error.strerror}. "
            "Take another.",
        ) from error
    trial = folder / f".trial.{secrets.token_hex(4)}"
    try:
        with atomic_write(trial) as file:
            file.write(bytes(room_for))
    finally:
        trial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Opens a temporary file beside `path`, and renames it to `path` once it is whole.

    A symbolic link at `path` is replaced by the file; what it leads to is left alone.

    Args:
      path: the file to write; one that is there already stays as it was until the very end, and
        for good if anything goes wrong.

    Yields:
      The temporary file, open for writing bytes.

    Raises:
      OSError: if it cannot be written, for instance because the disk is full.
    """
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            try:
                os.fsync(file.fileno())
            except OSError as error:
                if error.errno not in _CANNOT_SYNC:
                    raise
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # the disk may be gone; the first error says more
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def remove_leftovers(path: Path) -> None:
    """Removes the temporary files that writers of `path` left when they were killed.

    Call only while holding the lock of the folder.
    """
    for file in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with contextlib.suppress(OSError):  # it is in nobody's way
            file.unlink()


def cannot_write(path: Path, error: OSError) -> OSError:
    """The error that tells a user what could not be written, why, and what to do."""
    return OSError(
        error.errno or errno.EIO,
        f"`{path}` could not be written ({error.strerror or error}); a file that was there is as "
        "it was. Is the disk full, or the folder gone or not yours?",
    )


def open_regular_file(path: Path, flags: int) -> int:
    """Opens a file for writing, or makes it; a symbolic link or a device is refused.

    Args:
      path: the file.
      flags: as for `os.open`; `os.O_CREAT` is added.

    Returns:
      The file's descriptor, which no child process inherits.

    Raises:
      OSError: if `path` is a link or no regular file, or cannot be opened.
    """
    follow_no_link = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags & ~os.O_TRUNC | os.O_CREAT | follow_no_link, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _not_regular(path) from error
        raise cannot_write(path, error) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or path.is_symlink():
        os.close(descriptor)
        raise _not_regular(path)
    if flags & os.O_TRUNC:  # not before it is known whose file it is
        os.ftruncate(descriptor, 0)
    return descriptor


def _not_regular(path: Path) -> OSError:
    return OSError(
        errno.EINVAL,
        f"`{path}` must be a regular file to be written to, got a link or a device. Remove it.",
    )
