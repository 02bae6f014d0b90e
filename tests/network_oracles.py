"""References for LeNet-5 and the LSTM, by sums over shifts and by scalar loops; see `oracles`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cnn_oracles import Rows, each_image

Activation = Callable[[float], float]


def correlated(x: Any, kernel: Any, bias: Any) -> Any:
    """A convolution of odd size with zeros around: the pixels of each output one by one."""
    side = kernel.shape[-1]
    padded = np.pad(x, ((0, 0), (0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    out = np.empty((len(x), len(kernel), *x.shape[2:]))
    for row, column in np.ndindex(*x.shape[2:]):
        window = padded[:, :, row : row + side, column : column + side]
        out[:, :, row, column] = [[(one * own).sum() for own in kernel] for one in window] + bias
    return out


def lenet5(
    x: Any, weights: dict[str, Any], channels: list[int], hidden: list[int], activation: Activation, pool: Any
) -> Any:
    """Numbers of layers from the settings; what is dropped in training is not in evaluation."""
    each = np.vectorize(activation, otypes=[float])
    x = x[:, None] if x.ndim == 3 else x
    for i in range(len(channels)):
        x = each_image(
            each(correlated(x, weights[f"convolutions.{i}.weight"], weights[f"convolutions.{i}.bias"])), pool
        )
    values = x.reshape(len(x), -1)
    for i in range(len(hidden) + 1):
        values = np.array([weights[f"layers.{i}.weight"] @ row for row in values]) + weights[f"layers.{i}.bias"]
        values = values if i == len(hidden) else each(values)
    return values


def lenet5_count(
    shape: tuple[int, ...], classes: int, kernel: int, channels: list[int], hidden: list[int], pooling: Any, **_: Any
) -> int:
    total, inputs, sides = 0, 1 if len(shape) == 2 else shape[0], list(shape[-2:])
    for width in channels:
        total += (inputs * kernel * kernel + 1) * width
        inputs, sides = width, [math.ceil(side / pooling["size"]) for side in sides]
    features = inputs * sides[0] * sides[1]
    for width in [*hidden, classes]:
        total, features = total + (features + 1) * width, width
    return total


def logistic(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))


def lstm_layer(sequence: Rows, weight: Rows, bias: list[float], forget_bias: float) -> Rows:
    """One example: a list of inputs to a list of outputs, unit by unit."""
    units = len(bias) // 4
    h, c, outputs = [0.0] * units, [0.0] * units, []
    for given in sequence:
        seen = [*given, *h]
        z = [math.fsum(w * v for w, v in zip(row, seen, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
        c = [
            logistic(z[units + u] + forget_bias) * c[u] + logistic(z[u]) * math.tanh(z[3 * units + u])
            for u in range(units)
        ]
        h = [logistic(z[2 * units + u]) * math.tanh(c[u]) for u in range(units)]
        outputs.append(h)
    return outputs


def lstm(x: Any, weights: dict[str, Any], hidden: list[int], steps: int, forget_bias: float, **_: Any) -> Any:
    scores = []
    for example in x.reshape(len(x), steps, -1).tolist():
        for i in range(len(hidden)):
            own = weights[f"cells.{i}.weight"].tolist(), weights[f"cells.{i}.bias"].tolist()
            example = lstm_layer(example, *own, forget_bias)
        scores.append(weights["output.weight"] @ example[-1] + weights["output.bias"])
    return np.array(scores)


def lstm_count(shape: tuple[int, ...], classes: int, hidden: list[int], steps: int, **_: Any) -> int:
    inputs, total = int(np.prod(shape)) // steps, 0
    for units in hidden:
        total, inputs = total + 4 * units * (inputs + units + 1), units
    return total + (inputs + 1) * classes
