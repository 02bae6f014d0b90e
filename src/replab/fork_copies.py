"""The copies of the fork server: one that is the job, and one that watches it and tells the client how it ends."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import sys
from typing import Any

from replab import fork_client
from replab.fork_client import AGAIN, SIGNALS, VARIABLE, TrainsNothing

PATIENCE = 0.02  # seconds between two looks at a job


def forked(connection: socket.socket, request: dict[str, Any]) -> dict[str, Any]:
    """In the copy that stays to watch: tell the client how the job ends. In the copy that is the job: its request."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until `run` can heed them, in the job
    job = os.fork()
    if job == 0:
        return request
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    while True:
        ended, status = os.waitpid(job, os.WNOHANG)
        if ended:
            break
        if select.select([connection], [], [], PATIENCE)[0]:
            number = connection.recv(1)
            os.kill(job, number[0] if number else signal.SIGTERM)
            if not number:  # the client was killed: nobody waits for an answer
                os.waitpid(job, 0)
                os._exit(0)
    code = os.waitstatus_to_exitcode(status)
    connection.sendall(json.dumps({"status": code if code >= 0 else 128 - code}).encode())
    os._exit(0)


def become(request: dict[str, Any]) -> int:
    """Run the command of a request as this process: with its streams, folder, environment and arguments."""
    from replab.command_line import run

    for number, stream in enumerate(request["streams"]):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update({name: value for name, value in request["environment"].items() if name != VARIABLE})
    sys.argv[1:] = request["arguments"]
    fork_client.is_copy = True
    try:
        return run(request["arguments"])
    except TrainsNothing:
        return AGAIN


def end(status: int) -> None:
    """End this process without taking the interpreter apart: to free what it shares with the server copies all of it.

    That took .5 CPU seconds a job. What has to be done at the end of a process is done, and its streams are written.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
