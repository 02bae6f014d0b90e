"""Inception-v3, with the names of torchvision's parameters."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from replab.nn.backbones.backbone import Backbone, Norm, initialized
from replab.nn.backbones.weights import WeightsFile
from replab.ranges import Fraction, Word

Size = tuple[int, int]
# name, channels, kernel (height, width), stride; padding keeps the size where the stride is 1
Layer = tuple[str, int, Size, int]
WIDTH = 2048
WEIGHTS = WeightsFile(
    backbone="inception_v3",
    name="inception_v3_google-0cc3c7bd.pth",
    bytes=108_949_747,
    sha256="0cc3c7bd75056d25e46cba549dc184522069b81e9787eff6df84f397bd52a5ef",
    unused=("AuxLogits.", "fc."),
    url="https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
)


class Convolution(nn.Module):
    """Convolution without bias, batch normalization, ReLU."""

    def __init__(self, inputs: int, outputs: int, size: Size, stride: int, padding: Size, momentum: float) -> None:
        super().__init__()
        self.conv = skip_init(nn.Conv2d, inputs, outputs, size, stride, padding, bias=False)
        self.bn = Norm(outputs, momentum)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, in, H, W] -> [B, out, H', W']."""
        return functional.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches side by side, their channels one after the other.

    A branch is a chain of layers; one whose last two are `forks` gives both, of the same input. One without layers is
    a maximum over 3 x 3 of stride 2; `branch_pool` begins with a mean over 3 x 3, which counts the zeros around.
    """

    def __init__(self, inputs: int, branches: list[list[Layer]], momentum: float) -> None:
        super().__init__()
        self.branches = [[name for name, *_ in branch] for branch in branches]
        self.width = 0
        for branch in branches:
            width = inputs
            for name, outputs, size, stride in branch:
                padding = (size[0] // 2, size[1] // 2) if stride == 1 else (0, 0)
                self.add_module(name, Convolution(width, outputs, size, stride, padding, momentum))
                if not name.endswith("a"):
                    width = outputs
            self.width += width + (width if branch and is_fork(branch[-1][0]) else 0)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, in, H, W] -> [B, width, H', W']."""
        return torch.cat([y for branch in self.branches for y in self._through(branch, x)], 1)

    def _through(self, branch: list[str], x: Tensor) -> list[Tensor]:
        if not branch:
            return [functional.max_pool2d(x, 3, 2)]
        if branch == ["branch_pool"]:
            x = functional.avg_pool2d(x, 3, 1, 1)
        forks = branch[-2:] if is_fork(branch[-1]) else []
        for name in branch[: len(branch) - len(forks)]:
            x = self.get_submodule(name)(x)
        return [self.get_submodule(name)(x) for name in forks] or [x]


def is_fork(name: str) -> bool:
    """Whether a layer is the second of two that see the same input: `..._2b` after `..._2a`."""
    return name.endswith("b")


def layer(name: str, outputs: int, height: int, width: int = 0, stride: int = 1) -> Layer:
    """A layer of a kernel height x width, square where no width is given."""
    return name, outputs, (height, width or height), stride


def mixed_5(pool: int) -> list[list[Layer]]:
    """1 x 1, 5 x 5, twice 3 x 3, and a mean, beside each other."""
    return [
        [layer("branch1x1", 64, 1)],
        [layer("branch5x5_1", 48, 1), layer("branch5x5_2", 64, 5)],
        [layer("branch3x3dbl_1", 64, 1), layer("branch3x3dbl_2", 96, 3), layer("branch3x3dbl_3", 96, 3)],
        [layer("branch_pool", pool, 1)],
    ]


def mixed_6(width: int) -> list[list[Layer]]:
    """1 x 1; 7 x 7 as 1 x 7 and 7 x 1; that twice; and a mean."""
    once = [layer("branch7x7_1", width, 1), layer("branch7x7_2", width, 1, 7), layer("branch7x7_3", 192, 7, 1)]
    twice = [layer("branch7x7dbl_1", width, 1), layer("branch7x7dbl_2", width, 7, 1)]
    twice += [layer("branch7x7dbl_3", width, 1, 7), layer("branch7x7dbl_4", width, 7, 1)]
    twice += [layer("branch7x7dbl_5", 192, 1, 7)]
    return [[layer("branch1x1", 192, 1)], once, twice, [layer("branch_pool", 192, 1)]]


def mixed_7() -> list[list[Layer]]:
    """1 x 1; 3 x 3 as 1 x 3 beside 3 x 1; that after a 3 x 3; and a mean."""
    once = [layer("branch3x3_1", 384, 1), layer("branch3x3_2a", 384, 1, 3), layer("branch3x3_2b", 384, 3, 1)]
    twice = [layer("branch3x3dbl_1", 448, 1), layer("branch3x3dbl_2", 384, 3)]
    twice += [layer("branch3x3dbl_3a", 384, 1, 3), layer("branch3x3dbl_3b", 384, 3, 1)]
    return [[layer("branch1x1", 320, 1)], once, twice, [layer("branch_pool", 192, 1)]]


def halvings() -> dict[str, list[list[Layer]]]:
    """What stands at the beginning of stages 6 and 7, and halves the size."""
    twice = [layer("branch3x3dbl_1", 64, 1), layer("branch3x3dbl_2", 96, 3), layer("branch3x3dbl_3", 96, 3, stride=2)]
    three = [layer("branch3x3_1", 192, 1), layer("branch3x3_2", 320, 3, stride=2)]
    seven = [layer("branch7x7x3_1", 192, 1), layer("branch7x7x3_2", 192, 1, 7), layer("branch7x7x3_3", 192, 7, 1)]
    return {
        "Mixed_6a": [[layer("branch3x3", 384, 3, stride=2)], twice, []],
        "Mixed_7a": [three, [*seven, layer("branch7x7x3_4", 192, 3, stride=2)], []],
    }


def stem(channels: int, momentum: float) -> OrderedDict[str, nn.Module]:
    """Five convolutions and two poolings: 299 x 299 pixels become 35 x 35, of 192 channels."""
    convolution = partial(Convolution, momentum=momentum)
    return OrderedDict(
        Conv2d_1a_3x3=convolution(channels, 32, (3, 3), 2, (0, 0)),
        Conv2d_2a_3x3=convolution(32, 32, (3, 3), 1, (0, 0)),
        Conv2d_2b_3x3=convolution(32, 64, (3, 3), 1, (1, 1)),
        maxpool1=nn.MaxPool2d(3, 2),
        Conv2d_3b_1x1=convolution(64, 80, (1, 1), 1, (0, 0)),
        Conv2d_4a_3x3=convolution(80, 192, (3, 3), 1, (0, 0)),
        maxpool2=nn.MaxPool2d(3, 2),
    )


def inception_v3(
    *, channels: int, generator: torch.Generator, weights: Word, batch_norm_momentum: Fraction
) -> Backbone:
    """Seven layers, eleven mixed modules (three at 35 x 35, five at 17 x 17, three at 8 x 8 where images are 299 x 299)
    to 2,048 channels, and the mean over pixels. Convolutions without bias, batch normalization with epsilon .001, ReLU.

    `weights`: `imagenet`, for inputs (byte - 127.5) / 127.5 of three channels, or `random` (see `backbone.draw`).
    `batch_norm_momentum`: what running averages keep at a step of training. Images have 75 x 75 pixels or more. The
    last block is the last mixed module. 21,785,568 weights; with its classifier of 1,000 classes 23,834,568. There is
    no auxiliary classifier.

    Raises ReplabError for ImageNet's weights with another number of channels than three, or where they cannot be had.

    Source: Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", as torchvision has it,
    which names and weights are from; report 004, which plans to use it. No departure.
    """
    layers, width = stem(channels, batch_norm_momentum), 192
    plan = {f"Mixed_5{letter}": mixed_5(pool) for letter, pool in zip("bcd", (32, 64, 64), strict=True)}
    plan["Mixed_6a"] = halvings()["Mixed_6a"]
    plan |= {f"Mixed_6{letter}": mixed_6(size) for letter, size in zip("bcde", (128, 160, 160, 192), strict=True)}
    plan["Mixed_7a"] = halvings()["Mixed_7a"]
    plan |= {f"Mixed_7{letter}": mixed_7() for letter in "bc"}
    for name, branches in plan.items():
        layers[name] = mixed = Mixed(width, branches, batch_norm_momentum)
        width = mixed.width
    last = OrderedDict(Mixed_7c=layers.pop("Mixed_7c"))
    backbone = Backbone(nn.Sequential(layers), nn.Sequential(last), WIDTH)
    return initialized(backbone, weights, WEIGHTS, str, generator)
