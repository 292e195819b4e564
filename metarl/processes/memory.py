"""Memory that does not suffice: refused before the work, and never waited for in vain."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax

from metarl.checks import short_repr

_SPARE = 2**28  # bytes left to the compiler, to threads, and to what else goes on
_CGROUPS = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
# Where each version of control groups keeps limit and use, and the cached files within that use.
_CGROUP_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


class NotEnoughMemoryError(MemoryError):
    """What is asked for would not fit into memory. The message says what to ask for less of."""


def check_memory(name: str, value: object, needed: int) -> None:
    """Raises NotEnoughMemoryError if what is asked for does not fit into the memory that is free.

    The limits of this process (`ulimit`), of its container and of the machine count. As much memory
    again is left free, up to 256 MiB. Where no limit can be read, nothing is refused.

    Args:
      name: the argument's name, as the user wrote it.
      value: what the user gave.
      needed: the bytes that it takes.
    """
    available = available_memory()
    if needed + min(needed, _SPARE) > available:
        raise NotEnoughMemoryError(
            f"`{name}` must be small enough for the memory of this machine, got "
            f"{short_repr(value)}. "
            f"That needs {needed:,} bytes, and {int(available):,} are free. Ask for less."
        )


def available_memory() -> float:
    """The bytes that this process can still take; infinite where nothing says."""
    return max(0.0, min(_limits(), default=math.inf))


def bytes_of(arrays: Any) -> int:
    """The size of arrays, or of their shapes as `jax.eval_shape` gives them, in bytes."""
    return sum(math.prod(x.shape) * x.dtype.itemsize for x in jax.tree.leaves(arrays))


def on_host(arrays: Any) -> Any:
    """Waits for JAX arrays, and returns them as NumPy arrays.

    Raises:
      MemoryError: if there was not enough memory for them. NumPy's own conversion of an array that
        could not be allocated would wait for ever; waiting for it raises an error.
    """
    try:
        return jax.device_get(jax.block_until_ready(arrays))
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise MemoryError(" ".join(str(error).split())) from error


def _limits() -> Iterator[float]:
    yield from _process_limits()
    machine = _numbers(_PROC / "meminfo")
    if "MemAvailable" in machine:
        yield 1024 * (machine["MemAvailable"] + machine.get("SwapFree", 0))
    for folder in _cgroup_folders():
        for limit_file, use_file, cached in _CGROUP_FILES:
            limit, use = _number(folder / limit_file), _number(folder / use_file)
            if limit is not None and use is not None:
                yield limit - use + _numbers(folder / "memory.stat").get(cached, 0)


def _process_limits() -> Iterator[float]:
    if sys.platform == "win32":
        return
    import resource

    used = _numbers(_PROC / "self" / "status")
    for kind, use in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        limit, _ = resource.getrlimit(kind)
        if limit != resource.RLIM_INFINITY and use in used:
            yield limit - 1024 * used[use]


def _cgroup_folders() -> Iterator[Path]:
    """The folders of this process's control groups, and those above them, which limit it, too."""
    try:
        lines = (_PROC / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            top = _CGROUPS / controllers
            folder = top / path.lstrip("/")
            yield folder
            yield from (above for above in folder.parents if above.is_relative_to(top))


def _number(file: Path) -> int | None:
    """The number in a file; None if there is no such file, or the word `max`."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _numbers(file: Path) -> dict[str, int]:
    """The numbers of a file with lines like `name: 5 kB` or `name 5`, by name."""
    try:
        words = [line.replace(":", " ").split() for line in file.read_text().splitlines()]
    except OSError:
        return {}
    return {line[0]: int(line[1]) for line in words if len(line) > 1 and line[1].isdigit()}
