"""One accelerator a process: a slot is taken with a lock, since Snakemake's `gpu` resource assigns no device."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"


@contextmanager
def one_device(locks: Path, threads: int, accelerator: str = "auto") -> Iterator[None]:
    """Hold one accelerator, and set threads; see `held`. Numbers mean inside what they mean on a CPU, see `exact`.

    With `cpu` and `mps` nothing is chosen: of these a machine has one.
    """
    torch.set_num_threads(threads)
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)  # it advises TF32 where a card has it
    exact()
    names = [] if accelerator in {"cpu", "mps"} else visible_devices()
    with held(locks, names):
        yield


def exact() -> None:
    """float32 means float32: no TF32, on any device. Sums of products in bf16 are float32, as a CPU's are."""
    torch.backends.cudnn.allow_tf32 = False  # torch's default rounds a convolution's factors to 10 bits
    torch.backends.cuda.matmul.allow_tf32 = False  # its default; NVIDIA's containers set a variable against it
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False


def visible_devices() -> list[str]:
    """The names of the CUDA devices that this process may use, numbers or UUIDs, as CUDA_VISIBLE_DEVICES has them.

    Where SLURM or a user has set the variable, the choice is among those that it names. CUDA leaves out what stands
    behind the first name that is not there; so does the count of torch. Of parts of a device (MIG) CUDA shows a process
    one alone, and torch would have to begin CUDA to count them: all that are named are taken as they are.
    """
    said = os.environ.get(VISIBLE)
    names = None if said is None else [name.strip() for name in said.split(",")]
    if names and names[0].startswith("MIG-") and torch.backends.cuda.is_built():
        return list(dict.fromkeys(itertools.takewhile(lambda name: name.startswith("MIG-"), names)))
    count = torch.cuda.device_count()
    return list(itertools.islice(map(str, range(count)) if names is None else names, count))


@contextmanager
def held(locks: Path, names: list[str]) -> Iterator[str | None]:
    """Make one of the devices the only visible one: the first of those that the fewest processes hold.

    Each process holds the lock of one slot of a device, and gives it back when it ends, however it ends. Without
    names nothing is done.
    """
    if not names:
        yield None
        return
    locks.mkdir(parents=True, exist_ok=True)
    lock, name = _first_free(locks, names)
    before = os.environ.get(VISIBLE)
    os.environ[VISIBLE] = name
    try:
        yield name
    finally:
        lock.release()
        if before is None:
            os.environ.pop(VISIBLE, None)
        else:
            os.environ[VISIBLE] = before


def _first_free(locks: Path, names: list[str]) -> tuple[FileLock, str]:
    """A lock that is held now, and its device: slot 0 of every device, then slot 1 of every device, and so on."""
    for slot in itertools.count():
        for name in names:
            lock = FileLock(locks / f"gpu-{re.sub('[^A-Za-z0-9-]', '_', name)}-{slot}.lock")
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0)
                return lock, name
    raise AssertionError("slots do not end")


@contextmanager
def without_cudnn() -> Iterator[None]:
    """Compute recurrent layers by torch's own kernels.

    Under autocast to bf16 torch hands cuDNN's recurrent layers float16 (aten/src/ATen/cudnn/AutocastRNN.cpp), whose
    smallest numbers are far greater: a run would not have the precision that its settings say. A CPU has no cuDNN.
    """
    before = torch.backends.cudnn.enabled
    torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = before


def keep_freed_memory() -> None:
    """Tell glibc's allocator to keep what a step frees for the next step; other allocators are left as they are.

    Its default hands blocks above a threshold back to the system at once, and a step then spends up to a third of
    its time on page faults (benchmarks/). The two options are in mallopt(3).
    """
    mmap_threshold, trim_threshold = -3, -1
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(mmap_threshold, 32 * 2**20)
    mallopt(trim_threshold, 256 * 2**20)
