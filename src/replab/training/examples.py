"""Examples in memory on the device: batches are gathered by index, with no worker process and no copy to spare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

READY_BYTES = 512 * 2**20  # up to this size the inputs are transformed once, above it batch by batch


@dataclass(frozen=True)
class Examples:
    """Inputs [N, ...] and targets [N]; `transform` is what is still to be done to a batch of raw inputs."""

    inputs: Tensor
    targets: Tensor
    transform: Callable[[Tensor], Tensor] | None

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets at `indices` (any shape, which leads the result's)."""
        inputs = self.inputs[indices]
        return (inputs if self.transform is None else self.transform(inputs)), self.targets[indices]


def make_examples(
    inputs: np.ndarray, targets: np.ndarray, transform: Callable[[Tensor], Tensor], dtype: torch.dtype, device: torch.device
) -> Examples:
    """Examples on `device`: transformed at once where the result fits in READY_BYTES, else kept as they are.

    Both give the same numbers, since a transform acts on each example alone.
    """
    raw, labels = torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)

    def finish(batch: Tensor) -> Tensor:
        return transform(batch).to(dtype)

    if raw.numel() * dtype.itemsize > READY_BYTES:
        return Examples(raw, labels, finish)
    return Examples(finish(raw), labels, None)
