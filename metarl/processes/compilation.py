"""How XLA compiles for a CPU, and that what it has compiled is kept for the next process."""

import os
import platform
from pathlib import Path

import jax
import platformdirs

# LLVM unrolls short loops before it has vectorised them, and then no longer can: element by
# element, what is done with an LSTM's 48 units takes five times as long.
_FLAG = "--xla_backend_extra_options=-unroll-full-max-count=8"
# A compiler that does not know a flag ends the process: it is set where it was tried.
_NEWEST_JAX_TRIED = (0, 12)

MIN_COMPILE_SECONDS = 0.1  # what took less is not kept: reading it takes as long


def prepare_compiler() -> None:
    """Makes this process compile quick loops, and keep them for others; before JAX is first used.

    Programs are kept in the user's cache folder. A folder the user has set
    (`JAX_COMPILATION_CACHE_DIR`) is left as it is, and so is everything if none can be written.
    `JAX_ENABLE_COMPILATION_CACHE=false` turns it off.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags and jax.__version_info__[:2] <= _NEWEST_JAX_TRIED:
        os.environ["XLA_FLAGS"] = f"{flags} {_FLAG}".strip()
    if jax.config.values["jax_compilation_cache_dir"] is not None:
        return
    folder = _cache_folder()
    if folder is not None and os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", MIN_COMPILE_SECONDS)


def _cache_folder() -> Path | None:
    """The folder for compiled programs, which is made; None if the user can have none."""
    # Compiled for one processor: a home that several machines share must not mix them up.
    try:
        folder = Path(platformdirs.user_cache_dir("metarl")) / "compiled" / platform.node()
        if not folder.is_absolute():  # `~`: the user has no home
            return None
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder
