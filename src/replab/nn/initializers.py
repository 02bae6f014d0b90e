"""Initializers: `initializer(tensor, *, generator) -> tensor`, in place. All randomness is the `generator`.

Tensors are drawn in float32 on the CPU and moved or cast afterwards, so that a seed means the same numbers
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import Positive


@torch.no_grad()
def normal(tensor: Tensor, *, generator: torch.Generator, std: Positive) -> Tensor:
    """Independent draws from N(0, std^2), any shape.

    Source: report 003 with std .01.
    """
    return tensor.normal_(0, std, generator=generator)


@torch.no_grad()
def zeros(tensor: Tensor, *, generator: torch.Generator) -> Tensor:
    """Zeros, any shape. It draws nothing: `generator` is there as every initializer is called with one.

    Source: report 003, biases.
    """
    return tensor.zero_()


@torch.no_grad()
def uniform_fan(tensor: Tensor, *, generator: torch.Generator) -> Tensor:
    """Independent draws from U(-l, l) with l = sqrt(6 / (in + out)), for a matrix [out, in].

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks",
    equation 16; report 002. No departure.
    """
    outputs, inputs = len(tensor), tensor[0].numel()
    limit = math.sqrt(6 / (inputs + outputs))
    return tensor.uniform_(-limit, limit, generator=generator)


INITIALIZERS: dict[str, Callable[..., Tensor]] = {"normal": normal, "zeros": zeros, "uniform_fan": uniform_fan}
