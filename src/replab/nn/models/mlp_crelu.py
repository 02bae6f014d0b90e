"""The multilayer perceptron with concatenated rectifiers, which double the width that the next layer sees."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.utils import skip_init

from replab.nn.linear import Linear
from replab.nn.models.mlp import MLP
from replab.ranges import Component, Counts


def mlp_crelu(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    weights_initializer: Component,
    biases_initializer: Component,
) -> MLP:
    """An `mlp` whose activation is CReLU: c(x) = [max(0, x), max(0, -x)], twice as wide as x.

    x [B, *shape] -> scores [B, K]. Parameters: `layers.i.weight` [out, in] and `layers.i.bias` [out], where `in` is
    twice the width of the hidden layer before; drawn in order.

    Source: Shang et al. 2016, "Understanding and improving convolutional neural networks via concatenated rectified
    linear units"; report 004. Departure: there in convolutions, here between fully connected layers.
    """
    inputs = [math.prod(shape), *(2 * width for width in hidden)]
    layers = [skip_init(Linear, n_in, n_out) for n_in, n_out in zip(inputs, [*hidden, classes], strict=True)]
    for layer in layers:
        weights_initializer(layer.weight, generator=generator)
        biases_initializer(layer.bias, generator=generator)
    return MLP(layers, concatenated_relu)


def concatenated_relu(x: Tensor) -> Tensor:
    """[max(0, x), max(0, -x)] along the last axis."""
    return torch.cat([x, -x], -1).relu()
