"""What an agent's memory holds: its main directions, and what can be read from it.

Shapes: `B` episodes, `T` steps, `M` numbers of memory, `D` targets.
"""

from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from metarl.checks import check_integer, check_number, check_shape
from metarl.evaluation.results import EvalResult


def memory_of(result: EvalResult) -> Float[np.ndarray, "B T M"]:
    """All numbers of the memory on each step, side by side: of an LSTM, cell and hidden activity.

    It is the memory with which the action of the step is chosen.

    Raises:
      ValueError: if the player was not an agent, or its trace was not kept.
    """
    memory = getattr(result.trajectory.trace, "memory", None)
    if memory is None:
        raise ValueError("`result` must be that of an agent, evaluated with keep='trace'.")
    shape = (*np.shape(result.trajectory.actions), -1)
    leaves = [np.asarray(leaf, np.float32).reshape(shape) for leaf in jax.tree.leaves(memory)]
    return np.concatenate(leaves, axis=-1)


def hidden_of(result: EvalResult) -> Float[np.ndarray, "B T U"]:
    """The hidden activity of an LSTM's units after they saw the step's inputs.

    Raises:
      ValueError: if the player was not an agent with one LSTM, or its trace was not kept.
    """
    hidden = getattr(getattr(result.trajectory.trace, "memory", None), "hidden", None)
    if hidden is None:
        raise ValueError(
            "`result` must be that of an agent with one LSTM, evaluated with keep='trace'."
        )
    return np.asarray(hidden)


def principal_components(
    memory: Float[np.ndarray, "B T M"], count: int = 2
) -> tuple[Float[np.ndarray, "B T K"], pd.DataFrame]:
    """The directions in which the memory varies most (principal component analysis).

    Args:
      memory: the memory on each step.
      count: the number of components, `K`.

    Returns:
      The memory's place on each component, and a row for each: `component` (from 1) and `share`,
      the fraction of the variance along it.

    Raises:
      ImportError: if scikit-learn, of the extra `analysis`, is not installed.
    """
    memory = check_shape("memory", memory, ("B", "T", "M"))
    check_integer("count", count, 1, maximum=memory.shape[-1])
    decomposition = _sklearn("decomposition").PCA(count, svd_solver="full")
    places = decomposition.fit_transform(memory.reshape(-1, memory.shape[-1]))
    shares = decomposition.explained_variance_ratio_
    table = pd.DataFrame({"component": range(1, count + 1), "share": shares})
    return places.reshape(*memory.shape[:2], count), table


def decode(
    memory: Float[np.ndarray, "B T M"],
    targets: Float[np.ndarray, "B T D"],
    *,
    fit_on: float = 0.5,
    penalty: float = 1.0,
) -> tuple[pd.DataFrame, Float[np.ndarray, "b T D"]]:
    """Reads numbers, such as a belief, from the memory by ridge regression.

    It is fitted on the first episodes and tested on the others, whose tasks it has not seen.

    Args:
      memory: the memory on each step.
      targets: the numbers on each step.
      fit_on: the fraction of episodes to fit on.
      penalty: the ridge penalty, for memory scaled to variance 1.

    Returns:
      A row for each target: `target` (from 0), `r2` on the other episodes, `fit_r2` on those it was
      fitted on; and what was read on the other episodes.

    Raises:
      ValueError: if shapes do not fit.
      ImportError: if scikit-learn, of the extra `analysis`, is not installed.
    """
    memory = check_shape("memory", memory, ("B", "T", "M"))
    targets = check_shape("targets", targets, (*memory.shape[:2], "D"))
    check_number("fit_on", fit_on, 0, 1, above_low=True)
    check_number("penalty", penalty, 0)
    if len(memory) < 2:
        raise ValueError(
            f"`memory` must hold two episodes or more, to fit and to test, got {len(memory)}."
        )
    first = min(max(1, round(fit_on * len(memory))), len(memory) - 1)

    def rows(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x[:first].reshape(-1, x.shape[-1]), x[first:].reshape(-1, x.shape[-1])

    (seen, unseen), (known, wanted) = rows(memory), rows(targets)
    model = _sklearn("pipeline").make_pipeline(
        _sklearn("preprocessing").StandardScaler(), _sklearn("linear_model").Ridge(penalty)
    )
    model.fit(seen, known)
    read = model.predict(unseen).reshape(-1, targets.shape[-1])
    again = model.predict(seen).reshape(-1, targets.shape[-1])
    score = _sklearn("metrics").r2_score
    table = pd.DataFrame(
        {
            "target": range(targets.shape[-1]),
            "r2": score(wanted, read, multioutput="raw_values"),
            "fit_r2": score(known, again, multioutput="raw_values"),
        }
    )
    return table, read.reshape(-1, *targets.shape[1:])


def _sklearn(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"sklearn.{module}")
    except ImportError as error:
        raise ImportError(
            "This analysis needs scikit-learn: pip install -e '.[analysis]'"
        ) from error
