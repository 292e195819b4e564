"""A child process and the pipe to it.

A child ends as soon as its parent does, so that no process is orphaned.
"""

import contextlib
import ctypes
import logging
import multiprocessing
import multiprocessing.connection
import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import jax
from tqdm import tqdm

from metarl.processes.compilation import prepare_compiler
from metarl.processes.fork_server import interrupts_held, process_context

logger = logging.getLogger("metarl")

_RESULT, _ERROR, _FILE_ERROR = b"r", b"e", b"f"
_KEPT_BYTES = 2**30


class ChildFailedError(RuntimeError):
    """A child process raised an exception; the message holds its traceback."""


class ChildLostError(RuntimeError):
    """A child process ended unexpectedly, for instance because it was killed.

    Attributes:
      can_be_replaced: whether a new process might succeed.
    """

    def __init__(self, message: str, *, can_be_replaced: bool = True) -> None:
        super().__init__(message)
        self.can_be_replaced = can_be_replaced


_NEVER_STARTED = (
    " It never started its work. A script that starts processes must do so under "
    "`if __name__ == '__main__':`, and what it sends to them must be importable."
)


class Child:
    """A process that runs `target(connection, *args)`, and the parent's end of the pipe.

    Args:
      name: the child's name in errors and logs.
      target: an importable function; it reads requests from the connection and answers them with
        `answer`, until the pipe is closed.
      args: further arguments: arrays and configs only.
    """

    def __init__(self, name: str, target: Callable[..., None], *args: Any) -> None:
        context = process_context()
        self.name = name
        self._answered = False
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_child_main, args=(target, theirs, *args), name=name, daemon=True
        )
        try:
            with interrupts_held():
                self._start()
                theirs.close()
        except BaseException:  # a delayed Ctrl-C arrives here
            close_all([self])
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, request: bytes) -> None:
        """Sends a request. If the child is gone, `receive` raises the error, not this."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(request)

    def receive(self) -> bytes:
        """Waits for the answer to a request.

        Raises:
          ChildFailedError: if the child raised an exception.
          ChildLostError: if the child is gone.
          OSError: if the child could not read or write a file.
        """
        try:
            message = self.connection.recv_bytes()
        except (EOFError, OSError):
            self._process.join(timeout=5)
            code = self._process.exitcode
            hint = "" if self._answered or code != 1 else _NEVER_STARTED
            raise ChildLostError(
                f"{self.name} (process {self.pid}) ended unexpectedly, exit code {code}.{hint}",
                can_be_replaced=not hint,
            ) from None
        self._answered = True
        if message[:1] == _FILE_ERROR:
            number, _, what = message[1:].decode().partition(" ")
            raise OSError(int(number), f"{self.name}: {what}")
        if message[:1] == _ERROR:
            raise ChildFailedError(f"{self.name} failed:\n{message[1:].decode()}")
        return message[1:]

    def has_answered(self) -> bool:
        """Whether `receive` would return at once."""
        return self.connection.poll()

    def _start(self) -> None:
        for _ in range(50):
            try:
                return self._process.start()
            except (ConnectionError, EOFError):  # the fork server was killed in the meantime
                time.sleep(0.1)  # until the system has noticed; then `start` starts another
        return self._process.start()

    def give_up(self, seconds: float) -> ChildLostError:
        """Kills a child that has not answered for `seconds`; returns the error to raise."""
        self._process.kill()  # a stopped or looping child would not end by itself
        return ChildLostError(
            f"{self.name} (process {self.pid}) gave no answer for {seconds:g} s and was killed "
            "(`worker_timeout_seconds`)."
        )

    def end(self, patience: float) -> None:
        """Waits `patience` seconds for the process to end, then kills it."""
        if self._process.pid is None:
            return  # it never started
        self._process.join(timeout=patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(timeout=10)
        if self._process.is_alive():  # the kernel may be waiting for a disk
            logger.warning("%s (process %d) cannot be killed", self.name, self.pid)
        else:
            self._process.close()


def close_all(children: list[Child]) -> None:
    """Ends processes: closes their pipes, waits a second for them to end, then kills the rest."""
    for child in children:
        child.connection.close()
    deadline = time.monotonic() + 1.0
    for child in children:
        child.end(max(0.0, deadline - time.monotonic()))


def answer(connection: Connection, result: bytes) -> None:
    """Sends the answer to a request; called in a child."""
    connection.send_bytes(_RESULT + result)


def ready(children: list[Child], timeout: float) -> list[Child]:
    """The children that have an answer or are gone; empty after `timeout` seconds."""
    waiting = {child.connection: child for child in children}
    found = multiprocessing.connection.wait(list(waiting), timeout)
    return [waiting[connection] for connection in found]


def prepare_child() -> None:
    """Makes this child process ignore Ctrl-C, end with its parent, and use one CPU thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _leave_though_stopped()
    # One thread per process: parallelism comes from the processes. Read when the backend starts.
    os.environ["PJRT_NPROC"] = "1"
    jax.config.update("jax_platforms", "cpu")
    prepare_compiler()
    _keep_freed_memory()
    # tqdm's own lock is a semaphore of the system, which would outlive a child that is killed.
    tqdm.set_lock(threading.RLock())


def _leave_though_stopped() -> None:
    """On Linux, makes the kernel kill this child when the fork server that started it ends.

    The server ends with the manager. A stopped child could not notice that by itself.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1  # as in prctl.h
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _keep_freed_memory() -> None:
    """Makes the C library keep freed memory, as megabytes are needed again a moment later.

    If they were returned to the system, every page would have to be cleared again, which takes a
    tenth of a worker's time.
    """
    if platform.libc_ver()[0] == "glibc":
        fast_bins, trim_threshold, mmap_threshold = 1, -1, -3  # as in malloc.h
        c_library = ctypes.CDLL(None)
        c_library.mallopt(fast_bins, 0)  # they are emptied whenever a large block is freed
        c_library.mallopt(trim_threshold, _KEPT_BYTES)
        c_library.mallopt(mmap_threshold, _KEPT_BYTES)


def refuse_unguarded_script() -> None:
    """Raises RuntimeError in a child that re-runs its parent's script for lack of a main guard."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            "A script that starts processes must do so under `if __name__ == '__main__':`, "
            "because each process imports the script."
        )


def _child_main(target: Callable[..., None], connection: Connection, *args: Any) -> None:
    prepare_child()
    try:
        target(connection, *args)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent closed the pipe: the work is over
    except OSError as error:
        what = f"{error.errno or 0} {error.strerror or error}"
        what += f": {error.filename}" if error.filename else ""
        with contextlib.suppress(OSError):
            connection.send_bytes(_FILE_ERROR + what.encode())
    except BaseException:
        with contextlib.suppress(OSError):
            connection.send_bytes(_ERROR + traceback.format_exc().encode())


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
