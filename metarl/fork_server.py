"""Where child processes come from, and how the server that forks them starts early.

Children are never forked from a process that has used JAX: on Linux they come from a fork server
that has only imported, elsewhere they are spawned. This module imports nothing slow: the command
line starts the server first of all, and both import JAX at the same time.
"""

import contextlib
import multiprocessing
import multiprocessing.resource_tracker
import signal
import sys
from collections.abc import Iterator
from typing import Any


def process_context() -> Any:
    """The multiprocessing context that children are started from."""
    if sys.platform == "linux":
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["metarl.a3c.worker", "metarl.a3c.evaluator"])
        return context
    return multiprocessing.get_context("spawn")


def begin_fork_server() -> None:
    """Starts the fork server, where there is one: it imports while this process goes on."""
    if process_context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with interrupts_held():
            forkserver.ensure_running()


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
