"""Radial functions: `radial(squared_distances [..., M], widths [M]) -> [..., M]`, elementwise, falling with distance.

r is the Euclidean distance between an input and a centre, s the centre's width, in the same unit; they see r^2, whose
gradient is finite at a centre.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gaussian(squared_distances: Tensor, widths: Tensor) -> Tensor:
    """exp(-r^2 / (2 s^2)), in (0, 1].

    Source: Broomhead & Lowe 1988, "Multivariable functional interpolation and adaptive networks"; report 004.
    """
    return torch.exp(-squared_distances / (2 * widths.square()))


def reflected_sigmoid(squared_distances: Tensor, widths: Tensor) -> Tensor:
    """1 / (1 + exp(r^2 / s^2)), in (0, 1/2].

    Source: report 004.
    """
    return torch.sigmoid(-squared_distances / widths.square())


def inverse_multiquadric(squared_distances: Tensor, widths: Tensor) -> Tensor:
    """(r^2 + s^2)^(-1/2), in (0, 1 / s].

    Source: Hardy 1971, "Multiquadric equations of topography and other irregular surfaces", its reciprocal; report 004.
    """
    return torch.rsqrt(squared_distances + widths.square())


def squared_distances(x: Tensor, centers: Tensor) -> Tensor:
    """|x_b - c_j|^2 [B, M] of inputs [B, D] and centres [M, D], as |x|^2 - 2 x c + |c|^2: one product.

    What rounding leaves below 0 is 0. Computed as the inputs are, without autocast: the difference of such large
    numbers has nothing left in half precision.
    """
    with torch.autocast(x.device.type, enabled=False):
        products = torch.nn.functional.linear(x, -2 * centers, centers.square().sum(1))
        return (products + x.square().sum(1, keepdim=True)).clamp_min(0)


RADIALS: dict[str, Callable[..., Tensor]] = {
    "gaussian": gaussian,
    "reflected_sigmoid": reflected_sigmoid,
    "inverse_multiquadric": inverse_multiquadric,
}
