"""What a step minimises and in which precision, for any strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from replab.building import build
from replab.spec import TrainingSpec

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bf16": torch.float32}

State = dict[str, dict[str, Any]]
Objective = Callable[[Tensor, Tensor, "nn.Module | dict[str, Tensor]"], Tensor]


def make_objective(spec: TrainingSpec) -> Objective:
    """(scores [B, K], targets [B], model or its parameters by name) -> what a step minimises, in float32 or better.

    The sum or the mean of the losses over the batch, plus the regularizers, which are not divided by B. With a
    leading axis of replicates on all three, each replicate's own.
    """
    loss = build("loss", spec.loss)
    penalties = [build("regularizer", block) for block in spec.regularizers]
    reduce = torch.sum if spec.gradient == "sum" else torch.mean

    def objective(scores: Tensor, targets: Tensor, model: nn.Module | dict[str, Tensor]) -> Tensor:
        wide = scores.float() if scores.itemsize < 4 else scores
        value = reduce(loss(wide.flatten(0, -2), targets.flatten()).view(targets.shape), -1)
        if penalties:
            parameters = dict(model.named_parameters()) if isinstance(model, nn.Module) else model
            each = [torch.func.vmap(penalty) for penalty in penalties] if targets.dim() > 1 else penalties
            value = value + sum(penalty(parameters) for penalty in each)
        return value

    return objective


def autocast(spec: TrainingSpec, device: torch.device) -> torch.autocast:
    """bf16 products with float32 parameters where the spec asks for bf16, nothing elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=spec.precision == "bf16")


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """The learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = lr
