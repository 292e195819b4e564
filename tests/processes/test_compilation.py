import os
import subprocess
import sys

import pytest


def flags_and_folder(**environment):
    program = (
        "import os, jax; from metarl.processes import compilation\n"
        "compilation.prepare_compiler(); compilation.prepare_compiler()\n"
        "print(os.environ.get('XLA_FLAGS', ''), jax.config.values['jax_compilation_cache_dir'])\n"
        "assert jax.numpy.ones(3).sum() == 3\n"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XLA_", "JAX_"))}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    flags, folder = ran.stdout.strip().rsplit(" ", 1)
    return flags, folder


def test_short_loops_are_vectorised_and_programs_kept(tmp_path):
    flags, folder = flags_and_folder(XDG_CACHE_HOME=str(tmp_path))
    assert flags.count("-unroll-full-max-count") == 1
    if sys.platform == "linux":
        assert folder.startswith(str(tmp_path))


@pytest.mark.parametrize("own", ["--xla_backend_extra_options=-unroll-count=2"])
def test_what_the_user_has_set_is_left_as_it_is(tmp_path, own):
    flags, folder = flags_and_folder(XLA_FLAGS=own, JAX_COMPILATION_CACHE_DIR=str(tmp_path))
    assert (flags, folder) == (own, str(tmp_path))
