"""One run of a command as a process: its output goes to a log, and it ends when its time is up or replab ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from replab.errors import ReplabError

GRACE_SECONDS = 5.0
LAST_LINES, LAST_BYTES, MOST_CHARACTERS = 3, 8_000, 400
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def call(words: list[str], folder: Path, log: Path, lock: Path, timeout: float | None, more: Mapping[str, str]) -> None:
    """Run a command in `folder`, with the variables `more`. Raises ReplabError where it fails or takes too long.

    Its process inherits `lock`: where replab is killed and the command lives on, nobody starts a second one.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with _held(lock) as handle, log.open("wb") as output:
        try:
            process = subprocess.Popen(
                words, cwd=folder, env=os.environ | more, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, pass_fds=[handle],
            )  # fmt: skip
        except OSError as error:
            what = error.filename or words[0]  # the folder, where it is that which is gone
            raise ReplabError(f"the command cannot be started: {what}: {error.strerror}") from error
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ReplabError(f"the command was stopped after its timeout of {timeout:g} s{_end_of(log)}") from None
        finally:
            _stop(process)
    if status:
        how = f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise ReplabError(f"the command failed, {how}{_end_of(log)}")


@contextmanager
def _held(lock: Path) -> Iterator[int]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield handle
    except BlockingIOError:
        raise ReplabError(f"the command of an earlier call still runs, and holds {lock}: end it first") from None
    finally:
        os.close(handle)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started, if it has not ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_of(log: Path) -> str:
    """The last lines of the output, in one line, and where the rest is."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_BYTES))
        text = ESCAPES.sub("", file.read().decode("utf-8", "replace"))
    lines = [line.rsplit("\r", 1)[-1].strip() for line in text.split("\n")]
    said = " / ".join([line for line in lines if line][-LAST_LINES:])[-MOST_CHARACTERS:]
    return f": {said} (log: {log})" if said else "; it printed nothing"
