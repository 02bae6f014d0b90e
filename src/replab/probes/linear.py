"""Report 001's linear softmax classifier: its loss, its gradient, and made-up images to try them on.

x [B, 3073] images with a last column of ones, y [B] classes, w [3073, 10] weights, p = softmax(x w);
loss = mean(-log p_y) + regularization / 2 * sum(w^2), gradient = x^T (p - onehot(y)) / B + regularization * w.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from replab.probes.differences import Array
from replab.probes.measured import Measured
from replab.ranges import Count, NonNegative

PIXELS = 3072
CLASSES = 10
# Root mean squares over CIFAR-10's 49,000 training images about their mean image: of the pixels, and of the
# ten classes' mean images.
PIXEL_RMS = 63.5
CLASS_RMS = 16.6

Classes = np.ndarray[Any, np.dtype[np.int64]]


def made_up_images(images: int, generator: torch.Generator) -> tuple[Array, Classes]:
    """x [images, 3073] and y [images]: normal pixels about normal class means, then a column of ones.

    They have the root mean squares of CIFAR-10's images less the mean image (`PIXEL_RMS`, `CLASS_RMS`), and
    none of their structure: pixels are independent.
    """
    y = torch.randint(CLASSES, (images,), generator=generator)
    means = torch.randn(CLASSES, PIXELS, generator=generator, dtype=torch.float64)
    noise = torch.randn(images, PIXELS, generator=generator, dtype=torch.float64)
    x = CLASS_RMS * means[y] + math.sqrt(PIXEL_RMS**2 - CLASS_RMS**2) * noise
    return torch.cat([x, torch.ones(images, 1, dtype=torch.float64)], 1).numpy(), y.numpy()


def normal_weights(std: float, generator: torch.Generator) -> Array:
    """w [3073, 10], each N(0, std^2)."""
    drawn = torch.randn(PIXELS + 1, CLASSES, generator=generator, dtype=torch.float64)
    return std * np.asarray(drawn.numpy())


def linear_loss(w: Array, x: Array, y: Classes, regularization: float) -> float:
    """The loss, in nats."""
    scores = x @ w
    scores -= scores.max(1, keepdims=True)
    nats = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(y)), y]
    return float(nats.mean() + regularization / 2 * np.sum(w * w))


def linear_gradient(w: Array, x: Array, y: Classes, regularization: float) -> Array:
    """The loss's gradient in closed form, [3073, 10]."""
    scores = x @ w
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return np.asarray(x.T @ p / len(y) + regularization * w)


def linear_gradient_by_autograd(w: Array, x: Array, y: Classes, regularization: float) -> Array:
    """The loss's gradient by torch's automatic differentiation, [3073, 10]."""
    weights = torch.tensor(w, requires_grad=True)
    nats = torch.nn.functional.cross_entropy(torch.from_numpy(x) @ weights, torch.from_numpy(y))
    (gradient,) = torch.autograd.grad(nats + regularization / 2 * weights.square().sum(), weights)
    return np.asarray(gradient.numpy())


def initial_loss(*, generator: torch.Generator, std: NonNegative, images: Count) -> Measured:
    """The loss before the first step, and what it is to second order in w ~ N(0, std^2).

    A score is N(0, std^2 |x|^2), so that E(-log p_y) = log K + (1 - 1/K) / 2 * std^2 |x|^2 + O(std^4) for K
    classes: log K alone, the usual sanity check, leaves out that |x| is 3,500 for raw pixels.

    Source: report 001, "loss: 2.357751, sanity check: 2.302585", with std 1e-4 and 500 images; made-up images.
    """
    x, y = made_up_images(images, generator)
    loss = linear_loss(normal_weights(std, generator), x, y, 0.0)
    scores_variance = std**2 * float(np.sum(x * x)) / len(x)
    predicted = math.log(CLASSES) + (1 - 1 / CLASSES) / 2 * scores_variance
    return {"initial_loss_nats": (loss, "nats"), "predicted_loss_nats": (predicted, "nats")}
