"""Experiments of ours. Each module's `get_config` returns one, by the name of a variant."""

import difflib
from collections.abc import Callable, Mapping

from metarl.config import TrainConfig


def pick(
    module: str, variant: str, variants: Mapping[str, Callable[[], TrainConfig]]
) -> TrainConfig:
    """Makes the experiment of a name.

    Raises:
      ValueError: if there is none of that name.
    """
    if variant not in variants:
        close = difflib.get_close_matches(variant, variants, n=1)
        hint = f"did you mean {module}:{close[0]}?" if close else f"there are {', '.join(variants)}"
        raise ValueError(f"`{module}:{variant}` is no experiment of metarl; {hint}")
    return variants[variant]()
