"""Normalizers: scores [..., K] -> probabilities [..., K], or their logarithms where the name begins with `log_`.

A model ends in one, so that its predictions are ordered as the report's are: the largest |x| need not be the
largest x. The losses `clipped_nll` and `squared_euclidean` take probabilities, `nll` their logarithms.

The alternatives to softmax are shares p_k = r_k / sum_j r_j of parts r_k >= 0. Where all parts are 0, 0 / 0 counts
as 0: no class is predicted (the first one, by the order of classes), and the gradient is 0. There is a form in
logarithms where no part can be 0: for softmax and for 1 + |x|.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


def identity(scores: Tensor) -> Tensor:
    """The scores as they are, for a loss that normalizes them itself, such as cross_entropy; [..., K].

    Source: the practice of all reports but 000.
    """
    return scores


def softmax(scores: Tensor) -> Tensor:
    """p_k = exp(x_k) / sum_j exp(x_j), [..., K]; equal scores, all 0 or all -5, give 1 / K.

    Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs"; report 000.
    """
    return scores.softmax(-1)


def log_softmax(scores: Tensor) -> Tensor:
    """log p_k = x_k - log sum_j exp(x_j), in nats, [..., K]: the logarithms of `softmax`, without underflow.

    Source: as `softmax`.
    """
    return scores.log_softmax(-1)


def abs_max(scores: Tensor) -> Tensor:
    """p_k = |x_k| / sum_j |x_j|, [..., K]; of scores that are all 0 every p_k is 0. Signs do not matter.

    The slope of |x| at 0 is 0. Source: report 000, where 0 / 0 is not mentioned.
    """
    return _shares(scores.abs())


def square_max(scores: Tensor) -> Tensor:
    """p_k = x_k^2 / sum_j x_j^2, [..., K]; of scores that are all 0 every p_k is 0. Signs do not matter.

    Source: report 000. Departure: the scores are first divided by the largest |x_j|, which changes no p_k and no
    gradient, and keeps the squares within float32.
    """
    largest = scores.detach().abs().amax(-1, keepdim=True)
    return _shares((scores / torch.where(largest > 0, largest, 1)).square())


def plus_one_abs_max(scores: Tensor) -> Tensor:
    """p_k = (1 + |x_k|) / (K + sum_j |x_j|), [..., K]; of scores that are all 0 every p_k is 1 / K.

    No p_k is 0, and none above (1 + |x_k|) / (K + |x_k|). Source: report 000; no departure.
    """
    return _shares(1 + scores.abs())


def log_plus_one_abs_max(scores: Tensor) -> Tensor:
    """log p_k = log(1 + |x_k|) - log(K + sum_j |x_j|), in nats, [..., K]: the logarithms of `plus_one_abs_max`.

    Source: as `plus_one_abs_max`; the report takes the logarithm of the clipped share.
    """
    sizes = scores.abs()
    return sizes.log1p() - (sizes.sum(-1, keepdim=True) / scores.shape[-1]).log1p() - math.log(scores.shape[-1])


def non_negative_max(scores: Tensor) -> Tensor:
    """p_k = max(0, x_k) / sum_j max(0, x_j), [..., K]; where no score is above 0 every p_k is 0.

    Source: report 000. Departure: TensorFlow's 0 / 0 is not a number, of which its clipping makes a bound and no
    gradient; here the share is 0, and there is no gradient either.
    """
    return _shares(scores.relu())


def _shares(parts: Tensor) -> Tensor:
    """parts / their sum along the last axis, and 0 where that is 0."""
    total = parts.sum(-1, keepdim=True)
    return parts / torch.where(total > 0, total, 1)


NORMALIZERS: dict[str, Callable[..., Tensor]] = {
    "identity": identity,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "abs_max": abs_max,
    "square_max": square_max,
    "plus_one_abs_max": plus_one_abs_max,
    "log_plus_one_abs_max": log_plus_one_abs_max,
    "non_negative_max": non_negative_max,
}
