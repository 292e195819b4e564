"""Checks of single values, with errors that name the argument, the value and the rule."""

import math
import re
import reprlib
import sys
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

SEEDS = 2**32
# Names that Windows reserves for devices, whatever the extension.
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.I)
_LARGEST_INTEGER = 2**53

# Limited in depth and length: a value from an untrusted file may contain itself many times over.
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 4, 300, 100, 300
_SHORT.maxtuple = _SHORT.maxlist = _SHORT.maxdict = 20


def check_seed(name: str, value: object) -> None:
    """Raises ValueError unless `value` is a whole number from 0 to 2**32 - 1.

    JAX uses no more bits than that: a larger seed would be the same as some smaller one.
    """
    check_integer(name, value, 0)
    if not isinstance(value, int) or value >= SEEDS:
        raise ValueError(_message(name, f"be below {SEEDS}", value))


def check_integer(
    name: str, value: object, minimum: int, why: str = "", *, maximum: int = _LARGEST_INTEGER
) -> None:
    """Raises ValueError unless `value` is a whole number from `minimum` to `maximum`.

    Args:
      name: the argument's name, as the user wrote it.
      value: what the user gave; a bool is refused.
      minimum: the smallest value allowed.
      why: a sentence that gives the reason or the remedy.
      maximum: the largest value allowed; anything larger would only run out of memory.
    """
    if hasattr(value, "dtype"):
        why = "Use a Python int: `int(...)` converts it."
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(_message(name, "be a whole number", value, why))
    if value < minimum:
        raise ValueError(_message(name, f"be at least {minimum}", value, why))
    if value > maximum:
        raise ValueError(_message(name, f"be at most {maximum}", value))


def check_trials(value: object, minimum: int = 1, why: str = "", *, maximum: int = 10**7) -> None:
    """Raises ValueError unless `value` will do as the `num_trials` of a task family."""
    why = why or "An episode has at least one trial."
    check_integer("num_trials", value, minimum, why, maximum=maximum)


def check_number(
    name: str,
    value: object,
    low: float,
    high: float = math.inf,
    *,
    above_low: bool = False,
) -> None:
    """Raises ValueError unless `value` is a finite number in [low, high].

    Args:
      name: the argument's name, as the user wrote it.
      value: what the user gave; bools, NaN and infinities are refused.
      low: the smallest value allowed.
      high: the largest value allowed.
      above_low: whether `low` itself is refused.
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not abs(value) <= sys.float_info.max  # false for NaN as well
    ):
        why = "Use a Python float: `float(...)` converts it." if hasattr(value, "dtype") else ""
        raise ValueError(_message(name, "be a finite number", value, why))
    if value < low or value > high or (above_low and value == low):
        bound = "above" if above_low else "at least"
        rule = f"be {bound} {low:g}" + ("" if math.isinf(high) else f" and at most {high:g}")
        raise ValueError(_message(name, rule, value))


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        options = " or ".join(repr(choice) for choice in choices)
        raise ValueError(_message(name, f"be {options}", value))


def check_bool(name: str, value: object, others: str = "") -> None:
    """Raises ValueError unless `value` is True or False.

    Args:
      name: the argument's name, as the user wrote it.
      value: what the user gave.
      others: the other values the caller allows, as text that is appended to the rule.
    """
    if not isinstance(value, bool):
        raise ValueError(_message(name, f"be True or False{others}", value))


def check_instance(name: str, value: object, kind: type) -> None:
    """Raises ValueError unless `value` is an instance of `kind`; a class itself is refused."""
    if isinstance(value, type) or not isinstance(value, kind):
        raise ValueError(_message(name, f"be a {kind.__name__}", value))


def check_hashable(name: str, value: object) -> None:
    """Raises ValueError unless `value` is hashable; JAX looks up compiled programs by its hash."""
    try:
        hash(value)
    except TypeError:
        why = f"Make its class, {type(value).__name__}, a `@dataclass(frozen=True)`."
        raise ValueError(_message(name, "be hashable", value, why)) from None


def check_key(name: str, value: object) -> None:
    """Raises ValueError unless `value` is a JAX random key, typed or raw."""
    dtype = getattr(value, "dtype", None)
    new = dtype is not None and jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)
    if np.ndim(value) != (0 if new else 1) or not (new or dtype == np.uint32):  # type: ignore
        why = "`jax.random.key(seed)` makes one."
        raise ValueError(_message(name, "be a random key", value, why))


def check_shape(name: str, value: object, shape: Sequence[int | str]) -> np.ndarray:
    """Converts `value` to an array of numbers of the given shape.

    Args:
      name: the argument's name, as the user wrote it.
      value: what the user gave.
      shape: the size of each axis; a letter stands for any size of at least one.

    Raises:
      ValueError: if `value` is not numeric, or not of that shape.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # a ragged list
        array = np.asarray(None)
    fits = array.ndim == len(shape) and all(
        found == wanted or (isinstance(wanted, str) and found > 0)
        for found, wanted in zip(array.shape, shape, strict=True)
    )
    if array.dtype.kind not in "biuf" or not fits:
        rule = f"be numbers in an array of shape [{', '.join(map(str, shape))}]"
        got = f"shape {list(array.shape)}" if array.dtype.kind in "biuf" else short_repr(value)
        raise ValueError(f"`{name}` must {rule}, got {got}.")
    return array


def check_text(name: str, value: object) -> None:
    """Raises ValueError unless `value` is a string that is not blank and can be written."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(_message(name, "be a non-empty string without NUL", value))
    if not value.isascii() and "\\ud" in ascii(value):  # a lone surrogate, which no file can hold
        raise ValueError(_message(name, "be a string of valid Unicode characters", value))


def check_path(name: str, value: object) -> None:
    """Raises ValueError unless `value` can name a folder."""
    check_text(name, value)
    try:
        Path(str(value)).expanduser()
    except RuntimeError:
        why = "`~` means a user's home folder, but there is no such user."
        raise ValueError(_message(name, "be a folder", value, why)) from None


def check_filename(name: str, value: object) -> None:
    """Raises ValueError unless `value` can be the stem of a file name on every system."""
    check_text(name, value)
    text = str(value)
    folder = Path(text).name != text or "\\" in text or set(text) == {"."}
    odd = not text.isprintable() or bool(set(text) & set(':*?"<>|'))
    if folder or odd or text.endswith(".npz") or len(text.encode()) > 200:
        rule = "be a plain, short name without folders or `.npz`"
        raise ValueError(_message(name, rule, value, "Set the folder with `workdir`."))
    if _DEVICES.fullmatch(text) or text.endswith((".", " ")):
        why = "Windows treats it as a device, or drops its last character."
        raise ValueError(_message(name, "be a name that every system accepts", value, why))


def short_repr(value: object) -> str:
    """The value as an error message shows it: on one line, and shortened."""
    try:
        text = " ".join(_SHORT.repr(value).split())
    except (RecursionError, ValueError):  # Python prints no integer of over 4,300 digits
        text = f"a {type(value).__name__} too long to print"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _message(name: str, rule: str, value: object, why: str = "") -> str:
    return f"`{name}` must {rule}, got {short_repr(value)}." + (f" {why}" if why else "")
