"""`metarl`, also as `python -m metarl`: the command line, from a quick start."""

import sys

from metarl.fork_server import begin_fork_server


def main() -> int:
    """Runs the command line of this process; see `metarl.cli.main`."""
    if sys.argv[1:2] == ["train"]:  # its children's imports take as long as ours: begin them now
        begin_fork_server()
    from metarl.cli import main as run_command

    return run_command()


if __name__ == "__main__":
    sys.exit(main())
