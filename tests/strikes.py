"""A kill: of a process group, and of what it has started elsewhere, at a moment."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Iterator
from typing import Any

import psutil


def moments(seed: str, duration: float) -> Iterator[float]:
    """Random moments of a run that lasts so long."""
    chosen = random.Random(seed)
    while True:
        yield chosen.uniform(0, duration)


def strike(leader: int) -> None:
    """Kill a process group, and what its processes have started in sessions of their own."""
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        os.killpg(leader, signal.SIGSTOP)  # from here on it starts no more
        others = psutil.Process(leader).children(recursive=True)
        os.killpg(leader, signal.SIGKILL)
        for other in others:
            other.kill()


def killed(process: Any, moment: float | None) -> bool:
    """Kill a command and its process group after so many seconds (None: it dies by itself); False where it ended."""
    process.join(moment)
    if process.is_alive():
        strike(process.pid)
        process.kill()
        process.join()
    assert process.exitcode in {0, -signal.SIGKILL}, f"a command ended with {process.exitcode}"
    return bool(process.exitcode)
