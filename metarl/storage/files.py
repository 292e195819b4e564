"""Writing files safely: readers never see half a file, and writers never follow a link."""

import contextlib
import errno
import glob
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# The error numbers of file systems that cannot sync a file.
_CANNOT_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def make_folder(folder: Path, *, room_for: int = 1) -> None:
    """Makes the folder `workdir` of a config, and checks that a file can be written to it.

    Call it before the work whose results will go there.

    Args:
      folder: the folder; missing parent folders are made, too.
      room_for: the size of the file that is written as a check, in bytes.

    Raises:
      OSError: if the folder cannot be made, or such a file cannot be written and renamed in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            error.errno,
            f"`workdir` must be a folder, or one that can be made, got {folder}: {error.strerror}. "
            "Choose another.",
        ) from error
    trial = folder / f".trial.{secrets.token_hex(4)}"
    try:
        with atomic_write(trial) as file:
            file.write(bytes(room_for))
    finally:
        trial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Opens a temporary file in the folder of `path`, and renames it to `path` when complete.

    A symbolic link at `path` is replaced by the file; the link's target is not touched.

    Args:
      path: the file to write; an existing file is unchanged until the rename, and if anything goes
        wrong.

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
        with contextlib.suppress(OSError):  # the disk may be gone; report the first error
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def remove_leftovers(path: Path) -> None:
    """Removes the temporary files that killed writers of `path` left behind.

    Call it only while holding the folder's lock.
    """
    for file in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with contextlib.suppress(OSError):  # it does no harm
            file.unlink()


def cannot_write(path: Path, error: OSError) -> OSError:
    """The error that tells the user which file could not be written, why, and what to check."""
    return OSError(
        error.errno or errno.EIO,
        f"`{path}` could not be written ({error.strerror or error}); an existing file is "
        "unchanged. Is the disk full, or the folder missing or not writable?",
    )


def open_regular_file(path: Path, flags: int) -> int:
    """Opens a file for writing, and creates it if needed; links and devices are refused.

    Args:
      path: the file.
      flags: as for `os.open`; `os.O_CREAT` is added.

    Returns:
      The file descriptor; child processes do not inherit it.

    Raises:
      OSError: if `path` is not a regular file, or cannot be opened.
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
    if flags & os.O_TRUNC:  # only now that it is known to be a regular file
        os.ftruncate(descriptor, 0)
    return descriptor


def _not_regular(path: Path) -> OSError:
    return OSError(
        errno.EINVAL,
        f"`{path}` must be a regular file to be written to, got a link or a device. Remove it.",
    )
