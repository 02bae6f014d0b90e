"""Initializers: `initializer(tensor, *, generator) -> tensor`, in place. All randomness is the `generator`.

Tensors are drawn in float32 on the CPU and moved or cast afterwards, so that a seed means the same numbers
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import Positive, Real


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
def constant(tensor: Tensor, *, generator: torch.Generator, value: Real) -> Tensor:
    """The same value everywhere, any shape. It draws nothing, as `zeros`.

    Source: report 004, biases of .1.
    """
    return tensor.fill_(value)


@torch.no_grad()
def truncated_normal(tensor: Tensor, *, generator: torch.Generator, std: Positive) -> Tensor:
    """Independent draws from N(0, std^2), drawn again beyond two standard deviations, any shape.

    Source: TensorFlow's truncated_normal; report 004 with std .1. What is left has a standard deviation of .88 std.
    """
    return torch.nn.init.trunc_normal_(tensor, 0.0, std, -2 * std, 2 * std, generator=generator)


@torch.no_grad()
def uniform(tensor: Tensor, *, generator: torch.Generator, limit: Positive) -> Tensor:
    """Independent draws from U(-limit, limit), any shape.

    Source: report 004's recurrent networks, after Zaremba, Sutskever & Vinyals 2014, with limit .05. No departure.
    """
    return tensor.uniform_(-limit, limit, generator=generator)


@torch.no_grad()
def uniform_fan(tensor: Tensor, *, generator: torch.Generator) -> Tensor:
    """Independent draws from U(-l, l) with l = sqrt(6 / (in + out)), for a matrix [out, in].

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks",
    equation 16; report 002. No departure.
    """
    outputs, inputs = len(tensor), tensor[0].numel()
    limit = math.sqrt(6 / (inputs + outputs))
    return tensor.uniform_(-limit, limit, generator=generator)


@torch.no_grad()
def variance_scaling(tensor: Tensor, *, generator: torch.Generator, factor: Positive) -> Tensor:
    """Independent draws from N(0, s^2), drawn again beyond 2 s, with s = sqrt(1.3 * factor / fan_in).

    fan_in is the number of inputs of one output: `in` of a matrix [out, in], in * h * w of kernels [out, in, h, w].
    What is left has a variance of 1.006 factor / fan_in, since drawing again takes a factor of .774.

    Source: TensorFlow's contrib.layers.variance_scaling_initializer with mode FAN_IN and uniform False, in the
    public code behind report 000, with factor 1; after He et al. 2015, "Delving deep into rectifiers", which has
    factor 2. No departure.
    """
    std = math.sqrt(1.3 * factor / tensor[0].numel())
    return torch.nn.init.trunc_normal_(tensor, 0.0, std, -2 * std, 2 * std, generator=generator)


INITIALIZERS: dict[str, Callable[..., Tensor]] = {
    "normal": normal,
    "truncated_normal": truncated_normal,
    "uniform": uniform,
    "uniform_fan": uniform_fan,
    "variance_scaling": variance_scaling,
    "constant": constant,
    "zeros": zeros,
}
