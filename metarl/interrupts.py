"""A closed kernel or terminal ends a run as Ctrl-C does: with its state saved."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def endings_as_interrupts() -> Iterator[None]:
    """Raises KeyboardInterrupt where SIGTERM or SIGHUP would end this process without a word.

    Signals that somebody else handles already, or ignores (`nohup`), are left alone; so are all of
    them outside the main thread, where Python lets nobody handle signals.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    endings = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [ending for ending in endings if signal.getsignal(ending) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for ending in ours:
        signal.signal(ending, interrupt)
    try:
        yield
    finally:
        for ending in ours:
            signal.signal(ending, signal.SIG_DFL)
