"""The multilayer perceptron with the weight gradients that report 001 trained with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from replab.nn.linear import affine
from replab.nn.models.mlp import MLP, mlp, rows
from replab.ranges import Component, Counts


class PreactivationMLP(MLP):
    """An MLP that takes z_i for a(z_i) in the gradients of its weights; see `mlp_preactivation_gradient`."""

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> scores [B, K], those of `MLP`."""
        first, *others = self.layers
        z = first(rows(x, first))
        for layer in others:
            assert isinstance(layer, nn.Linear)
            z = affine_of_activations(z, self.activation, layer)
        return z


def affine_of_activations(z: Tensor, activation: Callable[[Tensor], Tensor], layer: nn.Linear) -> Tensor:
    """y = a(z) W^T + b, with dz = a'(z) (g W) and db = sum_B g as it should be, but dW = g^T z."""
    misled = affine(z.detach(), layer.weight, None)
    return affine(activation(z), layer.weight.detach(), layer.bias) + (misled - misled.detach())


def mlp_preactivation_gradient(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    activation: Component,
    weights_initializer: Component,
    biases_initializer: Component,
) -> PreactivationMLP:
    """`mlp` with a wrong backward pass: dW_i = g_i^T z_{i-1} for i > 1, where a(z_{i-1}) belongs in place of z_{i-1}.

    Scores, and the gradients of the first layer and of all biases given g, are right. It is here to train as
    the report did.
    Source: report 001, the printed gradients of W2 and W3 of its three-layer net; no departure.
    """
    right = mlp(
        shape=shape,
        classes=classes,
        generator=generator,
        hidden=hidden,
        activation=activation,
        weights_initializer=weights_initializer,
        biases_initializer=biases_initializer,
    )
    return PreactivationMLP(list(right.layers), activation)
