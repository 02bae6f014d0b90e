"""How a command asks the fork server to run it; imports little, since a workflow starts a hundred commands."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from types import FrameType

VARIABLE = "REPLAB_FORK_SERVER"
PACKAGE = os.path.dirname(os.path.realpath(__file__))
SERVED = {"train", "report"}  # the commands whose imports take seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM)
AGAIN = 117  # how a copy ends that has to train, where the server has not imported yet what trains
TO_TRAIN = "replab.training.engine"

is_copy = False  # of the server


class TrainsNothing(BaseException):
    """In a copy of a server that has not imported what trains: only that ends it, and the server imports it."""


def stamp() -> list[object]:
    """Which package this is, and when its files were changed last."""
    paths = (f"{folder}/{name}" for folder, _, names in os.walk(PACKAGE) for name in names if name.endswith(".py"))
    return [PACKAGE, os.path.realpath(sys.prefix), {path: os.stat(path).st_mtime_ns for path in paths}]


def can_train() -> None:
    """Raises TrainsNothing where this process is a copy of a server that has not imported what trains."""
    if is_copy and TO_TRAIN not in sys.modules:
        raise TrainsNothing


def ask(address: str, arguments: list[str]) -> int | None:
    """The exit status of a command that the server ran; None where the command has to run here."""
    if SERVED.isdisjoint(arguments):
        return None
    request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ), "stamp": stamp()}
    status = _asked(address, request)
    return _asked(address, request | {"trains": True}) if status == AGAIN else status


def _asked(address: str, request: Mapping[str, object]) -> int | None:
    content, answer = json.dumps(request).encode(), b""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            socket.send_fds(connection, [len(content).to_bytes(8)], [0, 1, 2])
            connection.sendall(content)
        except OSError:
            return None
        with _passing_on(connection) as passed, contextlib.suppress(ConnectionResetError):
            answer = connection.recv(64)
    status: int | None = json.loads(answer)["status"] if answer else None
    for number in passed if status in (None, AGAIN) else ():
        signal.raise_signal(number)  # no job has heeded it: it waits for the next one, or for `command_line.run`
    return status


@contextlib.contextmanager
def _passing_on(connection: socket.socket) -> Iterator[list[int]]:
    """Signals go to the server while the block runs, also those that were held until then; which ones these are."""
    passed: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        passed.append(number)
        with contextlib.suppress(OSError):  # the job has ended
            connection.sendall(bytes([number]))

    before = [signal.signal(number, pass_on) for number in SIGNALS]
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    try:
        yield passed
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
