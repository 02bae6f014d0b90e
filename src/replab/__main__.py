# PYTHON_ARGCOMPLETE_OK
"""`replab COMMAND`, run by the fork server where a workflow has one, and else here.

A workflow starts this a hundred times. So what asks the server is imported alone, and the rest where it is needed.
"""

from __future__ import annotations

import os
import signal
import sys

from replab.fork_client import SIGNALS, VARIABLE, ask


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until a job of the server or `run` heeds them
    if address := os.environ.get(VARIABLE):
        status = ask(address, given)
        if status is not None:
            return status
    try:
        from replab.command_line import run
    except OSError as error:  # too few file descriptors, or a file that cannot be read
        print(f"replab: {error.strerror}: {error.filename}", file=sys.stderr)
        return 2
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
