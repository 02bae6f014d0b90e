"""Activations: elementwise, any shape, `activation(x) -> Tensor` of the shape and dtype of `x`."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from replab.ranges import Positive


def identity(x: Tensor) -> Tensor:
    """f(x) = x, the control without an activation.

    Source: report 002, where depth and activation are confounded.
    """
    return x


def sigmoid(x: Tensor) -> Tensor:
    """f(x) = 1 / (1 + exp(-x)).

    Source: Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".
    """
    return torch.sigmoid(x)


def tanh(x: Tensor) -> Tensor:
    """f(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    Source: report 003; LeCun et al. 1998, "Efficient BackProp", section 4.4 (there scaled, here plain).
    """
    return torch.tanh(x)


def relu(x: Tensor) -> Tensor:
    """f(x) = max(0, x), with slope 0 at 0.

    Source: Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """
    return F.relu(x)


def selu(x: Tensor, *, scale: Positive, alpha: Positive) -> Tensor:
    """f(x) = scale * x for x > 0, and scale * alpha * (exp(x) - 1) otherwise.

    Source: Klambauer et al. 2017, "Self-normalizing neural networks", equation 2; report 003 with scale
    1.0507 and alpha 1.67326. Departure: the paper's constants have more digits (1.0507009873...,
    1.6732632423...); they are parameters here, so that the report's rounding stands in params.yaml.
    """
    # F.selu has the constants built in; F.elu has no scale, and a second kernel shows in a training step.
    return torch.ops.aten.elu(x, alpha, scale)


def hardswish(x: Tensor) -> Tensor:
    """f(x) = x * min(max(x + 3, 0), 6) / 6: 0 below -3, x above 3.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2; report 003.
    """
    return F.hardswish(x)


ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "selu": selu,
    "hardswish": hardswish,
}
