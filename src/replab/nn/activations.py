"""Activations: elementwise, any shape, `activation(x) -> Tensor` of the shape and dtype of `x`."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from replab.ranges import NonNegative, Positive


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


def relu_product(x: Tensor) -> Tensor:
    """f(x) = x * [x > 0]: max(0, x), whose backward pass multiplies by 0 where x <= 0, so that NaN stays NaN.

    Finite gradients are those of `relu`, which puts 0 in the place of a gradient that is not a number. A function that
    follows, and whose slope at 0 is not finite, shows up here. Source: none; the backward pass written as a product.
    """
    return x * (x > 0)


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


def leaky_relu(x: Tensor, *, slope: NonNegative) -> Tensor:
    """f(x) = x for x > 0, and slope * x otherwise.

    Source: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models"; report 004.
    """
    return F.leaky_relu(x, slope)


def relu6(x: Tensor) -> Tensor:
    """f(x) = min(max(0, x), 6), with slope 0 at 0 and at 6.

    Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10"; report 004.
    """
    return F.relu6(x)


def elu(x: Tensor, *, alpha: Positive) -> Tensor:
    """f(x) = x for x > 0, and alpha * (exp(x) - 1) otherwise.

    Source: Clevert, Unterthiner & Hochreiter 2016, "Fast and accurate deep network learning by exponential linear
    units"; report 004.
    """
    return F.elu(x, alpha)


def softplus(x: Tensor) -> Tensor:
    """f(x) = log(1 + exp(x)).

    Source: Dugas et al. 2001, "Incorporating second-order functional knowledge for better option pricing"; report 004.
    Departure: above 20 it is x, which is off by less than 2.1e-9.
    """
    return F.softplus(x)


ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "relu_product": relu_product,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "softplus": softplus,
    "hardswish": hardswish,
}
