"""One accelerator a process: a slot is taken with a lock, since Snakemake's `gpu` resource assigns no device."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout


@contextmanager
def one_device(locks: Path, threads: int) -> Iterator[None]:
    """Hold the first free accelerator (waiting for none: with all taken the first is shared), and set threads."""
    torch.set_num_threads(threads)
    count = torch.cuda.device_count() if "CUDA_VISIBLE_DEVICES" not in os.environ else 0
    locks.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        try:
            with FileLock(locks / f"gpu-{number}.lock", timeout=0):
                os.environ["CUDA_VISIBLE_DEVICES"] = str(number)
                yield
                return
        except Timeout:
            continue
    yield


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
