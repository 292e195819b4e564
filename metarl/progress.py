"""Progress bars: tqdm's, which never end the work they tell of."""

import sys
from typing import Any

from tqdm.auto import tqdm


class _Forgiving:
    """A stream whose failures are ignored: nobody may be reading it any more.

    Args:
      stream: the stream.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> Any:
        """Writes, if that is possible."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        """Flushes, if that is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


def make_progress_bar(*, visible: bool, **options: Any) -> tqdm:
    """A progress bar on standard error, or in the notebook.

    A program without standard error, or whose standard error is closed meanwhile, has none.

    Args:
      visible: whether to show it.
      **options: what `tqdm` takes: `total`, `desc`, `unit` and the like.
    """
    if sys.stderr is None or not visible:
        return tqdm(disable=True, **options)
    return tqdm(file=_Forgiving(sys.stderr), **options)
