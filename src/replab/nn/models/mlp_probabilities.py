"""The multilayer perceptron that gives probabilities, with biases or without."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.nn.linear import affine
from replab.nn.models.mlp import MLP
from replab.ranges import Component, Counts, Flag


class Small(nn.Linear):
    """y = x W^T (+ b), by torch at any size; x, W and b may have a leading axis of replicates."""

    def forward(self, x: Tensor) -> Tensor:
        """x [B, in] -> y [B, out]."""
        return affine(x, self.weight, self.bias)


class ProbabilitiesMLP(MLP):
    """An `MLP` with an activation on its outputs; see `mlp_probabilities`."""

    def __init__(
        self, layers: list[nn.Module], activation: Callable[[Tensor], Tensor], output: Callable[[Tensor], Tensor]
    ) -> None:
        super().__init__(layers, activation)
        self.output = output

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> probabilities [B, K], or both with a leading axis of replicates."""
        p = self.output(super().forward(x))
        return torch.cat([1 - p.sum(-1, keepdim=True), p], -1)


def mlp_probabilities(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    biases: Flag,
    hidden_activation: Component,
    output_activation: Component,
    weights_initializer: Component,
) -> ProbabilitiesMLP:
    """K - 1 outputs p_k = o(z_k), k = 1..K-1, z the scores of an MLP, and p_0 = 1 - sum p_k: with two classes and the
    sigmoid for o, [1 - p, p] with one output.

    x [B, *shape] -> [B, K]; they are probabilities as far as o's values are. In floating point p reaches 1 (in
    float32 from z = 17.4 on) and p_0 then is 0. Parameters: `layers.i.weight` [out, in], drawn in order, and, with
    `biases`, `layers.i.bias` [out], 0 at first. Its losses are those of probabilities, such as
    `positive_cross_entropy`.

    Source: report 004, exclusive or: one sigmoid output, width 3; weights N(0, 1) in the public book code that it
    was built on, which has no biases and no hidden activation. No departure.
    """
    widths = [math.prod(shape), *hidden, classes - 1]
    layers = [skip_init(Small, n_in, n_out, bias=biases) for n_in, n_out in pairwise(widths)]
    for layer in layers:
        weights_initializer(layer.weight, generator=generator)
        if biases:
            nn.init.zeros_(layer.bias)
    return ProbabilitiesMLP(layers, hidden_activation, output_activation)
