"""Measures: what is recorded at every evaluation besides loss and accuracy, a scalar each.

A measure that names `scores` [N, K] and `targets` [N] sees a whole split and is recorded as `<split>_<measure>`; one
that names `parameters` (name -> tensor, those that are evaluated) is recorded under its own name, and so is one that
names `objective`, a scalar: what the last step before the evaluation minimised, on its batch, before the step. One that
names `seen_scores` and `seen_targets`, too, sees as many of the first training examples as the split has.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.nn.losses import binary_cross_entropy as binary_loss
from replab.nn.losses import positive_cross_entropy as positive_loss
from replab.nn.losses import squared_error
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


def largest_magnitude_accuracy(scores: Tensor, targets: Tensor) -> Tensor:
    """The share (%) of the examples whose class has the score of largest |x_k|, of scores [N, K]; ties: the first.

    It is the accuracy of a network that learnt its scores for another normalizer and is asked by abs-max or square-max.
    Source: report 000, whose two predictions these are; that the loss may have kept its softmax is our question.
    """
    return 100 * (scores.abs().argmax(1) == targets).double().mean()


def generalization_gap(seen_scores: Tensor, seen_targets: Tensor, scores: Tensor, targets: Tensor) -> Tensor:
    """The accuracy (%) on training examples minus that on a split's, in percentage points: how far a model overfits.

    Scores [M, K] and [N, K], targets [M] and [N]. The weights are the same for both: those after the steps so far.
    Source: report 002, "L2 regularisation prevents overfitting"; the report has no number for it.
    """
    accuracies = [
        (own.argmax(1) == right).double().mean() for own, right in ((seen_scores, seen_targets), (scores, targets))
    ]
    return 100 * (accuracies[0] - accuracies[1])


def positive_cross_entropy(scores: Tensor, targets: Tensor, *, clip: Positive) -> Tensor:
    """The mean of the loss of that name over the samples, in nats, whatever is minimised; [N, K], [N] -> scalar.

    Source: report 004, exclusive or: what the public book code prints.
    """
    return positive_loss(scores, targets, clip=clip).double().mean()


def binary_cross_entropy(scores: Tensor, targets: Tensor, *, clip: Positive) -> Tensor:
    """The mean of the loss of that name over the samples, in nats, whatever is minimised; [N, K], [N] -> scalar.

    Source: report 004, exclusive or.
    """
    return binary_loss(scores, targets, clip=clip).double().mean()


def mean_squared_error(scores: Tensor, targets: Tensor) -> Tensor:
    """The mean of (x_K - t)^2 over the samples, x_K the last score; [N, K], [N] -> scalar.

    Source: report 004, "MSE" on exclusive or: (p - y)^2.
    """
    return squared_error(scores, targets).double().mean()


def root_mean_squared_error(scores: Tensor, targets: Tensor) -> Tensor:
    """The root of `mean_squared_error`, in units of the targets; [N, K], [N] -> scalar.

    Source: the public book code that report 004 was built on, which prints it as "Mean Square Error".
    """
    return mean_squared_error(scores, targets).sqrt()


def negatives_probability(scores: Tensor, targets: Tensor) -> Tensor:
    """The mean, over the samples of the first class, of the probability x_1 that they have it; NaN without such.

    It is 0 where a model says "positive" to every negative sample. [N, K], [N] -> scalar in 0..1.

    Source: report 004, exclusive or, whose "MSE" of .53 is the share of the negatives.
    """
    return scores[:, 0][targets == 0].double().mean()


def last_batch_loss(objective: Tensor) -> Tensor:
    """The objective of the last step: the mean loss of its one batch plus the penalties, in nats where the loss is.

    It has the noise of one batch, which `train_loss`, the mean over all steps since the last evaluation, has not.

    Source: report 004, "loss on training batch"; the public book code prints the loss, with the penalties, of the batch
    that it is about to step on.
    """
    return objective.double()


def _flat(parameters: dict[str, Tensor]) -> Tensor:
    return torch.cat([w.double().flatten() for w in chosen(parameters, False)])


MEASURES: dict[str, Callable[..., Tensor]] = {
    "half_squared_norm": half_squared_norm,
    "mean_absolute_weight": mean_absolute_weight,
    "predicted_class_share": predicted_class_share,
    "largest_magnitude_accuracy": largest_magnitude_accuracy,
    "small_weights_share": small_weights_share,
    "generalization_gap": generalization_gap,
    "positive_cross_entropy": positive_cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "mean_squared_error": mean_squared_error,
    "root_mean_squared_error": root_mean_squared_error,
    "negatives_probability": negatives_probability,
    "last_batch_loss": last_batch_loss,
}
UNITS = {
    "half_squared_norm": "",
    "mean_absolute_weight": "",
    "predicted_class_share": "%",
    "largest_magnitude_accuracy": "%",
    "small_weights_share": "%",
    "generalization_gap": "%",
    "positive_cross_entropy": "nats",
    "binary_cross_entropy": "nats",
    "mean_squared_error": "",
    "root_mean_squared_error": "",
    "negatives_probability": "",
    "last_batch_loss": "nats",
}
