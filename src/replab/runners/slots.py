"""The accelerator that a job holds. torch is asked only where there is one: a command may do without torch."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from replab.errors import ReplabError

DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))  # of Linux, and of Linux within Windows


@contextmanager
def device_slot(locks: Path, threads: int, accelerator: str) -> Iterator[None]:
    """Hold one accelerator, named in CUDA_VISIBLE_DEVICES, which a command inherits; see `training.devices`.

    Where there is none, or the job asks for another kind, only torch's threads are set, if torch is there already
    (else it goes by the environment's variables). Raises ReplabError where the kind that is asked for is not there.
    """
    _check(accelerator)
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
    return "cuda" if any(driver.exists() for driver in DRIVERS) else "cpu"


def _check(accelerator: str) -> None:
    if accelerator in {"auto", "cpu"}:
        return
    with contextlib.suppress(ImportError):  # a command may have a device that nobody here can ask for
        import torch

        from replab.training.devices import visible_devices

        # `torch.cuda.is_available` would make CUDA read CUDA_VISIBLE_DEVICES, before one is chosen.
        found = {"cuda": bool(visible_devices()), "mps": torch.backends.mps.is_available()}
        if not (any(found.values()) if accelerator == "gpu" else found[accelerator]):
            raise ReplabError(f"--accelerator {accelerator}: torch {torch.__version__} finds none on this machine")
