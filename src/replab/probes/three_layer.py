"""Report 001's three-layer network, its gradient, and the gradient as the report prints it.

z1 = x w1 + b1, z2 = relu(z1) w2 + b2, scores = relu(z2) w3 + b3 for x [B, D] and scores [B, K];
loss = mean(-log softmax(scores)_y) + regularization / 2 * (sum(w1^2) + sum(w2^2) + sum(w3^2)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from replab.errors import unknown
from replab.probes.differences import Array

Weights = dict[str, Array]
Classes = np.ndarray[Any, np.dtype[np.int64]]
Stream = np.random.RandomState

WIDTHS = (4, 20, 20, 3)
INPUTS = 5
TARGETS = (0, 1, 2, 2, 1)
STD = 0.1

# How a gradient may be wrong: z1 and z2 where relu(z1) and relu(z2) belong, in those of w2 and w3; and p + 1
# where p - 1 belongs, at the target. The report prints both.
GRADIENTS: dict[str, tuple[str, ...]] = {
    "correct": (),
    "preactivations": ("preactivations",),
    "plus_one": ("plus_one",),
    "as_printed": ("preactivations", "plus_one"),
}


def drawn_stream(generator: torch.Generator) -> Stream:
    """A numpy stream whose seed is drawn."""
    return Stream(int(torch.randint(2**32, (), generator=generator)))


def toy_inputs(stream: Stream) -> tuple[Array, Classes]:
    """Five inputs x [5, 4], N(0, 10^2), and their classes y [5]."""
    return 10 * stream.randn(INPUTS, WIDTHS[0]), np.array(TARGETS)


def toy_weights(stream: Stream) -> Weights:
    """w1 [4, 20], w2 [20, 20], w3 [20, 3], each N(0, .1^2) and drawn in this order; biases 0."""
    weights: Weights = {}
    for layer in range(1, len(WIDTHS)):
        weights[f"w{layer}"] = STD * stream.randn(*WIDTHS[layer - 1 : layer + 1])
        weights[f"b{layer}"] = np.zeros(WIDTHS[layer])
    return weights


def layers_of(weights: Weights, x: Array) -> tuple[Array, Array, Array]:
    """z1 [B, H], z2 [B, H] and the scores [B, K]."""
    z1 = x @ weights["w1"] + weights["b1"]
    z2 = np.maximum(z1, 0) @ weights["w2"] + weights["b2"]
    return z1, z2, np.maximum(z2, 0) @ weights["w3"] + weights["b3"]


def three_layer_loss(weights: Weights, x: Array, y: Classes, regularization: float) -> float:
    """The loss, in nats."""
    scores = layers_of(weights, x)[2]
    scores = scores - scores.max(1, keepdims=True)
    nats = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(y)), y]
    return float(nats.mean() + regularization / 2 * sum(np.sum(w * w) for name, w in weights.items() if name[0] == "w"))


def three_layer_gradient(weights: Weights, x: Array, y: Classes, regularization: float, gradient: str) -> Weights:
    """The loss's gradient by backpropagation, correct or with the faults that `GRADIENTS` names.

    Raises ReplabError for another name.
    """
    if gradient not in GRADIENTS:
        raise unknown("gradient", gradient, GRADIENTS)
    faults = GRADIENTS[gradient]
    z1, z2, scores = layers_of(weights, x)
    first, second = (z1, z2) if "preactivations" in faults else (np.maximum(z1, 0), np.maximum(z2, 0))
    d3 = np.exp(scores - scores.max(1, keepdims=True))
    d3 /= d3.sum(1, keepdims=True)
    d3[np.arange(len(y)), y] += 1 if "plus_one" in faults else -1
    d3 /= len(y)
    d2 = d3 @ weights["w3"].T * (z2 > 0)
    d1 = d2 @ weights["w2"].T * (z1 > 0)
    found = {"w1": x.T @ d1, "w2": first.T @ d2, "w3": second.T @ d3}
    decayed = {name: slope + regularization * weights[name] for name, slope in found.items()}
    return decayed | {"b1": d1.sum(0), "b2": d2.sum(0), "b3": d3.sum(0)}
