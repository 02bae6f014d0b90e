"""The accelerator that a job holds. torch is asked only where there is one: a command may do without torch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRIVER = Path("/dev/nvidiactl")


@contextmanager
def device_slot(locks: Path, threads: int, accelerator: str) -> Iterator[None]:
    """Hold one accelerator, named in CUDA_VISIBLE_DEVICES, which a command inherits; see `training.devices`.

    Where there is none, or the job asks for another kind, only torch's threads are set, if torch is there already
    (else it goes by the environment's variables).
    """
    if device() == "cuda" and accelerator not in {"cpu", "mps"}:
        from replab.training.devices import one_device

        with one_device(locks, threads, accelerator):
            yield
        return
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    yield


def device() -> str:
    """`cuda` where there is an accelerator, else `cpu`: what a run's record says that it had."""
    return "cuda" if DRIVER.exists() else "cpu"
