"""Solvers: `solver(blocks) -> (weight [K, M], bias [K])`, a linear read-out without steps.

`blocks` are the features [B, M] of the training examples and their targets [B, K] (1 for the class, else 0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from replab.errors import ReplabError
from replab.nn.normal_equations import accumulated
from replab.ranges import NonNegative

SINGULAR = 1e-13  # the share of a feature's variance that the others must leave unexplained


def ridge(blocks: Iterable[tuple[Tensor, Tensor]], *, strength: NonNegative) -> tuple[Tensor, Tensor]:
    """The W [K, M] and b [K] that minimise mean |t - W h - b|^2 + strength * |W|^2, in float64.

    (G / N + strength I) W' = C / N, with G and C the normal equations of features and targets about their means;
    b = mean t - W mean h is not penalised.
    Source: Hoerl & Kennard 1970, "Ridge regression"; report 004, where strength is 0: W = pinv(H) T.
    Raises ReplabError where these equations are singular.
    """
    sums = accumulated(blocks)
    matrix = sums.gram / sums.count
    matrix.diagonal().add_(strength)
    factor, failed = torch.linalg.cholesky_ex(matrix)
    if failed or bool((factor.diagonal().square() <= SINGULAR * matrix.diagonal()).any()):
        raise ReplabError(f"solver 'ridge': singular equations of {len(matrix)} features; strength must be larger")
    weight = torch.cholesky_solve(sums.cross / sums.count, factor).T
    return weight, sums.mean_targets - weight @ sums.mean_features


SOLVERS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    "ridge": ridge,
}
