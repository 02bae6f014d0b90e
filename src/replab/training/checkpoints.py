"""Where an interrupted replicate goes on: one file a run, named by its identity, written once an epoch."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from replab.files import write_bytes

Checkpoint = dict[str, Any]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint (tensors, numbers, lists and dicts) atomically; a damaged one is no checkpoint to `load`."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    write_bytes(path, buffer.getvalue(), durable=False)


def load(path: Path) -> Checkpoint | None:
    """The checkpoint, or None where there is none that can be read; code inside it is never run.

    Its tensors are on the CPU, whatever device they were on, so that a run can go on where there is no such device.
    """
    if not path.exists():
        return None
    try:
        checkpoint: Checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError):
        path.unlink(missing_ok=True)
        return None
    return checkpoint
