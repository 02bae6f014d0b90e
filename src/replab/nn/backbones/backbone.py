"""What every backbone is: a trunk, a last block, and the mean over the pixels that are left."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from replab.errors import ReplabError
from replab.nn.backbones.weights import WeightsFile, read

EPSILON = 0.001


class Norm(nn.BatchNorm2d):
    """Batch normalization, gamma (x - m) / sqrt(v + .001) + beta, whose running averages keep `momentum` at a step.

    m and v are a channel's mean and variance over the batch and pixels, or the running averages: in evaluation, and
    while training where they are `fixed`, which also leaves them as they are. PyTorch's momentum is the weight of what
    is new.
    """

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__(channels, EPSILON, 1 - momentum)
        self.fixed = False

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, H, W] -> the same shape."""
        if not self.fixed:
            return super().forward(x)
        moments = self.running_mean, self.running_var
        return functional.batch_norm(x, *moments, self.weight, self.bias, eps=EPSILON)


def fix_statistics(part: nn.Module) -> None:
    """Let batch normalization take its running averages from now on, in training too.

    Not by `eval()`: a Trainer puts each module back into the mode that it has found it in.
    """
    for module in part.modules():
        if isinstance(module, Norm):
            module.fixed = True


class Backbone(nn.Module):
    """Images [B, C, H, W] -> features [B, width]: `top(trunk(x))`, averaged over its pixels.

    `trunk` is everything before the last block, `top` the last block and what follows it. Names of parameters are those
    of the published weights, after `trunk.` or `top.`.
    """

    def __init__(self, trunk: nn.Sequential, top: nn.Sequential, width: int) -> None:
        super().__init__()
        self.trunk, self.top, self.width = trunk, top, width

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, H, W] -> [B, width]."""
        return pooled(self.top(self.trunk(x.contiguous(memory_format=torch.channels_last))))


def pooled(x: Tensor) -> Tensor:
    """The mean over all pixels: [B, C, H, W] -> [B, C]."""
    return x.mean((2, 3))


def initialized(
    backbone: Backbone,
    weights: str,
    file: WeightsFile,
    renamed: Callable[[str], str],
    generator: torch.Generator,
) -> Backbone:
    """`backbone` with the weights that the word `weights` stands for: `imagenet`, out of `file`, or `random`.

    Raises ReplabError for another word, and for weights that cannot be had or are of another network.
    """
    if weights == "imagenet":
        _load(backbone, {renamed(name): value for name, value in read(file).items()}, file)
    elif weights == "random":
        draw(backbone.modules(), generator)
    else:
        raise ReplabError(f"weights of a backbone are 'imagenet' or 'random', not {weights!r}")
    return backbone.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


@torch.no_grad()
def draw(modules: Iterable[nn.Module], generator: torch.Generator) -> None:
    """Kernels [out, in, h, w] of g groups from N(0, 2 / (h w out / g)).

    Batch normalization begins with gamma 1 and beta 0, as PyTorch makes it. Source: the public code of EfficientNet,
    conv_kernel_initializer, for its own networks; used here for every backbone.
    """
    for module in modules:
        if isinstance(module, nn.Conv2d):
            fan_out = math.prod(module.kernel_size) * module.out_channels // module.groups
            module.weight.normal_(0, math.sqrt(2 / fan_out), generator=generator)


def _load(backbone: Backbone, given: dict[str, Tensor], file: WeightsFile) -> None:
    """Copy what the file has for the backbone; its classifiers (names in `file.unused`) are left out."""
    own = {name.partition(".")[2]: value for name, value in backbone.state_dict().items()}
    counters = {name for name in own if name.endswith("num_batches_tracked")}
    used = {name: value for name, value in given.items() if not name.startswith(file.unused)}
    wrong = sorted((own.keys() ^ used.keys()) - counters)
    wrong += [name for name in own.keys() & used.keys() if own[name].shape != used[name].shape]
    if wrong:
        raise ReplabError(f"{file.name} is not of this network: {wrong[0]} and {len(wrong) - 1} more do not match")
    with torch.no_grad():
        for name, value in own.items():
            if name in used:
                value.copy_(used[name])
