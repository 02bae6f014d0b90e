"""The nats of words under a linear layer and softmax, with products in bf16 where autocast asks for it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def working_dtype(tensor: Tensor) -> torch.dtype:
    """The type that products are computed in: autocast's where it is on, else the tensor's own."""
    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype


def linear_nats(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """-sum_n log softmax(W x_n + b)[t_n], a scalar in float32 or better.

    x [N, H], W [V, H], b [V], t int64 [N]. Of the N V scores their slopes alone are kept for the backward pass, in the
    type of the products: p - onehot(t).
    """
    nats: Tensor = LinearNats.apply(x, weight, bias, targets, working_dtype(x))  # type: ignore[no-untyped-call]
    return nats


class LinearNats(torch.autograd.Function):
    """See `linear_nats`.

    The bias is one more column of W, for a one at the end of x: adding it apart would be a pass over N V scores, and
    its gradient another.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
        wide_x, wide_weight = _with_column(x, 1.0, dtype), _with_column(weight, bias, dtype)
        scores = wide_x @ wide_weight.t()
        highest = scores.amax(1)
        right = scores.gather(1, targets[:, None]).squeeze(1)
        probabilities = torch.softmax(scores, 1)
        # log sum exp, by the largest probability, which is at least 1/V: one pass less over the scores.
        total = highest - _single(probabilities.amax(1)).log()
        slopes = probabilities.scatter_add_(1, targets[:, None], probabilities.new_full((len(targets), 1), -1.0))
        ctx.save_for_backward(wide_x, wide_weight, slopes)
        ctx.width, ctx.dtypes = x.shape[1], (x.dtype, weight.dtype)
        return (total - _single(right)).sum()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        x, weight, slopes = ctx.saved_tensors
        of_x, of_weight = ctx.dtypes
        grad_x = (slopes @ weight)[:, : ctx.width].to(of_x).mul_(gradient)
        grad_weight = (slopes.t() @ (x * gradient.to(x.dtype))).to(of_weight)
        return grad_x, grad_weight[:, : ctx.width], grad_weight[:, ctx.width], None, None


def _with_column(matrix: Tensor, last: Tensor | float, dtype: torch.dtype) -> Tensor:
    """[N, H] with one more column, and zeros up to a width that products are fast with."""
    rows, width = matrix.shape
    wide = matrix.new_zeros((rows, math.ceil((width + 1) / 8) * 8), dtype=dtype)
    wide[:, :width] = matrix
    wide[:, width] = last
    return wide


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.itemsize < 4 else tensor
