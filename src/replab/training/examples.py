"""Examples in memory on the device: batches are gathered by index, with no worker process and no copy to spare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from replab.data import DataSet
from replab.data.dataset import Split
from replab.spec import Data

READY_BYTES = 768 * 2**20  # up to this size the inputs are transformed once, above it batch by batch


def take(dataset: DataSet, wanted: Data) -> Split:
    """The examples that a spec trains, validates and tests on."""
    split = dataset.split(wanted.validation)
    if wanted.validation_at == "end":
        cut = len(dataset.train_y) - wanted.validation
        split = replace(
            split,
            train_x=dataset.train_x[:cut],
            train_y=dataset.train_y[:cut],
            validation_x=dataset.train_x[cut:],
            validation_y=dataset.train_y[cut:],
        )
    return replace(
        split,
        train_x=split.train_x[: wanted.train],
        train_y=split.train_y[: wanted.train],
        test_x=split.test_x[: wanted.test],
        test_y=split.test_y[: wanted.test],
    )


@dataclass(frozen=True)
class Examples:
    """Inputs [N, ...] and targets [N]; `transform` is what is still to be done to a batch of raw inputs."""

    inputs: Tensor
    targets: Tensor
    transform: Callable[[Tensor], Tensor] | None

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets at `indices` (any shape, which leads the result's).

        index_select copies rows; indexing with a tensor takes four times as long (benchmarks/).
        """
        flat, leading = indices.flatten(), indices.shape
        inputs, targets = self.inputs.index_select(0, flat), self.targets.index_select(0, flat)
        inputs = (inputs if self.transform is None else self.transform(inputs)).view(*leading, *inputs.shape[1:])
        return inputs, targets.view(leading)


def make_examples(
    inputs: np.ndarray,
    targets: np.ndarray,
    transform: Callable[[Tensor], Tensor],
    dtype: torch.dtype,
    device: torch.device,
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
