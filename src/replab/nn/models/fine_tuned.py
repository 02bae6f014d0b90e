"""A backbone with a linear layer on its features, trained in part or as a whole."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.errors import ReplabError
from replab.nn.backbones.backbone import Backbone, fix_statistics, pooled
from replab.ranges import Component, Flag, Word

PIECE = 50  # images that are evaluated at a time: their activations take a hundred times their size
PARTS = ("all", "last_block", "output")


class FineTuned(nn.Module):
    """`output(mean over pixels of top(trunk(x)))`; see `fine_tuned`."""

    def __init__(self, trunk: nn.Module, top: nn.Module, output: nn.Module, frozen: list[str], fixed: bool) -> None:
        super().__init__()
        self.trunk, self.top, self.output = trunk, top, output
        for part in frozen:
            self.get_submodule(part).requires_grad_(False)
        for part in ["trunk", "top"] if fixed else frozen:
            fix_statistics(self.get_submodule(part))

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> scores [B, K]."""
        if self.training:
            return self._scores(x)
        return torch.cat([self._scores(piece) for piece in x.split(PIECE)])

    def _scores(self, x: Tensor) -> Tensor:
        x = self.trunk(x.contiguous(memory_format=torch.channels_last))
        scores: Tensor = self.output(pooled(self.top(x)))
        return scores


def fine_tuned(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    backbone: Component,
    from_trunk: Flag,
    trained: Word,
    fixed_statistics: Flag,
    weights_initializer: Component,
    biases_initializer: Component,
) -> FineTuned:
    """Scores are W f + b, f [B, width] the features that the backbone gives for images x [B, C, H, W].

    `trained`: `all`, `last_block` (with the linear layer), or `output`, the linear layer alone. What is not trained is
    frozen: it has no gradients, and its batch normalization takes its running averages and leaves them as they are.
    `fixed_statistics`: batch normalization does so everywhere; its scales and shifts are trained where the rest is.
    `from_trunk`: inputs are what the backbone's trunk made of the images, computed before; the model then has no trunk,
    and `all` and `last_block` are the same, with the same scores as of the images.

    The backbone is drawn first where its weights are random, then W, then b. Parameters: `trunk.*` and `top.*` as the
    backbone names them, `output.weight` [K, width] and `output.bias` [K]. Running averages are buffers: the strategy is
    `loop`. Kernels and activations are stored with the channels last.

    Raises ReplabError for inputs that are no images, and for another word.

    Source: Donahue et al. 2014, "DeCAF: a deep convolutional activation feature for generic visual recognition", and
    Yosinski et al. 2014, "How transferable are features in deep neural networks?"; report 004, which plans it. No
    departure.
    """
    if len(shape) != 3:
        raise ReplabError(f"model 'fine_tuned' takes images or maps [C, H, W], not inputs of shape {list(shape)}")
    if trained not in PARTS:
        raise ReplabError(f"model 'fine_tuned': trained is one of {', '.join(PARTS)}, not '{trained}'")
    made: Backbone = backbone(channels=3 if from_trunk else shape[0], generator=generator)
    output = skip_init(nn.Linear, made.width, classes)
    weights_initializer(output.weight, generator=generator)
    biases_initializer(output.bias, generator=generator)
    trunk = nn.Identity() if from_trunk else made.trunk
    frozen = {"all": [], "last_block": ["trunk"], "output": ["trunk", "top"]}[trained]
    return FineTuned(trunk, made.top, output, frozen, fixed_statistics)
