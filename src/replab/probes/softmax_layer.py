"""Report 002's 3 x 2 softmax layer: one entry of its gradient, in closed form and by a finite difference.

x [D], w [D, 2], s = x w, p = softmax(s), loss = -log p_0: the target is class 0, y = (1, 0). The gradient is
x (p - y)^T, so that it depends on w through the gap s_0 - s_1 alone, and so do all its differences. The report
gives no w; its printed gradient gives the gap.
"""

from __future__ import annotations

import numpy as np
import torch

from replab.errors import ReplabError
from replab.probes.differences import Array, numerical_gradient
from replab.probes.measured import Measured
from replab.ranges import Counts, NonNegativeCount, Positive, Real, Word


def softmax_layer_gradient(
    *,
    generator: torch.Generator,
    inputs: Counts,
    score_gap: Real,
    row: NonNegativeCount,
    column: NonNegativeCount,
) -> Measured:
    """The entry x_row (p_column - y_column) of the gradient, for normal weights with the given score gap.

    Raises ReplabError where the gradient has no such entry.

    Source: report 002, gradient check, `analytic_grad`: x = (4, 3, 5), y = (1, 0).
    """
    x, w = _layer(inputs, score_gap, generator)
    _check(w, row, column)
    return {"gradient_nats": (float(_gradient(x, w)[row, column]), "nats")}


def softmax_layer_difference(
    *,
    generator: torch.Generator,
    inputs: Counts,
    score_gap: Real,
    row: NonNegativeCount,
    column: NonNegativeCount,
    difference: Word,
    h: Positive,
) -> Measured:
    """The same entry by a finite difference of step h, in float64, and its error: less the closed form.

    The forward difference is off by h/2 x_row^2 p_0 p_1: 1.9e-5 for x = 4 and h = 1e-5.

    Source: report 002, gradient check, `numerical_gradient`: forward difference, h = 1e-5.
    """
    x, w = _layer(inputs, score_gap, generator)
    _check(w, row, column)
    (slope,) = numerical_gradient(lambda: _loss(x @ w), w, [(row, column)], difference=difference, h=h)
    error = float(slope - _gradient(x, w)[row, column])
    return {"gradient_nats": (float(slope), "nats"), "error_nats": (error, "nats")}


def _layer(inputs: list[int], score_gap: float, generator: torch.Generator) -> tuple[Array, Array]:
    """x [D] and normal weights w [D, 2], moved along x until s_0 - s_1 is the gap."""
    x = np.array(inputs, dtype=np.float64)
    w = np.array(torch.randn(len(x), 2, generator=generator, dtype=torch.float64).numpy())
    lacking = score_gap - (x @ w[:, 0] - x @ w[:, 1])
    w[:, 0] += lacking * x / (x @ x)
    return x, w


def _gradient(x: Array, w: Array) -> Array:
    scores = x @ w
    p = np.exp(scores - scores.max())
    p /= p.sum()
    return np.asarray(np.outer(x, p - [1, 0]))


def _loss(scores: Array) -> float:
    shifted = scores - scores.max()
    return float(np.log(np.exp(shifted).sum()) - shifted[0])


def _check(w: Array, row: int, column: int) -> None:
    if row >= w.shape[0] or column >= w.shape[1]:
        raise ReplabError(f"there is no entry ({row}, {column}): the gradient is {w.shape[0]} x {w.shape[1]}")
