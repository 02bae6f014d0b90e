"""Series: lists of numbers that a run leaves in its record once, at its end, such as for a picture.

A series sees the scores [N, K] and the targets [N] of the test examples, in their order, and is kept under `series`.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from replab.ranges import Count


def evenly_spaced(scores: Tensor, targets: Tensor, *, every: Count) -> dict[str, list[float]]:
    """`score` x_K and `target` t of the first example and of each one `every` further on; [N, K], [N].

    Source: report 004, prediction against truth on a sine.
    """
    return {"score": scores[::every, -1].tolist(), "target": targets[::every].tolist()}


SERIES: dict[str, Callable[..., dict[str, list[float]]]] = {"evenly_spaced": evenly_spaced}
