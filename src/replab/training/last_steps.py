"""Measures of the last step before an evaluation: a callback, so that a run without them does not depend on it."""

from __future__ import annotations

import math
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor

from replab.blocks import Block
from replab.building import build
from replab.training.module import ReplicatesModule


class LastSteps(lightning.Callback):
    """Appends measures of the last step's objective to the curves of the replicates that live, after each evaluation.

    The objective is that of the step's batch before the step: the loss per sample, plus the penalties. A value that is
    not finite is kept as None.
    """

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        self.objectives = torch.empty(0)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A Lightning batch is a chunk of steps, whose objectives [R, S] the module has appended by now."""
        assert isinstance(module, ReplicatesModule)
        per_sample = module.spec.batches.size if module.spec.gradient == "sum" else 1
        self.objectives = module.losses[-1][:, -1].double() / per_sample

    def on_validation_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """The module has appended its own point by now."""
        assert isinstance(module, ReplicatesModule)
        for curves, diverged, objective in zip(module.curves, module.diverged, self.objectives, strict=True):
            for block in self.blocks if diverged is None else ():
                curves.setdefault(block["name"], []).append(_value(block, objective))  # type: ignore[arg-type]


def _value(block: Block, objective: Tensor) -> float | None:
    value = float(build("measure", block, objective=objective)())
    return value if math.isfinite(value) else None
