"""Optimizers: `optimizer(parameters, *, lr) -> torch.optim.Optimizer`, elementwise over the parameters.

Elementwise, because replicates may be stacked along a leading axis R. A schedule changes
`param_groups[i]["lr"]`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import NonNegative, Positive


def sgd(
    parameters: list[Tensor], *, lr: Positive, momentum: NonNegative, weight_decay: NonNegative
) -> torch.optim.Optimizer:
    """v = momentum * v + (g + weight_decay * w); w = w - lr * v; v = 0 at first; biases decay as weights do.

    Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods"; report 003 with
    lr 1e-4, momentum .9 and weight decay 1e-5. Departure from the paper: lr multiplies v and not g, which is
    the same while lr is constant.
    """
    # Fused, a step takes less than half the time; but on a CPU torch 2.13 then leaves most bf16 and fp16
    # weights as they were, silently (pytorch/pytorch#191763).
    fused = all(weights.dtype in (torch.float32, torch.float64) for weights in parameters)
    return torch.optim.SGD(parameters, lr, momentum, weight_decay=weight_decay, fused=fused)


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {"sgd": sgd}
