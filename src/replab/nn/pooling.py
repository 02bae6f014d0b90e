"""Pooling: `pooling(x [B, C, H, W]) -> [B, C, ceil(H / stride), ceil(W / stride)]`, in TensorFlow's padding SAME.

SAME adds as many pixels as that takes; where they are odd in number, the last side gets one more. Windows of 3 with
stride 2 begin at pixel 0 where the size is even, and at -1 where it is odd.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from replab.ranges import Count, NonNegative, NonZero, Positive

WINDOW, STRIDE = 3, 2


def max_pool(x: Tensor, *, size: Count) -> Tensor:
    """The largest value in windows of size x size that do not overlap, [B, C, ceil(H / size), ceil(W / size)].

    The first window begins at pixel 0; what is left at the last sides makes smaller windows, which for size 2 is
    TensorFlow's SAME. Source: Riesenhuber & Poggio 1999, "Hierarchical models of object recognition in cortex";
    report 000 with size 2. No departure.
    """
    return F.max_pool2d(x, size, ceil_mode=True)


def lp_gaussian(x: Tensor, *, power: NonZero, sigma: Positive, epsilon: NonNegative) -> Tensor:
    """(sum_ij G_ij (x_ij + epsilon)^power)^(1 / power) over 3 x 3 windows with stride 2, for x >= 0; any power but 0.

    G is the Gaussian of standard deviation `sigma` at the 9 pixels, divided by its sum. Pixels beyond the borders add
    0 to the sum, and G is not divided again there. Computed in float32 at least.

    Where x has zeros, as after ReLU, and epsilon is 0: for power < 0 one zero in a window makes its result 0, and its
    slope at that zero is not a number; for power > 0 and not 1 the slope is not a number in windows of zeros, or where
    every x^power underflows. ReLU's gradient puts 0 for it where x is 0, and only there. With epsilon > 0 all is
    finite as long as (x + epsilon)^power is.

    Source: report 000, with sigma .8 and powers -1, 1, 2 and 4; Sermanet, Chintala & LeCun 2012, "Convolutional
    neural networks applied to house numbers digit classification", equation 1. Departure: neither has an epsilon.
    """
    powers = ((x.float() if x.itemsize < 4 else x) + epsilon).pow(power)
    total = powers
    for axis in (2, 3):
        total = _weighted(total, axis, sigma)
    return total.pow(1 / power).to(x.dtype)


def gaussian_weights(sigma: float) -> tuple[float, float, float]:
    """The Gaussian of standard deviation `sigma` at -1, 0 and 1, divided by its sum; G is their outer product."""
    side = math.exp(-1 / (2 * sigma**2))
    return side / (1 + 2 * side), 1 / (1 + 2 * side), side / (1 + 2 * side)


def _weighted(x: Tensor, axis: int, sigma: float) -> Tensor:
    """Sums over windows along one axis (2 or 3), weighted by `gaussian_weights`."""
    size = x.shape[axis]
    count = -(-size // STRIDE)
    missing = (count - 1) * STRIDE + WINDOW - size
    sides = (missing // 2, missing - missing // 2)
    padded = F.pad(x, (0, 0, *sides) if axis == 2 else sides)
    starts = (padded.narrow(axis, first, (count - 1) * STRIDE + 1) for first in range(WINDOW))
    parts = (part[:, :, ::STRIDE] if axis == 2 else part[..., ::STRIDE] for part in starts)
    first, middle, last = (weight * part for weight, part in zip(gaussian_weights(sigma), parts, strict=True))
    return first + middle + last


POOLINGS: dict[str, Callable[..., Tensor]] = {"max_pool": max_pool, "lp_gaussian": lp_gaussian}
