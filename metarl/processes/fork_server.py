"""Where child processes come from, and how the server that forks them starts early.

Children are never forked from a process that has used JAX: on Linux they come from a fork server
that has only imported; elsewhere, and where that server cannot start, they are spawned. This module
imports nothing slow: the command line starts the server first of all, and both import JAX at the
same time.
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

# The path of a socket may have 107 bytes; multiprocessing adds up to 33 to that of its folder.
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
    """Starts the fork server, where there can be one: it imports while this process goes on.

    Where the server's socket cannot be made, for instance because
    the file system of temporary files knows no sockets, children are spawned from now on.

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
    context.set_forkserver_preload(
        ["metarl.agents.network", "metarl.training.a3c.worker", "metarl.training.a3c.evaluator"]
    )
    try:
        with interrupts_held(), _short_temporary_folder():
            forkserver.ensure_running()
    except ChildProcessError:
        raise RuntimeError(
            "`num_workers` must be 0 in a process that was forked from one that has started "
            "workers: their fork server is not its child. Use `num_workers=0`, or start this "
            'process by `multiprocessing.get_context("spawn")`.'
        ) from None
    except OSError:
        _start_method = "spawn"


@contextlib.contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """Has temporary files made where a socket's path is short enough, if there is such a place."""
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
    """Holds Ctrl-C back while a child starts: it would die halfway, with a traceback of its own.

    Children inherit the mask and keep it; here a Ctrl-C arrives as soon as it is lifted.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Its first start would lift the mask: it must be running before.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
