"""One accelerator a process: a slot is taken with a lock, since Snakemake's `gpu` resource assigns no device."""

from __future__ import annotations

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
