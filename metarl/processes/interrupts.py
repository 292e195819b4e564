"""Turns Ctrl-C and a closed terminal or kernel into KeyboardInterrupt, so that state is saved."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# The signals that end a run, with their default handlers.
_UNTOUCHED = {
    "SIGINT": signal.default_int_handler,
    "SIGTERM": signal.SIG_DFL,
    "SIGHUP": signal.SIG_DFL,
}


@contextlib.contextmanager
def signals_as_keyboard_interrupt() -> Iterator[None]:
    """Raises KeyboardInterrupt, once, on Ctrl-C, and if SIGTERM or SIGHUP would end this process.

    Further signals are then ignored until the end of the block, while the state is saved: a closed
    terminal may send two at once. Signals that already have another handler, or are ignored
    (`nohup`), are left alone; so are all of them outside the main thread, where Python does not
    allow signal handlers.
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
