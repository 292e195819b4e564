"""An unpickler that accepts only a handful of names and calls only its own code.

A pickle is a program: it names functions and calls them. Here, each allowed name stands for a
function of this module; any other is refused before anything is imported. A hostile file runs no
code, but it can waste time and memory; open untrusted files only where that does not matter.
"""

import io
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LARGEST_FILE = 2**26


class PickleRefusedError(ValueError):
    """A pickle with forbidden content. Nothing in it was executed."""


def read_pickle(path: Path) -> Any:
    """Reads a pickle of dicts, lists, tuples, texts, numbers and float32 arrays.

    Args:
      path: the file; arrays may have been pickled by numpy, or by jax before 2023.

    Returns:
      The content.

    Raises:
      FileNotFoundError: if there is no such file.
      PickleRefusedError: if the file holds anything else, or is damaged or too large.
    """
    if path.exists() and not path.is_file():
        raise PickleRefusedError(f"`{path}` must be a regular file, got a folder or a device.")
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise PickleRefusedError(f"`{path}` must be at most {LARGEST_FILE} bytes, got more.")
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except PickleRefusedError as error:
        raise PickleRefusedError(f"`{path}` must be a pickle of plain arrays, {error}") from None
    except Exception as error:  # a broken pickle can make the interpreter raise anything
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise PickleRefusedError(f"`{path}` must be a whole pickle, got {reason}.") from error


class _Name:
    """Stands for an allowed name: it can be called, but nothing else can be done with it."""

    __slots__ = ("function",)
    function: Callable[..., Any]

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, "function", function)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def __setattr__(self, name: str, value: Any) -> None:
        raise PickleRefusedError("got an assignment to a name.")

    def __setstate__(self, state: Any) -> None:
        raise PickleRefusedError("got an assignment to a name.")


class _Type:
    """A numpy dtype while it is read; only float32 is allowed."""

    def __init__(self, name: object, *flags: object) -> None:
        if name not in ("f4", "<f4", ">f4"):
            raise PickleRefusedError(f"got an array of the type {str(name)[:40]!r}, not float32.")
        self.dtype = np.dtype(str(name))

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if order not in ("<", ">", "=") or state[2:5] != (None, None, None):
            raise PickleRefusedError("got an array of a type with parts.")
        self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """A numpy array while it is read: first created empty, then given its state."""

    def __init__(self, kind: object, shape: object, type_code: object) -> None:
        if not isinstance(kind, _Name) or kind.function is not _no_call:
            raise PickleRefusedError("got an array of an unknown kind.")
        self.values: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        self.values = _filled(data, kind, shape, "F" if fortran else "C")


def _filled(data: Any, kind: Any, shape: Any, order: str) -> np.ndarray:
    if not isinstance(kind, _Type) or not isinstance(data, bytes | bytearray):
        raise PickleRefusedError("got an array that is not made of float32.")
    plain = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not plain or len(shape) > 2 or math.prod(shape) * 4 != len(data):
        raise PickleRefusedError(f"got an array whose shape does not fit its {len(data)} bytes.")
    # No copy: a thousand arrays may share their bytes.
    return np.frombuffer(data, kind.dtype).reshape(shape, order="F" if order == "F" else "C")


def _reconstruct(kind: object, shape: object, type_code: object) -> _Array:
    return _Array(kind, shape, type_code)


def _from_buffer(data: object, kind: object, shape: object, order: object, *_: object) -> _Array:
    array = _Array(_NDARRAY, (), b"b")
    array.values = _filled(data, kind, shape, str(order)[:1])
    return array


def _from_device(function: object, arguments: Any, state: object, described: object) -> _Array:
    """Stands for jax's `reconstruct_device_array`: numpy's arguments, and jax's own, unused."""
    if not isinstance(function, _Name) or function.function is not _reconstruct:
        raise PickleRefusedError("got a device array that does not hold a numpy array.")
    array = _reconstruct(*arguments)
    array.__setstate__(state)
    return array


def _encode(text: object, encoding: object) -> bytes:
    """Stands for `_codecs.encode`, which holds bytes in pickles that Python 2 can read."""
    if not isinstance(text, str) or encoding != "latin1":
        raise PickleRefusedError("got an encoding that is not latin1.")
    return text.encode("latin1")


def _no_call(*_: object) -> None:
    raise PickleRefusedError("got a call of `numpy.ndarray`.")


_NDARRAY = _Name(_no_call)
_ALLOWED = {
    "jax._src.device_array.reconstruct_device_array": _Name(_from_device),
    "numpy.core.multiarray._reconstruct": _Name(_reconstruct),
    "numpy._core.multiarray._reconstruct": _Name(_reconstruct),
    "numpy.core.numeric._frombuffer": _Name(_from_buffer),
    "numpy._core.numeric._frombuffer": _Name(_from_buffer),
    "numpy.ndarray": _NDARRAY,
    "numpy.dtype": _Name(_Type),
    "_codecs.encode": _Name(_encode),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if full not in _ALLOWED:
            raise PickleRefusedError(
                f"got the name `{full[:200]}`, which no agent needs. Nothing was executed."
            )
        return _ALLOWED[full]


def array_of(value: Any) -> np.ndarray | None:
    """The array in a value that was read; None if it is not an array."""
    if not isinstance(value, _Array) or value.values is None:
        return None
    return value.values.astype(np.float32)
