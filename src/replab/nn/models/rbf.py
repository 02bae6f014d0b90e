"""The network of radial basis functions."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.nn.linear import Linear
from replab.nn.radials import squared_distances
from replab.ranges import Component, Flag


class RBF(nn.Module):
    """Radial units with a linear read-out; see `rbf`. Without `start` its centres mean nothing."""

    def __init__(
        self,
        output: Linear,
        inputs: int,
        radial: Callable[[Tensor, Tensor], Tensor],
        choose: Callable[..., Tensor],
        rule: Callable[[Tensor, int], Tensor],
        trained: tuple[bool, bool],
    ) -> None:
        super().__init__()
        self.radial, self.choose, self.rule = radial, choose, rule
        self.train_centers, self.train_widths = trained
        self.centers = nn.Parameter(torch.zeros(output.in_features, inputs))
        self.log_widths = nn.Parameter(torch.zeros(output.in_features))
        self.output = output

    @torch.no_grad()
    def start(self, draw: Callable[[int], tuple[Tensor, Tensor]], *, generator: torch.Generator) -> None:
        """Choose the centres among the training examples that `draw` gives, and their widths; see `nn.centers`."""
        units = len(self.centers)

        def units_at(centers: Tensor) -> Callable[[Tensor], Tensor]:
            widths = self.rule(centers, units)
            return lambda inputs: self.radial(squared_distances(inputs, centers), widths)

        chosen = self.choose(draw, units_at, generator=generator)
        self.centers.copy_(chosen)
        self.log_widths.copy_(self.rule(chosen, units).log())

    def features(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> what the radial units answer, [B, M]. What is not trained is cut off from the gradient."""
        centers = self.centers if self.train_centers else self.centers.detach()
        log_widths = self.log_widths if self.train_widths else self.log_widths.detach()
        return self.radial(squared_distances(x.flatten(1), centers), log_widths.exp())

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> scores [B, K]."""
        scores: Tensor = self.output(self.features(x))
        return scores


def rbf(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    radial: Component,
    centers: Component,
    widths: Component,
    train_centers: Flag,
    train_widths: Flag,
    weights_initializer: Component,
    biases_initializer: Component,
) -> RBF:
    """A network of radial basis functions: scores = W phi(|x - c_j|, s_j) + b, with x [B, *shape] flattened to D.

    M centres c and widths s are chosen from the training examples before the first step, by `centers` and `widths`;
    then gradients train those that are flagged, and the read-out. Parameters: `centers` [M, D], `log_widths` [M], the
    log of s, so that a step leaves a width above 0, `output.weight` [K, M] and `output.bias` [K].

    Source: Broomhead & Lowe 1988; report 004, which has them as theory. Departure: log s is trained in the place of s.
    """
    units = centers.keywords["count"]  # type: ignore[attr-defined]
    output = skip_init(Linear, units, classes)
    weights_initializer(output.weight, generator=generator)
    biases_initializer(output.bias, generator=generator)
    return RBF(output, math.prod(shape), radial, centers, widths, (train_centers, train_widths))
