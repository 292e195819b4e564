"""Monkeys of Bartolo et al. between two pictures, or two sides, one of which swaps."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.io

from metarl.behaviour.public.source import PublicData, Source, check_values, checksums, files_in
from metarl.behaviour.table import tidy_table
from metarl.checks import short_repr

SOURCE = Source(
    citation=(
        "Bartolo, Saunders, Mitz & Averbeck (2020), Dimensionality, information and learning in "
        "prefrontal cortex, PLOS Computational Biology 16, doi 10.1371/journal.pcbi.1007514"
    ),
    address="https://data.mendeley.com/datasets/p7ft2bvphx",
    licence="as stated at the address",
)
# Columns of the matrix `Y`, counted from 0, of its 13.
_IMAGE, _SIDE, _OUTCOME, _BLOCK, _ORDER, _KIND, _COMPLETED = 0, 1, 2, 7, 8, 9, 12
_NAME = re.compile(r"SPKcounts_([A-Za-z]+)([0-9]{8})cue.*", re.S)


def load_monkeys(path: str | Path) -> PublicData:
    """Loads `SPKcounts_V20161005cue_MW_250X250ms.mat` and the like: behaviour, without the spikes.

    In a `what` block, one of two pictures is better; in a `where` block, one of two sides. Actions
    are numbered as the chosen picture, or the chosen side, is in the file. Each block brings new
    pictures: it is an episode of its own. Only blocks that were completed are kept.

    Args:
      path: a file, or the folder of them. The monkey and the day are taken from a file's name.

    Raises:
      ValueError: if a file has another form or name.
      OSError: if one cannot be read.
    """
    files = files_in(path, "SPKcounts_*.mat")
    read = checksums(files)
    table = pd.concat([_session(file) for file in files], ignore_index=True)
    return PublicData(table, SOURCE, read)


def _session(path: Path) -> pd.DataFrame:
    named = _NAME.fullmatch(path.stem)
    if named is None:
        raise ValueError(
            f"`{path}` must be named after the monkey and the day, as in "
            "`SPKcounts_V20161005cue_MW_250X250ms.mat`. Give it its name back."
        )
    try:
        content = scipy.io.loadmat(path, variable_names=["Y"])
        matrix = np.asarray(content["Y"], np.float64)
    except (KeyError, NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(
            f"`{path}` must be a mat file that holds the matrix `Y`, got {short_repr(str(error))}."
        ) from None
    if matrix.ndim != 2 or matrix.shape[1] != 13 or not len(matrix):
        raise ValueError(
            f"`Y` must have 13 columns and a row for each trial in `{path}`, got shape "
            f"{matrix.shape}."
        )
    matrix = matrix[matrix[:, _COMPLETED] == 1]
    if not len(matrix):
        raise ValueError(f"`Y` must hold a block that was completed in `{path}`, got none.")
    check_values(path, "the outcome (column 3 of Y)", matrix[:, _OUTCOME], (0, 1))
    check_values(path, "the kind of block (column 10 of Y)", matrix[:, _KIND], (1, 2))
    what = matrix[:, _KIND] == 1
    action = np.where(what, matrix[:, _IMAGE], matrix[:, _SIDE])
    check_values(path, "the choice (column 1 or 2 of Y)", action, (0, 1))
    changed = (np.diff(matrix[:, [_BLOCK, _ORDER]], axis=0) != 0).any(axis=1)
    starts = np.r_[True, changed]
    episode = np.cumsum(starts)
    first = np.flatnonzero(starts)
    values = {
        "subject": named[1],
        "session": named[2],
        "episode": episode,
        "block": episode,
        "trial": np.arange(len(matrix)) - first[episode - 1] + 1,
        "action": action,
        "reward": matrix[:, _OUTCOME],
        "kind": np.where(what, "what", "where").astype(object),
    }
    return tidy_table(values, len(matrix))
