"""The nats of words under a linear layer and softmax, with products in bf16 where autocast asks for it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def working_dtype(tensor: Tensor) -> torch.dtype:
    """The type that products are computed in: autocast's where it is on, else the tensor's own."""
    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype


def linear_nats(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """-sum_n log softmax(W x_n + b)[t_n], a scalar in float32 or better.

    x [N, H], W [V, H], b [V], t int64 [N]. The N V probabilities are kept for the backward pass in the type of the
    products, and not the scores: the gradient of a row of scores is p - onehot(t).
    """
    nats: Tensor = LinearNats.apply(x, weight, bias, targets, working_dtype(x))  # type: ignore[no-untyped-call]
    return nats


class LinearNats(torch.autograd.Function):
    """See `linear_nats`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
        low_x, low_weight = x.to(dtype), weight.to(dtype)
        scores = torch.nn.functional.linear(low_x, low_weight, bias.to(dtype))
        highest = scores.amax(1)
        right = scores.gather(1, targets[:, None]).squeeze(1)
        probabilities = torch.softmax(scores, 1)
        # log sum exp, by the largest probability, which is at least 1/V: one pass less over the scores.
        total = highest - _wide(probabilities.amax(1)).log()
        ctx.save_for_backward(low_x, low_weight, targets, probabilities)
        ctx.dtypes = x.dtype, weight.dtype, bias.dtype
        return (total - _wide(right)).sum()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        x, weight, targets, p = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.dtypes
        scaled = x.to(of_x) * gradient
        grad_x = ((p @ weight).to(of_x) - weight[targets].to(of_x)).mul_(gradient)
        grad_weight = (p.t() @ scaled.to(p.dtype)).to(of_weight).index_add_(0, targets, scaled.to(of_weight), alpha=-1)
        grad_bias = p.sum(0, dtype=of_bias)
        grad_bias -= torch.bincount(targets, minlength=len(grad_bias))
        return grad_x, grad_weight, grad_bias.mul_(gradient), None, None


def _wide(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.itemsize < 4 else tensor
