"""A process that has imported what jobs need, and forks for each of them: a job then starts in a hundredth of the time.

It has checked params.yaml, too, and parsed the sources of runs and pictures; a copy does so again where they say
something else by then. `started()` runs it beside a workflow and names its address in REPLAB_FORK_SERVER. A command
that finds the address there asks the server (`fork_client`), which runs it in a copy of itself, with the command's
arguments, folder, environment and streams. Signals are passed on; where the command is killed, its copy is
interrupted. Where the server cannot serve (it is gone, the package is another one, or a source file changed after the
imports), the command runs as without it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import socket
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from replab.fork_client import TO_TRAIN, VARIABLE, stamp
from replab.fork_copies import become, end, forked

# What a command imports. Torch and Lightning take seconds: they wait until there is something to train. One thread,
# until a command asks for more.
IMPORTS = {
    "train": ("replab.commands.train", "replab.explain"),
    "report": (
        *("replab.commands.report", "replab.assemble", "replab.report.write", "replab.report.latex", "jinja2.sandbox"),
        *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),  # a copy may find no picture kept
    ),
}
TRAINING = ("replab.runners.jobs", TO_TRAIN, "replab.training.progress")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@contextlib.contextmanager
def started() -> Iterator[dict[str, str]]:
    """A server for as long as the block runs, and the variable by which commands find it; {} where nothing can fork."""
    import subprocess  # not for the commands, which only ask
    import tempfile

    if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="replab-") as folder, socket.socket(socket.AF_UNIX) as listener:
        with contextlib.suppress(OSError):  # the system takes no long address, such as a long TMPDIR makes
            listener.bind(f"{folder}/fork")
        address = listener.getsockname()
        if not address:
            yield {}
            return
        listener.listen(64)
        command = [sys.executable, "-P", "-m", "replab.fork_server", str(listener.fileno())]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # ends with this process, and the server with it
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            env=os.environ | ONE_THREAD,
            start_new_session=True,
        )
        try:
            yield {VARIABLE: address}
        finally:
            process.communicate()


def serve(listener: socket.socket) -> dict[str, Any] | None:
    """Serve until the standard input ends. None here; in a copy of this process, the request that it shall run."""
    first = stamp()
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        _reap()
        connection, _ = listener.accept()
        with connection:
            request = _received(connection)
            if request and request["stamp"] == first:
                _import(request["arguments"], "trains" in request)
                _read_params(request["folder"])
                if "report" in request["arguments"]:
                    _read_claims(request["folder"])
                gc.freeze()  # what is imported stays shared with the copies
                if os.fork() == 0:
                    listener.close()
                    return forked(connection, request)
            for stream in request["streams"] if request else ():
                os.close(stream)
    _reap()
    _remove(listener.getsockname())  # where the process that had to do so was killed
    return None


def _reap() -> None:
    """Take leave of copies that have ended, so that their processor time counts as this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _remove(address: str) -> None:
    """Remove the socket and its folder, where nothing else is in it."""
    with contextlib.suppress(OSError):
        os.unlink(address)
        os.rmdir(os.path.dirname(address))


def _received(connection: socket.socket) -> dict[str, Any] | None:
    """A request, with the client's three streams; None of a client that went away."""
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    try:
        # No more than the request: what comes behind it is a signal, for the copy.
        return json.loads(connection.recv(int.from_bytes(head), socket.MSG_WAITALL)) | {"streams": streams}
    except (OSError, ValueError):
        for stream in streams:
            os.close(stream)
        return None


def _import(arguments: list[str], trains: bool) -> None:
    for command in IMPORTS.keys() & set(arguments):
        for name in (*IMPORTS[command], *(TRAINING if trains else ())):
            import_module(name)


@cache
def _read_params(folder: str) -> None:
    """Read what the copies read, once for all of them. They look whether it is still the same."""
    from replab.params_loading import remember

    os.chdir(folder)
    remember(Path("params.yaml"))


@cache
def _read_claims(folder: str) -> None:
    """The same for the claims and the template of a report."""
    from replab.assemble import read_beforehand

    os.chdir(folder)
    read_beforehand()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        wanted = serve(asked)
    if wanted:
        end(become(wanted))
