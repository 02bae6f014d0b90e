"""References for backbones, what is built on them, and subsets: numpy and slow loops; see `oracles`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Weights = dict[str, Any]
LITE0_BLOCKS = [  # inputs, outputs, kernel, stride, expansion
    (32, 16, 3, 1, 1),
    (16, 24, 3, 2, 6),
    (24, 24, 3, 1, 6),
    (24, 40, 5, 2, 6),
    (40, 40, 5, 1, 6),
    (40, 80, 3, 2, 6),
    (80, 80, 3, 1, 6),
    (80, 80, 3, 1, 6),
    (80, 112, 5, 1, 6),
    (112, 112, 5, 1, 6),
    (112, 112, 5, 1, 6),
    (112, 192, 5, 2, 6),
    (192, 192, 5, 1, 6),
    (192, 192, 5, 1, 6),
    (192, 192, 5, 1, 6),
    (192, 320, 3, 1, 6),
]


def windows(x: Any, height: int, width: int, stride: int) -> Any:
    """[B, C, H', W', height, width]: every window, without padding."""
    return np.lib.stride_tricks.sliding_window_view(x, (height, width), (2, 3))[:, :, ::stride, ::stride]


def convolved(x: Any, kernel: Any, stride: int, pads: tuple[tuple[int, int], tuple[int, int]]) -> Any:
    """A convolution with zeros around; each channel by itself where the kernel has a single input."""
    seen = windows(np.pad(x, ((0, 0), (0, 0), *pads)), *kernel.shape[2:], stride)
    if kernel.shape[1] == 1 and x.shape[1] > 1:
        return np.einsum("bchwij,cij->bchw", seen, kernel[:, 0])
    return np.moveaxis(np.tensordot(seen, kernel, ((1, 4, 5), (1, 2, 3))), -1, 1)


def same(x: Any, kernel: Any, stride: int) -> Any:
    """TensorFlow's padding SAME: as many windows as strides begin inside the image."""
    pads = []
    for pixels, size in zip(x.shape[2:], kernel.shape[2:], strict=True):
        missing = max(0, (math.ceil(pixels / stride) - 1) * stride + size - pixels)
        pads.append((missing // 2, missing - missing // 2))
    return convolved(x, kernel, stride, (pads[0], pads[1]))


def normalized(x: Any, weights: Weights, name: str) -> Any:
    mean, variance, gamma, beta = (
        weights[f"{name}.{key}"][:, None, None] for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(variance + 0.001) * gamma + beta


def lite0_block(x: Any, weights: Weights, name: str, plan: tuple[int, ...]) -> Any:
    inputs, outputs, _, stride, expansion = plan
    y = x
    if expansion > 1:
        y = np.clip(normalized(same(y, weights[f"{name}.expand_conv.weight"], 1), weights, f"{name}.bn0"), 0, 6)
    y = same(y, weights[f"{name}.depthwise_conv.weight"], stride)
    y = np.clip(normalized(y, weights, f"{name}.bn1"), 0, 6)
    y = normalized(same(y, weights[f"{name}.project_conv.weight"], 1), weights, f"{name}.bn2")
    return x + y if stride == 1 and inputs == outputs else y


def efficientnet_lite0(x: Any, weights: Weights, /, **_: Any) -> Any:
    """Features; names are those of the state dict."""
    x = np.clip(normalized(same(x, weights["trunk.conv_stem.weight"], 2), weights, "trunk.bn0"), 0, 6)
    for number, plan in enumerate(LITE0_BLOCKS):
        part = "top" if number == 15 else "trunk"
        x = lite0_block(x, weights, f"{part}.blocks.{number}", plan)
    x = np.clip(normalized(same(x, weights["top.conv_head.weight"], 1), weights, "top.bn1"), 0, 6)
    return x.mean((2, 3))


def lite0_count(channels: int) -> int:
    """Kernels, and two numbers a channel of batch normalization."""
    total = 9 * 32 * channels + 2 * 32 + 320 * 1280 + 2 * 1280
    for inputs, outputs, size, _, expansion in LITE0_BLOCKS:
        wide = inputs * expansion
        total += (inputs * wide + 2 * wide if expansion > 1 else 0) + size**2 * wide + 2 * wide
        total += wide * outputs + 2 * outputs
    return total


def layer(x: Any, weights: Weights, name: str, stride: int = 1, pad: bool = True) -> Any:
    """Convolution, batch normalization, ReLU; zeros around so that the size stays, unless told otherwise."""
    kernel = weights[f"{name}.conv.weight"]
    down, right = (size // 2 if pad else 0 for size in kernel.shape[2:])
    x = convolved(x, kernel, stride, ((down, down), (right, right)))
    return np.maximum(normalized(x, weights, f"{name}.bn"), 0)


def pool_max(x: Any) -> Any:
    return windows(x, 3, 3, 2).max((4, 5))


def pool_mean(x: Any) -> Any:
    return windows(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), 3, 3, 1).sum((4, 5)) / 9


def mixed(x: Any, weights: Weights, name: str) -> Any:
    """One of the eleven modules, written out by their kinds (A to E in Szegedy et al.'s code)."""

    def chain(y: Any, *layers: str, halve: bool = False) -> Any:
        for one in layers:
            last = halve and one == layers[-1]
            y = layer(y, weights, f"{name}.{one}", 2 if last else 1, not last)
        return y

    short = name.rpartition(".")[2]
    if short.startswith("Mixed_5"):
        double = chain(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
        five = chain(x, "branch5x5_1", "branch5x5_2")
        return np.concatenate([chain(x, "branch1x1"), five, double, chain(pool_mean(x), "branch_pool")], 1)
    if short == "Mixed_6a":
        double = chain(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3", halve=True)
        return np.concatenate([chain(x, "branch3x3", halve=True), double, pool_max(x)], 1)
    if short.startswith("Mixed_6"):
        seven = chain(x, "branch7x7_1", "branch7x7_2", "branch7x7_3")
        double = chain(x, *(f"branch7x7dbl_{number}" for number in range(1, 6)))
        return np.concatenate([chain(x, "branch1x1"), seven, double, chain(pool_mean(x), "branch_pool")], 1)
    if short == "Mixed_7a":
        seven = chain(x, *(f"branch7x7x3_{number}" for number in range(1, 5)), halve=True)
        return np.concatenate([chain(x, "branch3x3_1", "branch3x3_2", halve=True), seven, pool_max(x)], 1)
    three = chain(x, "branch3x3_1")
    double = chain(x, "branch3x3dbl_1", "branch3x3dbl_2")
    forks = [chain(three, "branch3x3_2a"), chain(three, "branch3x3_2b")]
    forks += [chain(double, "branch3x3dbl_3a"), chain(double, "branch3x3dbl_3b")]
    return np.concatenate([chain(x, "branch1x1"), *forks, chain(pool_mean(x), "branch_pool")], 1)


def inception_v3(x: Any, weights: Weights, /, **_: Any) -> Any:
    """Features; names are those of the state dict."""
    x = layer(x, weights, "trunk.Conv2d_1a_3x3", 2, False)
    x = layer(x, weights, "trunk.Conv2d_2a_3x3", 1, False)
    x = pool_max(layer(x, weights, "trunk.Conv2d_2b_3x3"))
    x = layer(x, weights, "trunk.Conv2d_3b_1x1")
    x = pool_max(layer(x, weights, "trunk.Conv2d_4a_3x3", 1, False))
    for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
        x = mixed(x, weights, f"{'top' if name == '7c' else 'trunk'}.Mixed_{name}")
    return x.mean((2, 3))


def fine_tuned(x: Any, weights: Weights, /, **_: Any) -> Any:
    return efficientnet_lite0(x, weights) @ weights["output.weight"].T + weights["output.bias"]


def fine_tuned_count(shape: tuple[int, ...], classes: int, **_: Any) -> int:
    return lite0_count(shape[0]) + 1281 * classes


def balanced(labels: list[int], order: list[int], per_class: int) -> list[int]:
    """Class by class, the first in the order that are of the class."""
    return [i for k in sorted(set(labels)) for i in [j for j in order if labels[j] == k][:per_class]]
