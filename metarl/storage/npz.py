"""Safe reading of an untrusted `.npz` of plain arrays: no code is run, and memory is bounded."""

import io
import math
import os
import re
import zipfile
from pathlib import Path

import numpy as np

LARGEST_FILE = 2**30
_MOST_ARRAYS = 10_000
_MOST_DIMENSIONS = 8


class ArrayFileError(ValueError):
    """A file that is not a complete `.npz` of plain arrays."""


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Reads an archive that `np.savez` wrote, without trusting its content.

    Compressed archives are refused, so that no array can be larger than its file; so are arrays of
    objects, shapes that do not fit the number of bytes, and unusual names.

    Args:
      path: the file.

    Returns:
      The arrays, by name.

    Raises:
      FileNotFoundError: if there is no such file.
      ArrayFileError: if the file is anything else.
    """
    if path.exists() and not path.is_file():
        raise ArrayFileError(f"`{path}` must be a regular file, got a folder, a pipe or a device.")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST_FILE:
            raise ArrayFileError(f"`{path}` must be at most {LARGEST_FILE} bytes, got {size}.")
        if file.read(6) == b"\x93NUMPY":
            raise ArrayFileError(f"`{path}` must be an archive of arrays, got one array.")
        try:
            with zipfile.ZipFile(file) as archive:
                return _read(archive, size)
        except Exception as error:  # a broken file can make the reader raise anything
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ArrayFileError(
                f"`{path}` must be a whole `.npz` file of plain arrays, got {reason[:300]}. "
                "It is truncated or metarl did not write it; train again or use another copy."
            ) from error


def _read(archive: zipfile.ZipFile, size: int) -> dict[str, np.ndarray]:
    members = archive.infolist()
    if len(members) > _MOST_ARRAYS:
        raise ValueError(f"{len(members)} arrays")
    if sum(member.file_size for member in members) > size:
        raise ValueError("more bytes than the file has")
    arrays: dict[str, np.ndarray] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if not re.fullmatch(r"\w+(/\w+)*", name, re.ASCII) or name in arrays:
            raise ValueError(f"an array with the name {member.filename[:100]!r}")
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"`{name}` compressed")
        arrays[name] = _parse(name, archive.read(member))
    return arrays


def _parse(name: str, content: bytes) -> np.ndarray:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, fortran, dtype = readers[version](file)
    if dtype.kind not in "biufU" or dtype.itemsize == 0:
        raise ValueError(f"`{name}` of the type {dtype.str}")
    data = content[file.tell() :]
    if len(shape) > _MOST_DIMENSIONS or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"`{name}` of a shape that does not fit its {len(data)} bytes")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()
