"""A linear map that a loop applies many times: the gradient of its weights is computed once, after all of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class DeferredLinear:
    """x [B, D] -> x W^T [B, H], as `torch.nn.functional.linear`, for the T steps of a loop.

    Where autograd would make T products and T - 1 sums of [H, D] for the gradient of W, this keeps what the steps saw
    and makes one product of [T B, .]: about a third of an attentive decoder's step (measured at D = 768, H = 1,024).
    An object is for one forward and one backward pass. Second derivatives are not there.
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        self.weight = weight.detach().to(dtype)
        self.seen: list[tuple[Tensor, Tensor]] = []
        self.anchor = _Anchor.apply(weight, self)

    def __call__(self, x: Tensor) -> Tensor:
        product: Tensor = _Step.apply(x, self.anchor, self)
        return product


class _Anchor(torch.autograd.Function):
    """A scalar that hangs on the weights: autograd comes back to it when every step has been there."""

    @staticmethod
    def forward(context: Any, weight: Tensor, linear: DeferredLinear) -> Tensor:
        context.linear, context.dtype = linear, weight.dtype
        return weight.new_zeros(())

    @staticmethod
    def backward(context: Any, *_: Tensor) -> tuple[Tensor, None]:
        inputs, gradients = (torch.cat(each) for each in zip(*context.linear.seen, strict=True))
        context.linear.seen.clear()
        return (gradients.T @ inputs).to(context.dtype), None


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, anchor: Tensor, linear: DeferredLinear) -> Tensor:
        context.linear, context.dtype = linear, x.dtype
        narrow = x.to(linear.weight.dtype)
        context.save_for_backward(narrow)
        return narrow @ linear.weight.T

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        (x,), linear = context.saved_tensors, context.linear
        linear.seen.append((x, gradients[0]))
        return (gradients[0] @ linear.weight).to(context.dtype), gradients[0].new_zeros(()), None
