"""The multilayer perceptron whose biases begin as weights do."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.utils import skip_init

from replab.nn.linear import Linear
from replab.nn.models.mlp import MLP
from replab.ranges import Component, Counts


def mlp_biases_as_weights(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    activation: Component,
    weights_initializer: Component,
) -> MLP:
    """The MLP of `mlp` with biases from the distribution of their layer's weights: the "bias trick".

    Appending a 1 to a layer's input and a column to its matrix [out, in + 1] gives the same scores, gradients
    and, where `biases` is true, penalties as a bias of its own; what is left of the trick is that the column is
    initialised as the rest of the matrix. `hidden: []` is the linear classifier W [C, D + 1] of report 001.

    Source: report 001, W = 1e-4 randn [3073, 10]; report 002, weights and bias row U(-l, l). No departure.
    """
    widths = [math.prod(shape), *hidden, classes]
    layers = [skip_init(Linear, n_in, n_out) for n_in, n_out in pairwise(widths)]
    for layer in layers:
        weights_initializer(layer.weight, generator=generator)
        with torch.no_grad():
            layer.bias.copy_(_column(layer.weight, weights_initializer, generator))
    return MLP(layers, activation)


def _column(weight: Tensor, initializer: Callable[..., Tensor], generator: torch.Generator) -> Tensor:
    """One more column for a matrix [out, in]: out of a second draw of its shape, as initializers go by the shape."""
    drawn: Tensor = initializer(torch.empty_like(weight), generator=generator)
    return drawn[:, 0]
