"""How a command asks the fork server to run it; imports little, since a workflow starts a hundred commands."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

VARIABLE = "REPLAB_FORK_SERVER"
PACKAGE = os.path.dirname(os.path.realpath(__file__))
SERVED = {"train", "report"}  # the commands whose imports take seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stamp() -> list[object]:
    """Which package this is, and when its files were changed last."""
    paths = (f"{folder}/{name}" for folder, _, names in os.walk(PACKAGE) for name in names if name.endswith(".py"))
    return [PACKAGE, os.path.realpath(sys.prefix), {path: os.stat(path).st_mtime_ns for path in paths}]


def ask(address: str, arguments: list[str]) -> int | None:
    """The exit status of a command that the server ran; None where the command has to run here."""
    if SERVED.isdisjoint(arguments):
        return None
    request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ), "stamp": stamp()}
    content = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            socket.send_fds(connection, [len(content).to_bytes(8)], [0, 1, 2])
            connection.sendall(content)
        except OSError:
            return None
        before = [signal.signal(number, lambda number, _: connection.sendall(bytes([number]))) for number in SIGNALS]
        try:
            answer = connection.makefile("rb").read()
        finally:
            for number, handler in zip(SIGNALS, before, strict=True):
                signal.signal(number, handler)
    return json.loads(answer)["status"] if answer else None
