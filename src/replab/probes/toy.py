"""Report 001's toy network, from the streams of random numbers that the public course code draws from."""

from __future__ import annotations

import numpy as np
import torch

from replab.errors import ReplabError, unknown
from replab.probes.measured import Measured
from replab.probes.three_layer import (
    INPUTS,
    WIDTHS,
    Stream,
    drawn_stream,
    layers_of,
    three_layer_gradient,
    three_layer_loss,
    toy_inputs,
    toy_weights,
)
from replab.ranges import Count, Fraction, NonNegative, NonNegativeCount, Positive, Word

INPUTS_SEED = 1
WEIGHTS_SEED = 0
STREAMS = ("course", "drawn")


def three_layer_toy(
    *,
    generator: torch.Generator,
    gradient: Word,
    streams: Word,
    lr: Positive,
    decay: Fraction,
    regularization: NonNegative,
    batch: Count,
    steps: Count,
) -> Measured:
    """The loss of the last of `steps` steps of SGD on five inputs, and the share of them then classified right.

    Each step draws `batch` of the five with replacement, moves by -lr * gradient and multiplies lr by `decay`:
    the course code decays once an epoch, which is max(5 // batch, 1) steps. With streams `course` inputs come
    from numpy's RandomState(1), weights and batches from RandomState(0), whatever the seed of the run; with
    `drawn` from seeds that are drawn. The loss is that of the step's batch, before the step. Training stops
    where it is not finite, after `finite_steps`: there is then no final loss.

    Source: report 001, three-layer net, final training loss .029048917813040233; streams, lr .1, decay .95,
    regularization 5e-6, batch 200 and 100 steps as in the public code that it was built on.
    """
    if streams not in STREAMS:
        raise unknown("streams", streams, STREAMS)
    drawn = streams == "drawn"
    x, y = toy_inputs(drawn_stream(generator) if drawn else Stream(INPUTS_SEED))
    stream = drawn_stream(generator) if drawn else Stream(WEIGHTS_SEED)
    weights, losses = toy_weights(stream), []
    for _ in range(steps):
        chosen = stream.choice(INPUTS, batch, replace=True)
        with np.errstate(over="ignore", invalid="ignore"):
            loss = three_layer_loss(weights, x[chosen], y[chosen], regularization)
        if not np.isfinite(loss):
            break
        losses.append(loss)
        slopes = three_layer_gradient(weights, x[chosen], y[chosen], regularization, gradient)
        weights = {name: values - lr * slopes[name] for name, values in weights.items()}
        lr *= decay
    finite: Measured = {"finite_steps": (float(len(losses)), "steps")}
    if len(losses) < steps:
        return finite
    right = float((layers_of(weights, x)[2].argmax(1) == y).mean())
    return finite | {"final_loss_nats": (losses[-1], "nats"), "correct_fraction": (right, "fraction")}


def three_layer_toy_score(*, row: NonNegativeCount, column: NonNegativeCount) -> Measured:
    """One of the toy network's 5 x 3 scores before training: input `row` (from 0), class `column` (from 0).

    It has no seed of its own: inputs are from RandomState(1), weights from RandomState(0). Raises ReplabError
    where there is no such score.

    Source: report 001, three-layer net, "Your scores", a 5 x 3 matrix; streams of the public code.
    """
    if row >= INPUTS or column >= WIDTHS[-1]:
        raise ReplabError(f"there is no score ({row}, {column}): the toy has {INPUTS} x {WIDTHS[-1]}")
    x, _ = toy_inputs(Stream(INPUTS_SEED))
    scores = layers_of(toy_weights(Stream(WEIGHTS_SEED)), x)[2]
    return {"score": (float(scores[row, column]), "")}
