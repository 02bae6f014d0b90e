"""Measures: what is recorded at every evaluation besides loss and accuracy, a scalar each.

A measure that names `scores` [N, K] and `targets` [N] sees a whole split and is recorded as `<split>_<measure>`; one
that names `parameters` (name -> tensor, those that are evaluated) is recorded under its own name.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.nn.regularizers import chosen
from replab.ranges import Positive


def half_squared_norm(parameters: dict[str, Tensor]) -> Tensor:
    """sum w^2 / 2 over the weights, without the biases: what l2 of strength 1 would add to the loss.

    Source: report 004, which estimates it before it chooses a strength; TensorFlow's l2_loss.
    """
    return sum(w.double().square().sum() for w in chosen(parameters, False)) / 2  # type: ignore[return-value]


def mean_absolute_weight(parameters: dict[str, Tensor]) -> Tensor:
    """mean |w| over the weights, without the biases.

    Source: report 004, "parameters of magnitude 1e-1 to 1e-2".
    """
    return _flat(parameters).abs().mean()


def small_weights_share(parameters: dict[str, Tensor], *, below: Positive) -> Tensor:
    """The share (%) of the weights, without the biases, with |w| < below.

    Source: report 004, which finds "many zeros" after L1. A subgradient step does not stop at 0 but swings about it,
    by lr * strength at most, so that "zero" needs a width.
    """
    return 100 * (_flat(parameters).abs() < below).double().mean()


def predicted_class_share(scores: Tensor, targets: Tensor) -> Tensor:
    """The share (%) of the examples that are given the class that is predicted most often, of scores [N, K].

    100 where a model has collapsed to one class, 100 / K at the least; the largest class's share of the targets is
    what a model without errors has. Source: report 000, whose 19.7 and 19.9 % are the share of the digit 1 in SVHN's
    test set, 19.6 %.
    """
    predictions = scores.argmax(1)
    return 100 * torch.bincount(predictions).max() / len(predictions)


def _flat(parameters: dict[str, Tensor]) -> Tensor:
    return torch.cat([w.double().flatten() for w in chosen(parameters, False)])


MEASURES: dict[str, Callable[..., Tensor]] = {
    "half_squared_norm": half_squared_norm,
    "mean_absolute_weight": mean_absolute_weight,
    "predicted_class_share": predicted_class_share,
    "small_weights_share": small_weights_share,
}
UNITS = {
    "half_squared_norm": "",
    "mean_absolute_weight": "",
    "predicted_class_share": "%",
    "small_weights_share": "%",
}
