"""Work on many rows in as many processes as there are cores, in an order that does not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Block = tuple[Any, ...]


def in_blocks(function: Callable[..., NDArray[Any]], blocks: Iterable[Block]) -> NDArray[Any]:
    """`function(*block)` of every block, one result below the other.

    New processes, and not copies of this one, which may hold threads; for a single block none is started.
    """
    blocks = list(blocks)
    workers = min(cores(), len(blocks))
    if workers < 2:
        return np.concatenate([function(*block) for block in blocks])
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return np.concatenate(list(pool.map(function, *zip(*blocks, strict=True), chunksize=1)))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
