"""The start method of child processes, and an early start of the fork server.

Children are never forked from a process that has used JAX. On Linux they come from a fork server
that has only imported modules; elsewhere, and if the server cannot start, they are spawned. This
module imports nothing slow: the command line starts the server first, and then both import JAX at
the same time.
"""

import contextlib
import multiprocessing
import multiprocessing.resource_tracker
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

# A socket's path may have 107 bytes; multiprocessing adds up to 33 to the folder's path.
_LONGEST_FOLDER = 74
_SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")

_start_method = "forkserver" if sys.platform == "linux" else "spawn"


def process_context() -> Any:
    """The multiprocessing context that children are started from.

    Raises:
      RuntimeError: if this process may not start children.
    """
    begin_fork_server()
    return multiprocessing.get_context(_start_method)


def begin_fork_server() -> None:
    """Starts the fork server, if possible; it imports modules while this process continues.

    If the server's socket cannot be made, for instance because the file system of temporary files
    has no sockets, children are spawned from now on.

    Raises:
      RuntimeError: if this process may not start children.
    """
    global _start_method
    if multiprocessing.current_process().daemon:
        raise RuntimeError(
            "`num_workers` must be 0 in a daemonic process, such as a worker of "
            "`multiprocessing.Pool`: Python does not let it start processes. Use `num_workers=0`, "
            "or a `concurrent.futures.ProcessPoolExecutor`."
        )
    if _start_method != "forkserver":
        return
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["metarl.training.a3c.worker", "metarl.training.a3c.evaluator"])
    try:
        with interrupts_held(), _short_temporary_folder():
            forkserver.ensure_running()
    except ChildProcessError:
        raise RuntimeError(
            "`num_workers` must be 0 in a process that was forked from one that has started "
            "workers: their fork server is not its child. Use `num_workers=0`, or start this "
            'process with `multiprocessing.get_context("spawn")`.'
        ) from None
    except OSError:
        _start_method = "spawn"


@contextlib.contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """Sets a temporary folder whose path is short enough for a socket, if there is one."""
    before = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        usable = (folder for folder in _SHORT_FOLDERS if os.access(folder, os.W_OK | os.X_OK))
        tempfile.tempdir = next(usable, None)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Delays Ctrl-C while a child starts; otherwise the child would die with its own traceback.

    Children inherit the signal mask and keep it; here, a delayed Ctrl-C arrives afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # The tracker's first start would lift the mask, so it must be running already.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
