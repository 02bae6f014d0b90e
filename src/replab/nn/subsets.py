"""Subsets: `subset(labels, *, generator) -> indices`, the training examples that one run gets to see.

labels int64 [N], of all training examples; indices int64 [n], no example twice. All randomness is the `generator`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.errors import ReplabError
from replab.ranges import Count


def balanced(labels: Tensor, *, generator: torch.Generator, per_class: Count) -> Tensor:
    """`per_class` examples of each class, drawn without replacement: [per_class K], class by class.

    What a generator gives for fewer a class is part of what it gives for more.
    Raises ReplabError where a class has fewer examples than that.

    Source: the usual way to draw few examples, as in Kolesnikov et al. 2020, "Big transfer (BiT): general visual
    representation learning", section 3.2. No departure.
    """
    order = torch.randperm(len(labels), generator=generator)
    of_class = [order[labels[order] == label] for label in labels.unique()]
    fewest = min(len(indices) for indices in of_class)
    if per_class > fewest:
        raise ReplabError(f"subset 'balanced': {per_class} examples of each class wanted, one has {fewest}")
    return torch.cat([indices[:per_class] for indices in of_class])


SUBSETS: dict[str, Callable[..., Tensor]] = {
    "balanced": balanced,
}
