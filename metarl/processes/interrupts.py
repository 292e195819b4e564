"""Ctrl-C, and a closed kernel or terminal, end a run with its state saved."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# The signals that end a run, and who handles each of them where nobody has changed that.
_UNTOUCHED = {
    "SIGINT": signal.default_int_handler,
    "SIGTERM": signal.SIG_DFL,
    "SIGHUP": signal.SIG_DFL,
}


@contextlib.contextmanager
def signals_as_keyboard_interrupt() -> Iterator[None]:
    """Raises KeyboardInterrupt, once, on Ctrl-C and where SIGTERM or SIGHUP would end this process.

    Another of these signals is then ignored to the end of the block, while the state is saved: a
    terminal that is closed may send two at once. Signals that somebody else handles already, or
    ignores (`nohup`), are left alone; so are all of them outside the main thread, where Python
    lets nobody handle signals.
    """
    before = {
        getattr(signal, name): handler
        for name, handler in _UNTOUCHED.items()
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is handler
    }
    if threading.current_thread() is not threading.main_thread():
        before = {}

    def interrupt(number: int, frame: FrameType | None) -> None:
        for ending in before:
            signal.signal(ending, lambda number, frame: None)
        raise KeyboardInterrupt

    for ending in before:
        signal.signal(ending, interrupt)
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
