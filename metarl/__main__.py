"""`metarl`, also as `python -m metarl`: the command line, from a quick start."""

import contextlib
import os
import sys

from metarl.processes.fork_server import begin_fork_server, interrupts_held


def main() -> int:
    """Runs the command line of this process; see `metarl.cli.main.main`."""
    _open_standard_streams()
    try:
        with interrupts_held():  # a library that is being imported would swallow a Ctrl-C
            if sys.argv[1:2] == ["train"]:  # its children's imports take as long: begin them now
                with contextlib.suppress(OSError, RuntimeError):  # told when workers are wanted
                    begin_fork_server()
            from metarl.cli.main import main as run_command
    except KeyboardInterrupt:
        print("metarl: interrupted", file=sys.stderr)
        return 130
    return run_command()


def _open_standard_streams() -> None:
    """Gives a process whose standard streams are closed (`2>&-`) others, which lead nowhere.

    Else the next file that is opened would be taken for one of them.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    sys.exit(main())
