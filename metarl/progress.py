"""Progress bars (tqdm) whose failures never stop the work they report on."""

import sys
from typing import Any

from tqdm.auto import tqdm


class _Forgiving:
    """A stream whose failures are ignored: its reader may have gone away.

    Args:
      stream: the stream to write to.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> Any:
        """Writes if possible."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        """Flushes if possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


def make_progress_bar(*, visible: bool, **options: Any) -> tqdm:
    """Makes a progress bar on standard error, or in the notebook.

    Nothing is shown if there is no standard error, or if it is closed in the meantime.

    Args:
      visible: whether to show the bar.
      **options: options of `tqdm`: `total`, `desc`, `unit` and so on.
    """
    if sys.stderr is None or not visible:
        return tqdm(disable=True, **options)
    return tqdm(file=_Forgiving(sys.stderr), **options)
