"""The package's experiments. Each module's `get_config` returns one, by the name of a variant."""

import difflib
from collections.abc import Callable, Mapping

from metarl.config import TrainConfig


def pick(
    module: str, variant: str, variants: Mapping[str, Callable[[], TrainConfig]]
) -> TrainConfig:
    """Makes the experiment with a given name.

    Raises:
      ValueError: if there is no such experiment.
    """
    if variant not in variants:
        close = difflib.get_close_matches(variant, variants, n=1)
        hint = f"did you mean {module}:{close[0]}?" if close else f"known are {', '.join(variants)}"
        raise ValueError(f"`{module}:{variant}` is not an experiment of metarl; {hint}")
    return variants[variant]()
