"""Series: lists of numbers that a run leaves in its record once, at its end, such as for a picture.

A series sees the scores [N, K] and the targets [N] of the test examples, in their order, and is kept under `series`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import Count


def evenly_spaced(scores: Tensor, targets: Tensor, *, every: Count) -> dict[str, list[float]]:
    """`score` x_K and `target` t of the first example and of each one `every` further on; [N, K], [N].

    Source: report 004, prediction against truth on a sine.
    """
    return {"score": scores[::every, -1].tolist(), "target": targets[::every].tolist()}


def confusion(scores: Tensor, targets: Tensor) -> dict[str, list[float]]:
    """`confusion`: how many examples of class i are given class j, at place i K + j; [N, K], [N].

    The class given is that of the greatest score, the first of several. Source: any course; for report 000, whose
    accuracies of 19.7 and 19.9 % are those of networks that give nearly all images one class.
    """
    classes = scores.shape[1]
    return {"confusion": torch.bincount(targets * classes + scores.argmax(1), minlength=classes**2).double().tolist()}


SERIES: dict[str, Callable[..., dict[str, list[float]]]] = {"confusion": confusion, "evenly_spaced": evenly_spaced}
