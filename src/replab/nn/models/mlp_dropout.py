"""The multilayer perceptron with dropout on its inputs and hidden units."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.nn.linear import Linear
from replab.nn.models.mlp import MLP
from replab.nn.noise import Noisy
from replab.ranges import Component, Counts, Fraction


class Dropout(Noisy):
    """While training, each entry is kept with probability `keep` and then divided by it, or else 0."""

    def __init__(self, keep: float) -> None:
        super().__init__()
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        """x of any shape; the mask is drawn on the CPU, so that a seed means the same numbers everywhere."""
        if not self.training or self.keep == 1:
            return x
        mask = torch.empty(x.shape).bernoulli_(self.keep, generator=self.generator)
        return x * mask.div_(self.keep).to(x.device, x.dtype)


class DroppingMLP(MLP):
    """An `MLP` with dropout before each layer; see `mlp_dropout`."""

    stackable = False

    def __init__(
        self, layers: list[nn.Module], activation: Callable[[Tensor], Tensor], keep_inputs: float, keep_hidden: float
    ) -> None:
        super().__init__(layers, activation)
        self.dropouts = nn.ModuleList([Dropout(keep_inputs), *(Dropout(keep_hidden) for _ in layers[1:])])

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> scores [B, K]."""
        x = x.flatten(1)
        for number, (drop, layer) in enumerate(zip(self.dropouts, self.layers, strict=True)):
            x = layer(drop(self.activation(x) if number else x))
        return x


def mlp_dropout(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    activation: Component,
    keep_inputs: Fraction,
    keep_hidden: Fraction,
    weights_initializer: Component,
    biases_initializer: Component,
) -> DroppingMLP:
    """An `mlp` that drops inputs and hidden units while it trains: x_i m_i / p with m_i = 1 with probability p, else 0.

    x [B, *shape] -> scores [B, K]; p is `keep_inputs` for the inputs and `keep_hidden` for every hidden layer.
    Parameters as in `mlp`. Masks come from the replicate's own generator, so that the strategy is `loop`.

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"; report 004 with
    keep probabilities .8 and .5. Departure from the paper: kept entries are divided by p in training instead of
    weights multiplied by p afterwards, as TensorFlow has it.
    """
    layers = [skip_init(Linear, n_in, n_out) for n_in, n_out in pairwise([math.prod(shape), *hidden, classes])]
    for layer in layers:
        weights_initializer(layer.weight, generator=generator)
        biases_initializer(layer.bias, generator=generator)
    return DroppingMLP(layers, activation, keep_inputs, keep_hidden)
