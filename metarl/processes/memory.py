"""Memory checks: requests that do not fit are refused before the work, and nothing hangs."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax

from metarl.checks import short_repr

_SPARE = 2**28  # bytes left for the compiler, threads and everything else
_CGROUPS = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
# For each version of control groups: the files with limit and usage, and the entry of file caches.
_CGROUP_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


class NotEnoughMemoryError(MemoryError):
    """A request would not fit into memory. The message names the argument to reduce."""


def check_memory(name: str, value: object, needed: int) -> None:
    """Raises NotEnoughMemoryError if a request does not fit into the free memory.

    It respects the limits of this process (`ulimit`), its container and the machine. The same
    amount again, up to 256 MiB, must stay free. If no limit can be read, nothing is refused.

    Args:
      name: the argument's name, as the user wrote it.
      value: what the user gave.
      needed: the number of bytes that it takes.
    """
    available = available_memory()
    if needed + min(needed, _SPARE) > available:
        raise NotEnoughMemoryError(
            f"`{name}` must be small enough for the memory of this machine, got "
            f"{short_repr(value)}. "
            f"That needs {needed:,} bytes, but only {int(available):,} are free. Reduce it."
        )


def available_memory() -> float:
    """The number of bytes that this process can still allocate; infinite if unknown."""
    return max(0.0, min(_limits(), default=math.inf))


def bytes_of(arrays: Any) -> int:
    """The size of arrays, or of their shapes as `jax.eval_shape` gives them, in bytes."""
    return sum(math.prod(x.shape) * x.dtype.itemsize for x in jax.tree.leaves(arrays))


def on_host(arrays: Any) -> Any:
    """Waits for JAX arrays, and returns them as NumPy arrays.

    Raises:
      MemoryError: if there was not enough memory. (NumPy's own conversion of an array that could
        not be allocated would wait forever; `jax.block_until_ready` raises an error.)
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
    """The folders of this process's control groups and of their parents, which also limit it."""
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
