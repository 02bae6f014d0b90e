"""The convolutional network with batch normalization."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.errors import ReplabError
from replab.ranges import Component, Counts, Fraction, Positive

KERNEL = 3
Function = Callable[[Tensor], Tensor]


class CNN(nn.Module):
    """Stages of convolutions with a pooling between each two, the mean over what is left, a linear layer; see `cnn`."""

    def __init__(self, stages: list[nn.Module], output: nn.Module, functions: dict[str, Function]) -> None:
        super().__init__()
        self.stages, self.output = nn.ModuleList(stages), output
        self.activation, self.pooling, self.normalizer = (
            functions[name] for name in ("activation", "pooling", "normalizer")
        )

    def forward(self, x: Tensor) -> Tensor:
        """x [B, H, W] or [B, C, H, W] -> the normalizer's [B, K], in float32 at least."""
        x = (x.unsqueeze(1) if x.dim() == 3 else x).contiguous(memory_format=torch.channels_last)
        for number, stage in enumerate(self.stages):
            x = self.pooling(x) if number else x
            for layer in stage:  # type: ignore[attr-defined]
                x = self.activation(layer(x))
        scores = self.output(x.mean((2, 3)))
        return self.normalizer(scores.float() if scores.itemsize < 4 else scores)


def cnn(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    channels: Counts,
    convolutions: Counts,
    batch_norm_momentum: Fraction,
    batch_norm_epsilon: Positive,
    activation: Component,
    pooling: Component,
    weights_initializer: Component,
    biases_initializer: Component,
    normalizer: Component,
) -> CNN:
    """Stage i has convolutions[i] times: 3 x 3 convolution to channels[i] with bias and padding SAME, batch
    normalization, activation. Pooling stands between two stages; after the last one the mean over all pixels (of
    4 x 4 that is an average pooling of 4), a linear layer to the classes, and the normalizer.

    Batch normalization: gamma (x - m) / sqrt(v + epsilon) + beta, m and v a channel's mean and variance over batch
    and pixels, gamma 1 and beta 0 at first. In evaluation m and v are running averages, r = momentum r + (1 -
    momentum) v, from 0 and 1. They take the variance divided by n - 1, as PyTorch and TensorFlow's fused kernel do;
    TensorFlow's plain one divides by n, which at the least n = 256 x 4 x 4 differs by a factor 1.0003. The running
    averages are buffers: the strategy is `loop`, and averagings, which average parameters alone, are not for it.

    Parameters: `stages.i.j.convolution.weight` [out, in, 3, 3] and `.bias`, `stages.i.j.normalization.weight` (gamma)
    and `.bias` (beta), `output.weight` and `.bias`; drawn in order. Kernels and activations are stored with the
    channels last, which changes no result but the order of sums.

    Raises ReplabError for inputs that are no images, and where channels and convolutions differ in length.

    Source: the public code behind report 000: channels 16, 32, 64 and 128, convolutions 1, 2, 2 and 2, TensorFlow's
    momentum .99 (.01 in PyTorch's sense) and epsilon .001. No departure.
    """
    if len(shape) not in {2, 3}:
        raise ReplabError(f"model 'cnn' takes images [H, W] or [C, H, W], not inputs of shape {list(shape)}")
    if len(channels) != len(convolutions) or not channels:
        raise ReplabError(f"model 'cnn': channels {channels} and convolutions {convolutions} must be as many, and some")
    widths = [shape[0] if len(shape) == 3 else 1, *channels]
    stages: list[nn.Module] = [
        nn.ModuleList(_layers(first, width, count, 1 - batch_norm_momentum, batch_norm_epsilon))
        for (first, width), count in zip(pairwise(widths), convolutions, strict=True)
    ]
    output = skip_init(nn.Linear, widths[-1], classes)
    model = CNN(stages, output, {"activation": activation, "pooling": pooling, "normalizer": normalizer})
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            weights_initializer(layer.weight, generator=generator)
            biases_initializer(layer.bias, generator=generator)
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _layers(inputs: int, outputs: int, count: int, momentum: float, epsilon: float) -> Iterator[nn.Module]:
    """Convolutions and their batch normalizations; PyTorch's momentum is the weight of what is new."""
    for number in range(count):
        # skip_init: a convolution would otherwise draw from the global generator.
        convolution = skip_init(nn.Conv2d, outputs if number else inputs, outputs, KERNEL, padding=KERNEL // 2)
        normalization = nn.BatchNorm2d(outputs, epsilon, momentum)
        yield nn.Sequential(OrderedDict(convolution=convolution, normalization=normalization))
