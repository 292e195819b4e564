"""Sets how XLA compiles for a CPU, and keeps compiled programs for later processes."""

import os
import platform
from pathlib import Path

import jax
import platformdirs

# LLVM unrolls short loops before it vectorises, and then cannot vectorise them any more: element
# by element, the loops over an LSTM's 48 units take five times as long.
_FLAG = "--xla_backend_extra_options=-unroll-full-max-count=8"
# An unknown flag would end the process, so it is set only for versions it was tested with.
_NEWEST_JAX_TRIED = (0, 12)

MIN_COMPILE_SECONDS = 0.1  # programs that took less are not kept: reading takes as long


def prepare_compiler() -> None:
    """Makes this process compile fast loops, and cache programs. Call it before JAX is first used.

    Programs are kept in the user's cache folder, or in the one that the user has set
    (`JAX_COMPILATION_CACHE_DIR`); nowhere if no folder can be written to.
    `JAX_ENABLE_COMPILATION_CACHE=false` turns caching off.
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
    """Makes and returns the folder for compiled programs; None if it cannot be made."""
    # One folder per machine: programs are compiled for its processor, and machines may share homes.
    try:
        folder = Path(platformdirs.user_cache_dir("metarl")) / "compiled" / platform.node()
        if not folder.is_absolute():  # `~`: the user has no home
            return None
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder
