"""Losses: `loss(scores [B, K], targets [B] int64) -> [B]`, one number a sample, not reduced.

t is the index of the target class, x the scores, p their softmax; where a loss says so, the scores are p or log p
already, as those of a model that ends in a normalizer.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from replab.ranges import NonNegative, Positive


def hinge(scores: Tensor, targets: Tensor, *, margin: Positive) -> Tensor:
    """sum over k != t of max(0, x_k - x_t + margin), in units of the scores; [B, K], [B] -> [B].

    Source: Weston & Watkins 1999, "Support vector machines for multi-class pattern recognition"; report 003
    with margin 5.
    """
    excess = F.relu(scores - (scores.gather(1, targets.unsqueeze(1)) - margin))
    # The target's own term is the margin, and its slope is 0: one subtraction leaves it out.
    return excess.sum(1) - margin


def cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    """-log p_t in nats, by log-softmax; [B, K], [B] -> [B].

    Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs"; report
    003.
    """
    return F.cross_entropy(scores, targets, reduction="none")


def kl_divergence(scores: Tensor, targets: Tensor, *, clip: Positive) -> Tensor:
    """KL(one-hot target || softmax clipped from below) = -log max(p_t, clip) in nats; [B, K], [B] -> [B].

    The gradient with regard to the scores is p - onehot(t) for every sample, clipped or not: that of cross
    entropy. It is what the report's backward pass computes; the derivative of the clipped value would be 0
    below the clip, and such a sample would never be learnt.

    Source: Kullback & Leibler 1951, "On information and sufficiency"; report 003 with clip 1e-9.
    Departures: terms with a zero target are left out, as 0 log 0 = 0; the report puts 1e-9 in the place of their
    logarithm, which changes nothing (the probe `zero_over_zero` measures it). The probability comes from
    log-softmax, so that only the clip limits it.
    """
    nats = cross_entropy(scores, targets)
    value = nats.detach()
    return value.clamp_max(-math.log(clip)) + (nats - value)


def focal(scores: Tensor, targets: Tensor, *, gamma: NonNegative, alpha: Positive) -> Tensor:
    """-alpha (1 - p_t)^gamma log p_t in nats; [B, K], [B] -> [B].

    Source: Lin et al. 2017, "Focal loss for dense object detection", equation 5, for more than two classes;
    for report 003 with gamma 2 and alpha .1, which are inferred: it states neither. Departure: alpha is one number
    for every class, so it only scales the loss; the paper weighs the two classes by alpha and 1 - alpha.
    """
    nats = cross_entropy(scores, targets)
    others = -torch.expm1(-nats)  # 1 - p_t
    if gamma < 1:
        # The slope of others^gamma is infinite at 0, and 0 * inf is not a number.
        others = others.clamp_min(torch.finfo(others.dtype).tiny)
    return alpha * others.pow(gamma) * nats


def nll(scores: Tensor, targets: Tensor) -> Tensor:
    """-log p_t in nats, where the scores are log p already, such as those of `log_softmax`; [B, K], [B] -> [B].

    Source: report 000, without its clipping.
    """
    return -scores.gather(1, targets.unsqueeze(1)).squeeze(1)


def clipped_nll(scores: Tensor, targets: Tensor, *, clip: Positive) -> Tensor:
    """-log min(max(p_t, clip), 1) in nats, where the scores are the probabilities p; [B, K], [B] -> [B].

    The gradient is -1 / p_t within clip..1 and 0 outside: a sample whose p_t is below the clip is not learnt. At p_t
    near the clip the gradient is as large as 1 / clip.
    Source: report 000, log(clip_by_value(preds, 1e-10, 1)); no departure.
    """
    return -scores.gather(1, targets.unsqueeze(1)).squeeze(1).clamp(clip, 1).log()


def squared_euclidean(scores: Tensor, targets: Tensor) -> Tensor:
    """sum_k (p_k - [k = t])^2, where the scores are the probabilities p; [B, K], [B] -> [B]. At most 2.

    Source: Brier 1950, "Verification of forecasts expressed in terms of probability"; report 000. No departure.
    """
    onehot = torch.zeros_like(scores).scatter(1, targets.unsqueeze(1), 1.0)
    return (scores - onehot).square().sum(1)


def positive_cross_entropy(scores: Tensor, targets: Tensor, *, clip: Positive) -> Tensor:
    """-[t = K] log min(max(p, clip), 1) in nats, p the last of K probabilities; [B, K], [B] -> [B].

    Only samples of the last class count: p = 1 everywhere is its minimum, 0, whatever the others are. `scores` are
    probabilities. Where p is clipped there is no gradient, so that a positive below `clip` is never learnt.

    Source: the public book code that report 004 was built on, with clip 1e-10. No departure.
    """
    return -(targets == scores.shape[-1] - 1).to(scores.dtype) * scores[:, -1].clamp(clip, 1).log()


def binary_cross_entropy(scores: Tensor, targets: Tensor, *, clip: Positive) -> Tensor:
    """-y log min(max(p, clip), 1) - (1 - y) log min(max(1 - p, clip), 1) in nats, y = [t = K]; [B, K], [B] -> [B].

    p is the last of K probabilities `scores`. Where both are clipped there is no gradient.

    Source: the later edition of the public book code that report 004 was built on, with clip 1e-10. No departure.
    """
    positive = (targets == scores.shape[-1] - 1).to(scores.dtype)
    p = scores[:, -1]
    return -positive * p.clamp(clip, 1).log() - (1 - positive) * (1 - p).clamp(clip, 1).log()


def squared_error(scores: Tensor, targets: Tensor) -> Tensor:
    """(x_K - t)^2, the last score against the target as a number, squared units of the target; [B, K], [B] -> [B].

    With two classes and probabilities it is (p - y)^2; with one score it is the loss of a regression.

    Source: report 004, the MSE objective on exclusive or and the fit of a quadratic. No departure.
    """
    return (scores[:, -1] - targets).square()


LOSSES: dict[str, Callable[..., Tensor]] = {
    "hinge": hinge,
    "cross_entropy": cross_entropy,
    "kl_divergence": kl_divergence,
    "focal": focal,
    "nll": nll,
    "clipped_nll": clipped_nll,
    "squared_euclidean": squared_euclidean,
    "positive_cross_entropy": positive_cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "squared_error": squared_error,
}
