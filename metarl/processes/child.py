"""A child process that cannot be orphaned, and the pipe to it.

A child ends when its parent does, at once.
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

from metarl.processes.compilation import prepare_compiler
from metarl.processes.fork_server import interrupts_held, process_context

logger = logging.getLogger("metarl")

_RESULT, _ERROR, _FILE_ERROR = b"r", b"e", b"f"
_KEPT_BYTES = 2**30


class ChildFailedError(RuntimeError):
    """A child process raised an exception; the message holds its traceback."""


class ChildLostError(RuntimeError):
    """A child process ended without a word, for instance because it was killed.

    Attributes:
      can_be_replaced: whether another such process could do better.
    """

    def __init__(self, message: str, *, can_be_replaced: bool = True) -> None:
        super().__init__(message)
        self.can_be_replaced = can_be_replaced


_NEVER_STARTED = (
    " It never began its work. A script that starts processes must do so under "
    "`if __name__ == '__main__':`, and what it sends them must be importable."
)


class Child:
    """A process that runs `target(connection, *args)`, and this end of its pipe.

    Args:
      name: what errors and logs call it.
      target: an importable function; it reads requests from the connection and answers them with
        `answer`, until it meets the end of the pipe.
      args: what else it is given: arrays and configs only.
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
        except BaseException:  # a Ctrl-C that was held back arrives here
            close_all([self])
            raise

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, request: bytes) -> None:
        """Sends a request. A child that is gone is noticed by `receive`, not here."""
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
                f"{self.name} (process {self.pid}) ended without a word, exit code {code}.{hint}",
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
        """Whether `receive` would not have to wait."""
        return self.connection.poll()

    def _start(self) -> None:
        for _ in range(50):
            try:
                return self._process.start()
            except (ConnectionError, EOFError):  # the fork server was killed meanwhile
                time.sleep(0.1)  # until the system has noticed: then this starts another
        return self._process.start()

    def give_up(self, seconds: float) -> ChildLostError:
        """Kills a child that gave no answer for so long; returns the error that says so."""
        self._process.kill()  # one that is stopped or loops would not leave by itself
        return ChildLostError(
            f"{self.name} (process {self.pid}) gave no answer for {seconds:g} s and was killed "
            "(`worker_timeout_seconds`)."
        )

    def end(self, patience: float) -> None:
        """Waits for the process to leave, and makes it leave after `patience` seconds."""
        if self._process.pid is None:
            return  # it never started
        self._process.join(timeout=patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(timeout=10)
        if self._process.is_alive():  # the kernel waits for a disk that does not answer
            logger.warning("%s (process %d) cannot be ended", self.name, self.pid)
        else:
            self._process.close()


def close_all(children: list[Child]) -> None:
    """Ends processes: at the end of its pipe each leaves by itself, within a second or by force."""
    for child in children:
        child.connection.close()
    deadline = time.monotonic() + 1.0
    for child in children:
        child.end(max(0.0, deadline - time.monotonic()))


def answer(connection: Connection, result: bytes) -> None:
    """Sends the answer to a request; called in a child."""
    connection.send_bytes(_RESULT + result)


def ready(children: list[Child], timeout: float) -> list[Child]:
    """Those of `children` that have an answer, or are gone; empty after `timeout` seconds."""
    waiting = {child.connection: child for child in children}
    found = multiprocessing.connection.wait(list(waiting), timeout)
    return [waiting[connection] for connection in found]


def prepare_child() -> None:
    """Makes this child process ignore Ctrl-C, leave with its parent, and use one CPU thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _leave_though_stopped()
    # One thread per process: the processes are the parallelism. Read when the backend starts.
    os.environ["PJRT_NPROC"] = "1"
    jax.config.update("jax_platforms", "cpu")
    prepare_compiler()
    _keep_freed_memory()


def _leave_though_stopped() -> None:
    """On Linux, has the kernel kill this child when the fork server it came from is gone.

    That server leaves with the manager. A child that is stopped could not notice by itself.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1  # as in prctl.h
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _keep_freed_memory() -> None:
    """Makes the C library keep what was freed: megabytes are wanted again a moment later.

    Handed back to the system and asked for anew, every page of them would have to be cleared, which
    takes a tenth of a worker's time.
    """
    if platform.libc_ver()[0] == "glibc":
        fast_bins, trim_threshold, mmap_threshold = 1, -1, -3  # as in malloc.h
        c_library = ctypes.CDLL(None)
        c_library.mallopt(fast_bins, 0)  # which are emptied whenever something large is freed
        c_library.mallopt(trim_threshold, _KEPT_BYTES)
        c_library.mallopt(mmap_threshold, _KEPT_BYTES)


def refuse_unguarded_script() -> None:
    """Raises RuntimeError in a child that runs its parent's script from the top, unguarded."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            "A script that starts processes must do so under `if __name__ == '__main__':`, "
            "for each process imports the script."
        )


def _child_main(target: Callable[..., None], connection: Connection, *args: Any) -> None:
    prepare_child()
    try:
        target(connection, *args)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent closed the pipe: time to go
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
