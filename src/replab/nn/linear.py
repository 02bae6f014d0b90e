"""The affine layer, through oneDNN where that is the faster library for it.

torch hands float32 products on a CPU to MKL, which keeps to half the vector width on processors that are not
Intel's: 100 against 200 GFLOP/s for a 100 x 784 x 128 product (benchmarks/). Same sums, another order. Of stacked
replicates each large product is a call of its own: a batched product would be MKL's again.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# Neither name is public; where a torch lacks one of them, it computes the layer itself.
_functorch: Any = getattr(torch._C, "_functorch", None)
ONEDNN = (
    torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    and hasattr(_functorch, "peek_interpreter_stack")
)
LARGE = 16_384  # below it a product takes less time than reaching oneDNN from Python


def affine(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x W^T + b, by torch; x [B, in], W [out, in], b [out], or all three with a leading axis of replicates."""
    if weight.dim() == 2:
        return nn.functional.linear(x, weight, bias)
    product = torch.bmm(x, weight.transpose(1, 2))
    return product if bias is None else product + bias.unsqueeze(1)


def _product(a: Tensor, b: Tensor, bias: Tensor | None) -> Tensor:
    """a [M, K], b [N, K] -> a b^T + bias, [M, N], by oneDNN."""
    result: Tensor = torch.ops.mkldnn._linear_pointwise(a, b, bias, "none", [], "")
    return result


class _Affine(torch.autograd.Function):
    """y = x W^T + b with dx = g W, dW = g^T x, db = sum_B g, every product by oneDNN."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        dx = _product(gradient, weight.t(), None) if ctx.needs_input_grad[0] else None
        return dx, _product(gradient.t(), x.t(), None), gradient.sum(0)


class _StackedAffine(torch.autograd.Function):
    """`_Affine` of each replicate: x [R, B, in], W [R, out, in], b [R, out] -> y [R, B, out]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.stack([_product(*each) for each in zip(x.unbind(), weight.unbind(), bias.unbind(), strict=True)])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        dx = None
        if ctx.needs_input_grad[0]:
            dx = torch.stack(
                [_product(g, w.t(), None) for g, w in zip(gradient.unbind(), weight.unbind(), strict=True)]
            )
        dw = torch.stack([_product(g.t(), one.t(), None) for g, one in zip(gradient.unbind(), x.unbind(), strict=True)])
        return dx, dw, gradient.sum(1)


class Linear(nn.Linear):
    """y = x W^T + b; x [B, in], W [out, in], b [out], y [B, out], or all four with a leading axis of replicates.

    oneDNN computes it where W has at least LARGE entries, for float32 on a CPU outside of autocast and
    `torch.func`, torch itself everywhere else.
    Source: the affine layer of every report; no departure.
    """

    def __init__(self, in_features: int, out_features: int, device: Any = None, dtype: Any = None) -> None:
        super().__init__(in_features, out_features, device=device, dtype=dtype)
        self.large = in_features * out_features >= LARGE

    def forward(self, x: Tensor) -> Tensor:
        """The scores of a batch."""
        if self.large and _by_onednn(x):
            function = _Affine if self.weight.dim() == 2 else _StackedAffine
            result: Tensor = function.apply(x, self.weight, self.bias)
            return result
        return affine(x, self.weight, self.bias)


def _by_onednn(x: Tensor) -> bool:
    plain = x.dtype == torch.float32 and x.device.type == "cpu" and x.dim() in {2, 3}
    return plain and ONEDNN and not torch.is_autocast_enabled("cpu") and _functorch.peek_interpreter_stack() is None
