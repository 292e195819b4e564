"""The entry point of `metarl` and `python -m metarl`; starts the command line quickly."""

import contextlib
import os
import sys

from metarl.processes.fork_server import begin_fork_server, interrupts_held


def main() -> int:
    """Runs the command line of this process; see `metarl.cli.main.main`."""
    _open_standard_streams()
    try:
        with interrupts_held():  # a library could swallow a Ctrl-C during its import
            if sys.argv[1:2] == ["train"]:  # the children's imports take as long: start them now
                with contextlib.suppress(OSError, RuntimeError):  # reported when workers start
                    begin_fork_server()
            from metarl.cli.main import main as run_command
    except KeyboardInterrupt:
        print("metarl: interrupted", file=sys.stderr)
        return 130
    return run_command()


def _open_standard_streams() -> None:
    """Opens the null device for each standard stream that is closed (as by `2>&-`).

    Otherwise the next file opened would get its number, and be written to as that stream.
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
