"""The command line for tests, in the process of the test: what it printed, and its exit code."""

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple

from metarl import registry
from metarl.agents.registry import networks
from metarl.cli.main import main
from metarl.envs import families


class Done(NamedTuple):
    """A command that has ended, by the names of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def command(folder: Path, *arguments: str, typed: str = "") -> Done:
    """Runs `metarl ARGUMENTS` in a folder, with what a user types.

    What it imports is forgotten afterwards, as when a process ends: files of a user's own, the
    families and networks in them, and the folders they may import from. (Of these, only what a
    test has imported is new: ours are known before.)
    """
    families.names()
    networks.names()
    known = [families._classes, networks._classes, registry._files, sys.modules]
    before, path = [dict(names) for names in known], list(sys.path)
    out, err = io.StringIO(), io.StringIO()
    # `python -m` may import from the folder it is started in.
    sys.path.insert(0, str(folder))
    stdin, sys.stdin = sys.stdin, io.StringIO(typed)
    try:
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(arguments)
    finally:
        sys.stdin, sys.path[:] = stdin, path
        for names, kept in zip(known[:3], before[:3], strict=True):
            names.clear()
            names.update(kept)
        for name in set(sys.modules) - set(before[3]):
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).is_relative_to(folder):
                del sys.modules[name]
    return Done(code, out.getvalue(), err.getvalue())
