"""Training scalars for TensorBoard, written by tensorboardX, of the extra `tensorboard`."""

import logging
import math
from pathlib import Path
from typing import Any

from metarl.storage.curves import EvaluatorRow, TrainingRow

logger = logging.getLogger("metarl")

_PLACES = ("step", "wall_seconds", "time")  # where a row belongs, not what it says


class Scalars:
    """Writes each row of the learning curves as scalars, by environment steps.

    Scalars that cannot be written are only logged: training matters more than its curves.

    Args:
      folder: the folder that TensorBoard is started with: `tensorboard --logdir FOLDER`.

    Raises:
      ValueError: if tensorboardX is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise ValueError(
                "`tensorboard` must be False, got True: tensorboardX is not installed. "
                "Install it with pip install -e '.[tensorboard]'."
            ) from error
        self._writer: Any = SummaryWriter(str(folder))

    def write(self, group: str, row: TrainingRow | EvaluatorRow) -> None:
        """Writes the numbers of a row, in a group of their own."""
        try:
            for name, value in row._asdict().items():
                if name not in _PLACES and math.isfinite(value):
                    self._writer.add_scalar(f"{group}/{name}", value, row.step)
            self._writer.flush()
        except OSError as error:
            logger.warning("scalars for TensorBoard could not be written: %s", error)

    def close(self) -> None:
        """Ends the thread that writes."""
        self._writer.close()
