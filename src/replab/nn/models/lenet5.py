"""The convolutional network in the manner of LeNet-5: two convolutions with pooling, then dense layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.errors import ReplabError
from replab.nn.linear import Linear
from replab.nn.models.mlp_dropout import Dropout
from replab.ranges import Component, Count, Counts, Fraction

Function = Callable[[Tensor], Tensor]
PART = 200


class LeNet5(nn.Module):
    """Convolutions, each followed by activation and pooling, then linear layers; see `lenet5`."""

    def __init__(
        self,
        convolutions: list[nn.Module],
        layers: list[nn.Module],
        activation: Function,
        pooling: Function,
        keep: float,
    ) -> None:
        super().__init__()
        self.convolutions, self.layers = nn.ModuleList(convolutions), nn.ModuleList(layers)
        self.activation, self.pooling, self.dropout = activation, pooling, Dropout(keep)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, H, W] or [B, C, H, W] -> scores [B, K]. Large batches go in parts, which stay in cache."""
        return torch.cat([self._scores(part) for part in x.split(PART)])

    def _scores(self, x: Tensor) -> Tensor:
        x = x.unsqueeze(1) if x.dim() == 3 else x
        for convolution in self.convolutions:
            x = self.pooling(self.activation(convolution(x)))
        first, *others = self.layers
        x = first(x.flatten(1))
        for layer in others:
            x = layer(self.dropout(self.activation(x)))
        return x


def lenet5(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    kernel: Count,
    channels: Counts,
    hidden: Counts,
    keep_hidden: Fraction,
    activation: Component,
    pooling: Component,
    weights_initializer: Component,
    convolution_biases_initializer: Component,
    dense_biases_initializer: Component,
) -> LeNet5:
    """For each of `channels` a convolution of kernel x kernel with bias and padding SAME, the activation, and pooling;
    then linear layers of the widths `hidden`, each with the activation and dropout, and one to the classes.

    x [B, H, W] or [B, C, H, W] -> scores [B, K]. While it trains, hidden units of the linear layers are dropped as in
    `mlp_dropout`, each kept with probability `keep_hidden` (1: all); the strategy is therefore `loop`.
    Parameters: `convolutions.i.weight` [out, in, kernel, kernel] and `.bias`, `layers.i.weight` [out, in] and `.bias`,
    drawn in order. Kernels are stored with the channels last, which changes no result but the order of sums.

    Raises ReplabError for inputs that are no images, and for a kernel of even size.

    Source: the public book code that report 004 was built on: kernel 5, channels 32 and 64, max pooling by 2, hidden
    512, ReLU, truncated normal weights of std .1, biases 0 of convolutions and .1 of the others, keep .5 where its flag
    `train` is set, which its training leaves off. After LeCun et al. 1998, "Gradient-based learning applied to document
    recognition", whose LeNet-5 has 6 and 16 channels, 120 and 84 hidden units, and trained subsampling. No departure
    from the code, but that a picture is flattened channel by channel and not pixel by pixel.
    """
    if len(shape) not in {2, 3}:
        raise ReplabError(f"model 'lenet5' takes images [H, W] or [C, H, W], not inputs of shape {list(shape)}")
    if kernel % 2 == 0:
        raise ReplabError(f"model 'lenet5': kernel must be odd, not {kernel}")
    widths = [shape[0] if len(shape) == 3 else 1, *channels]
    # skip_init: layers would otherwise draw from the global generator.
    convolutions = [skip_init(nn.Conv2d, n, m, kernel, padding=kernel // 2) for n, m in pairwise(widths)]
    features = widths[-1] * _pixels(shape[-2:], len(channels), pooling)
    layers = [skip_init(Linear, n, m) for n, m in pairwise([features, *hidden, classes])]
    for group, initializer in ((convolutions, convolution_biases_initializer), (layers, dense_biases_initializer)):
        for layer in group:
            weights_initializer(layer.weight, generator=generator)
            initializer(layer.bias, generator=generator)
    model = LeNet5(convolutions, layers, activation, pooling, keep_hidden)
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _pixels(size: tuple[int, ...], times: int, pooling: Function) -> int:
    """How many pixels are left of a picture of this size when it was pooled so many times."""
    picture = torch.empty(1, 1, *size, device="meta")
    for _ in range(times):
        picture = pooling(picture)
    return picture.numel()
