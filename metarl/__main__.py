"""`metarl`, also as `python -m metarl`: the command line, from a quick start."""

import sys

from metarl.fork_server import begin_fork_server, interrupts_held


def main() -> int:
    """Runs the command line of this process; see `metarl.cli.main`."""
    try:
        with interrupts_held():  # a library that is being imported would swallow a Ctrl-C
            if sys.argv[1:2] == ["train"]:  # its children's imports take as long: begin them now
                begin_fork_server()
            from metarl.cli import main as run_command
    except KeyboardInterrupt:
        print("metarl: interrupted", file=sys.stderr)
        return 130
    return run_command()


if __name__ == "__main__":
    sys.exit(main())
