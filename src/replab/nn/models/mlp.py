"""The multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.nn.linear import Linear
from replab.ranges import Component, Counts


class MLP(nn.Module):
    """Linear layers with an activation between each two; see `mlp`."""

    stackable = True

    def __init__(self, layers: list[nn.Module], activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> scores [B, K], or both with a leading axis of replicates, as the parameters then have."""
        first, *others = self.layers
        x = first(rows(x, first))
        for layer in others:
            x = layer(self.activation(x))
        return x


def rows(x: Tensor, first: nn.Module) -> Tensor:
    """Examples as vectors: all axes after the batch's flattened, as the first layer wants them."""
    assert isinstance(first, nn.Linear)
    return x.flatten(first.weight.dim() - 1)


def mlp(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    activation: Component,
    weights_initializer: Component,
    biases_initializer: Component,
) -> MLP:
    """A multilayer perceptron: scores = W_n a(... a(W_1 x + b_1) ...) + b_n, with x [B, *shape] flattened.

    `hidden` holds the widths of the hidden layers; an empty list is a linear classifier, whose activation is
    unused. Parameters: `layers.i.weight` [out, in] and `layers.i.bias` [out], i = 0, 1, ..., drawn in order.

    Source: report 003 (784-128-10, and 784-256-128-10 in its tuning), weights N(0, .01^2), biases 0.
    """
    widths = [math.prod(shape), *hidden, classes]
    # skip_init: Linear would otherwise draw from the global generator.
    layers = [skip_init(Linear, n_in, n_out) for n_in, n_out in pairwise(widths)]
    for layer in layers:
        weights_initializer(layer.weight, generator=generator)
        biases_initializer(layer.bias, generator=generator)
    return MLP(layers, activation)
