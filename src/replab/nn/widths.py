"""Widths of radial units: `widths(centers [C, D], units) -> [C]`, above 0, in the unit of the inputs.

`units` is how many of the centres the network will have: a method that chooses among candidates asks for the widths
of all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from replab.errors import ReplabError
from replab.ranges import Count, Positive


def spread(centers: Tensor, units: int, *, factor: Positive) -> Tensor:
    """factor * d / sqrt(2 units), the same for all, with d the largest distance between two centres.

    Source: Haykin 1999, "Neural Networks", section 5.13, with factor 1; report 004. No departure.
    Raises ReplabError where all centres coincide.
    """
    width = factor * _distances(centers).max() / math.sqrt(2 * units)
    return _positive(width.expand(len(centers)).to(centers.dtype))


def nearest(centers: Tensor, units: int, *, neighbours: Count, factor: Positive) -> Tensor:
    """factor * the mean distance of a centre from the `neighbours` centres that are nearest to it, one for each.

    Source: Moody & Darken 1989, "Fast learning in networks of locally-tuned processing units", who take the root of the
    mean square of these distances; here the mean. `units` does not matter.
    Raises ReplabError where there are too few other centres, or these coincide.
    """
    if len(centers) <= neighbours:
        raise ReplabError(f"widths 'nearest': {len(centers)} centres have no {neighbours} neighbours each")
    own = torch.eye(len(centers), dtype=torch.bool, device=centers.device)
    others = _distances(centers).masked_fill(own, math.inf)
    return _positive(factor * others.topk(neighbours, largest=False).values.mean(1).to(centers.dtype))


def _distances(centers: Tensor) -> Tensor:
    """The distances [C, C], by differences, so that those of coinciding centres are 0."""
    return torch.cdist(centers.double(), centers.double(), compute_mode="donot_use_mm_for_euclid_dist")


def _positive(widths: Tensor) -> Tensor:
    if not bool((widths > 0).all()):
        raise ReplabError("widths: centres coincide, which leaves a width of 0")
    return widths


WIDTHS: dict[str, Callable[..., Tensor]] = {
    "spread": spread,
    "nearest": nearest,
}
