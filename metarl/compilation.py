"""What XLA has compiled is kept, so that the next process need not compile it again."""

import os
import platform
from pathlib import Path

import jax
import platformdirs


def use_compilation_cache() -> None:
    """Makes this process keep compiled programs in the user's cache folder, and look there first.

    A folder the user has set (`JAX_COMPILATION_CACHE_DIR`) is left as it is, and so is everything
    if none can be written. `JAX_ENABLE_COMPILATION_CACHE=false` turns it off.
    """
    if jax.config.values["jax_compilation_cache_dir"] is not None:
        return
    # Compiled for one processor: a home that several machines share must not mix them up.
    folder = Path(platformdirs.user_cache_dir("metarl")) / "compiled" / platform.node()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
