"""References for the components of the convolutional network, by slow loops and numpy; see `oracles`."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

Rows = list[list[float]]


def shares(part: Callable[[float], float]) -> Callable[..., list[float]]:
    """The normalizer that divides parts by their sum; 0 where all are 0."""

    def normalizer(scores: list[float]) -> list[float]:
        parts = [part(score) for score in scores]
        return [one / math.fsum(parts) if one else 0.0 for one in parts]

    return normalizer


def log_softmax(scores: list[float]) -> list[float]:
    highest = max(scores)
    total = math.log(math.fsum(math.exp(score - highest) for score in scores))
    return [score - highest - total for score in scores]


def squared_euclidean(scores: list[float], target: int) -> float:
    others = math.fsum(score * score for k, score in enumerate(scores) if k != target)
    return others + (1 - scores[target]) ** 2


def max_pool(image: Rows, size: int) -> Rows:
    rows, columns = (range(0, count, size) for count in (len(image), len(image[0])))
    return [
        [max(value for row in image[top : top + size] for value in row[left : left + size]) for left in columns]
        for top in rows
    ]


def lp_gaussian(image: Rows, power: float, sigma: float, epsilon: float) -> Rows:
    """Pixel by pixel: windows begin at 0 where the size is even, at -1 where it is odd."""
    height, width = len(image), len(image[0])
    gaussian = {(i, j): math.exp(-(i * i + j * j) / (2 * sigma**2)) for i, j in itertools.product((-1, 0, 1), repeat=2)}
    total = math.fsum(gaussian.values())

    def pooled(top: int, left: int) -> float:
        terms = [
            weight / total * (image[top + i + 1][left + j + 1] + epsilon) ** power
            for (i, j), weight in gaussian.items()
            if 0 <= top + i + 1 < height and 0 <= left + j + 1 < width
        ]
        return math.fsum(terms) ** (1 / power)

    rows, columns = (range(-(count % 2), count - (count % 2), 2) for count in (height, width))
    return [[pooled(top, left) for left in columns] for top in rows]


def convolved(x: Any, kernel: Any, bias: Any) -> Any:
    """3 x 3 with zeros around: a sum over the nine shifts."""
    height, width = x.shape[2:]
    padded = np.zeros((*x.shape[:2], height + 2, width + 2))
    padded[:, :, 1:-1, 1:-1] = x
    shifted = (
        np.einsum("bchw,oc->bohw", padded[:, :, i : i + height, j : j + width], kernel[:, :, i, j])
        for i in range(3)
        for j in range(3)
    )
    return sum(shifted) + bias[:, None, None]


def normalized(x: Any, weights: dict[str, Any], epsilon: float, moments: tuple[Any, Any]) -> Any:
    mean, variance, gamma, beta = (value[:, None, None] for value in (*moments, weights["weight"], weights["bias"]))
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def each_image(x: Any, pool: Callable[[Rows], Rows]) -> Any:
    return np.array([[pool(channel) for channel in image] for image in x.tolist()])


def cnn(
    x: Any,
    weights: dict[str, Any],
    convolutions: list[int],
    batch_norm_epsilon: float,
    pooling: Callable[[Rows], Rows],
    normalizer: Callable[[list[float]], list[float]],
    training: bool = False,
) -> Any:
    """The network with ReLU; `training` takes the batch's own moments instead of the running ones."""
    for stage, layer in ((i, j) for i, count in enumerate(convolutions) for j in range(count)):
        if stage and not layer:
            x = each_image(x, pooling)
        own = {
            kind: {
                name.rpartition(".")[2]: value
                for name, value in weights.items()
                if name.startswith(f"stages.{stage}.{layer}.{kind}.")
            }
            for kind in ("convolution", "normalization")
        }
        x = convolved(x, own["convolution"]["weight"], own["convolution"]["bias"])
        running = own["normalization"]["running_mean"], own["normalization"]["running_var"]
        batch = x.mean((0, 2, 3)), x.var((0, 2, 3))
        x = normalized(x, own["normalization"], batch_norm_epsilon, batch if training else running)
        x = np.maximum(x, 0)
    scores = x.sum((2, 3)) / (x.shape[2] * x.shape[3]) @ weights["output.weight"].T + weights["output.bias"]
    return np.array([normalizer(row) for row in scores.tolist()])


def cnn_count(shape: tuple[int, ...], classes: int, channels: list[int], convolutions: list[int], **_: Any) -> int:
    """Nine weights a pair of channels; a bias, a scale and a shift a channel."""
    total, inputs = 0, shape[0]
    for width, count in zip(channels, convolutions, strict=True):
        total += 9 * inputs * width + 9 * width * width * (count - 1) + 3 * width * count
        inputs = width
    return total + (inputs + 1) * classes


def gradients(kind: str, x: Any, t: Any) -> Any:
    """The lengths of d(-log p_t)/dx by hand, for shares of |x| or of x^2."""
    onehot = np.eye(x.shape[1])[t]
    if kind == "abs_max":
        slopes = np.sign(x) / np.abs(x).sum(1, keepdims=True) - onehot / x
    else:
        slopes = 2 * x / (x**2).sum(1, keepdims=True) - 2 * onehot / x
    return np.sqrt((slopes**2).sum(1))


def drawn() -> tuple[Any, Any, Any]:
    random = np.random.default_rng(5)
    return random.normal(size=(50_000, 10)), random.normal(size=(50_000, 10)), random.integers(0, 10, 50_000)


def normalizer_gradient_ratio(
    normalizer: dict[str, Any], baseline_normalizer: dict[str, Any], clip: float
) -> dict[str, tuple[float, float]]:
    x, _, t = drawn()
    ratios = gradients(normalizer["name"], x, t) / gradients(baseline_normalizer["name"], x, t)
    return {
        "gradient_ratio_median": (float(np.median(ratios)), 0.03),
        "gradient_ratio_p5": (float(np.quantile(ratios, 0.05)), 0.05),
        "gradient_ratio_p95": (float(np.quantile(ratios, 0.95)), 0.05),
    }


def normalizer_convexity(normalizer: dict[str, Any], clip: float) -> dict[str, tuple[float, float]]:
    if normalizer["name"] == "softmax":
        return {"nonconvex_fraction": (0.0, 0.0)}
    x, y, t = drawn()
    part = {"abs_max": np.abs, "plus_one_abs_max": lambda values: 1 + np.abs(values)}[normalizer["name"]]

    def nats(scores: Any) -> Any:
        return np.log(part(scores).sum(1)) - np.log(part(scores)[np.arange(len(t)), t])

    share = float((nats((x + y) / 2) > (nats(x) + nats(y)) / 2).mean())
    return {"nonconvex_fraction": (share, 5 * math.sqrt(share * (1 - share) / 10_000))}


def gaussian_window(sigma: float) -> dict[str, tuple[float, float]]:
    around = np.exp(-np.array([1, 0, 1]) / (2 * sigma**2))
    weights = np.outer(around, around) / np.outer(around, around).sum()
    named = {"corner": weights[0, 0], "edge": weights[0, 1], "centre": weights[1, 1]}
    return {f"{name}_weight": (float(weight), 1e-12) for name, weight in named.items()}


def predicted_class_share(scores: Rows, targets: list[int]) -> float:
    (_, count), *_ = Counter(row.index(max(row)) for row in scores).most_common()
    return 100 * count / len(targets)


def right_share(scores: Rows, targets: list[int]) -> float:
    right = [row.index(max(row)) == target for row, target in zip(scores, targets, strict=True)]
    return 100 * sum(right) / len(right)


def generalization_gap(seen_scores: Rows, seen_targets: list[int], scores: Rows, targets: list[int]) -> float:
    return right_share(seen_scores, seen_targets) - right_share(scores, targets)


def largest_magnitude_accuracy(scores: Rows, targets: list[int]) -> float:
    asked = [max(range(len(row)), key=lambda k: abs(row[k])) for row in scores]
    return 100 * sum(k == target for k, target in zip(asked, targets, strict=True)) / len(targets)
