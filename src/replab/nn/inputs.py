"""Input transforms: `transform(x uint8) -> float32` of the same shape: stored bytes to what a model sees."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import Positive, Real


def shift_scale(x: Tensor, *, shift: Real, scale: Positive) -> Tensor:
    """(x - shift) / scale, any shape, computed in float32.

    Source: the course code of report 003, with shift 128 and scale 255.
    """
    return (x.to(torch.float32) - shift).div_(scale)


INPUTS: dict[str, Callable[..., Tensor]] = {"shift_scale": shift_scale}
