"""The sums that a least-squares problem comes down to, added up block by block in float64."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class NormalEquations:
    """Of N features h [M] and targets t [K] about their means: gram = sum h h' [M, M], cross = sum h t' [M, K]."""

    count: int
    mean_features: Tensor
    mean_targets: Tensor
    gram: Tensor
    cross: Tensor


def accumulated(blocks: Iterable[tuple[Tensor, Tensor]]) -> NormalEquations:
    """The sums over blocks (one or more) of features [B, M] and targets [B, K], one held at a time.

    Sums are taken about the means of the first block, so that little is lost when the means are put right.
    """
    source = iter(blocks)
    first = [part.double() for part in next(source)]
    shift, aim = (part.mean(0) for part in first)
    count, features, targets = 0, torch.zeros_like(shift), torch.zeros_like(aim)
    gram, cross = shift.new_zeros(len(shift), len(shift)), shift.new_zeros(len(shift), len(aim))
    for block in itertools.chain([first], source):
        some, aims = block[0].double() - shift, block[1].double() - aim
        count += len(some)
        features += some.sum(0)
        targets += aims.sum(0)
        gram.addmm_(some.T, some)
        cross.addmm_(some.T, aims)
    features, targets = features / count, targets / count
    gram -= count * features.outer(features)
    cross -= count * features.outer(targets)
    return NormalEquations(count, shift + features, aim + targets, gram, cross)
