"""For every component an independent reference: scalars, slow loops, numpy, closed forms.

A new component needs one entry in `ORACLES`, under (kind, name); the contract tests find the rest by
themselves. An entry holds example parameters as they would stand in params.yaml (several, to reach every
branch) and a reference, which by kind is called as
    activation   f(x, **parameters) -> float, for one number
    backbone     f(x, weights, **parameters) -> features, float64 arrays, weights as in the state dict
    averaging    f(start, weights, **parameters) -> the average after each of the weights, float64 arrays
    centers      f(inputs, targets, found, **parameters) -> what the centres that were found should be, [M, D]
    input        f(byte, **parameters) -> float, for one byte; a fitted one also gets the `column` of training bytes
    loss         f(scores, target, **parameters) -> float, for one sample, scores a list of floats
    initializer  f(**parameters) -> a scipy distribution, or the number that every entry gets
    optimizer    f(weights, gradients, **parameters) -> weights after a step for each gradient, float64 arrays
    radial       f(squared_distance, width) -> float
    regularizer  f(weights, **parameters) -> float, weights as {name: list of floats}
    measure      f(**seen, **parameters) -> float, of what it names: `scores` (list of lists), `targets`, `parameters`
                 (as a regularizer's weights)
    network      f(batch, weights, **parameters) -> nats of a batch that begins, weights as in the state dict; how the
                 text of `sequence_oracles` is cut for it stands in its BATCHING
    normalizer   f(scores, **parameters) -> list of floats, scores a list of floats
    pooling      f(image, **parameters) -> the pooled image, both lists of rows
    sequences    f(tokens, split, **parameters) -> the batches, each as a dict of its fields, tensors as lists
    schedule     f(step, steps_per_epoch, **parameters) -> float
    solver       f(features, targets, **parameters) -> [W b], float64 arrays
    series       f(scores, targets, **parameters) -> {name: list of floats}, scores a list of lists
    subset       f(labels, order, **parameters) -> the indices taken, of labels, given a random order of all
    widths       f(centers, units, **parameters) -> float64 array
    model        f(x, weights, **parameters) -> scores, float64 arrays, weights as in the state dict
    probe        f(**parameters) -> {metric: (expected, tolerance)}
A model has `count(shape, classes, **parameters)` as well, the number of weights by a closed form. A loss
whose gradient is not the derivative of its value has `gradient(scores, target, **parameters) -> list`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import stats

import backbone_oracles
import cnn_oracles
import network_oracles
import probe_oracles
import rbf_oracles
import sequence_oracles
import translation_oracles


@dataclass(frozen=True)
class Oracle:
    """A component's reference and the parameters to try it with."""

    reference: Callable[..., Any]
    examples: tuple[dict[str, Any], ...] = ({},)
    count: Callable[..., int] | None = None
    gradient: Callable[..., list[float]] | None = None


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def selu(x: float, scale: float, alpha: float) -> float:
    return scale * (x if x > 0 else alpha * math.exp(x) - alpha)


def hardswish(x: float) -> float:
    if abs(x) >= 3:
        return x if x > 0 else 0.0
    return x * (x + 3) / 6


def hinge(scores: list[float], target: int, margin: float) -> float:
    rivals = scores[:target] + scores[target + 1 :]
    return math.fsum(max(0.0, rival - scores[target] + margin) for rival in rivals)


def nats(scores: list[float], target: int) -> float:
    """-log softmax, as log(1 + sum of the rivals' odds), or by the largest score where that overflows."""
    gaps = sorted(score - scores[target] for i, score in enumerate(scores) if i != target)
    if gaps[-1] < 0:
        return math.log1p(math.fsum(map(math.exp, gaps)))
    return gaps[-1] + math.log(math.fsum(math.exp(gap - gaps[-1]) for gap in [0.0, *gaps]))


def kl_divergence(scores: list[float], target: int, clip: float) -> float:
    return math.log(1 / max(math.exp(-nats(scores, target)), clip))


def softmax_less_target(scores: list[float], target: int, clip: float) -> list[float]:
    return [math.exp(-nats(scores, k)) - (k == target) for k in range(len(scores))]


def focal(scores: list[float], target: int, gamma: float, alpha: float) -> float:
    loss = nats(scores, target)
    others = 1 - math.exp(-loss) if loss > 0.01 else loss - loss**2 / 2 + loss**3 / 6 - loss**4 / 24
    return alpha * loss * others**gamma


def positive_cross_entropy(scores: list[float], target: int, clip: float) -> float:
    """Only a sample of the last class has a loss."""
    return 0.0 if target < len(scores) - 1 else math.log(1 / sorted((clip, scores[-1], 1.0))[1])


def binary_cross_entropy(scores: list[float], target: int, clip: float) -> float:
    right = scores[-1] if target == len(scores) - 1 else 1 - scores[-1]
    return math.log(1 / sorted((clip, right, 1.0))[1])


def sgd(weights: Any, gradients: list[Any], lr: float, momentum: float, weight_decay: float) -> Any:
    """The velocity written out: every earlier decayed gradient, weighted by a power of the momentum."""
    weights, decayed = weights.copy(), []
    for gradient in gradients:
        decayed.append(gradient + weight_decay * weights)
        weights -= lr * sum(momentum**age * one for age, one in enumerate(reversed(decayed)))
    return weights


def nesterov(weights: Any, gradients: list[Any], lr: float, momentum: float) -> Any:
    """Every gradient of the past, weighed by how often the momentum has acted on it."""
    for step in range(len(gradients)):
        seen = [momentum**age * one for age, one in enumerate(reversed(gradients[: step + 1]))]
        weights = weights - lr * (gradients[step] + momentum * sum(seen))
    return weights


def adagrad(weights: Any, gradients: list[Any], lr: float, initial: float, epsilon: float) -> Any:
    for step, gradient in enumerate(gradients, 1):
        squares = initial + sum(one * one for one in gradients[:step])
        weights = weights - lr * gradient / (squares**0.5 + epsilon)
    return weights


def weighted(values: list[Any], decay: float) -> Any:
    """The closed form of an exponential moving average that starts at 0."""
    return sum((1 - decay) * decay**age * one for age, one in enumerate(reversed(values)))


def rmsprop(weights: Any, gradients: list[Any], lr: float, rho: float, epsilon: float) -> Any:
    for step, gradient in enumerate(gradients, 1):
        squares = weighted([one * one for one in gradients[:step]], rho)
        weights = weights - lr * gradient / (squares**0.5 + epsilon)
    return weights


def adadelta(weights: Any, gradients: list[Any], lr: float, rho: float, epsilon: float) -> Any:
    moves: list[Any] = []
    for step, gradient in enumerate(gradients, 1):
        squares = weighted([one * one for one in gradients[:step]], rho)
        moved = weighted([one * one for one in moves], rho) if moves else 0.0
        moves.append(gradient * ((moved + epsilon) / (squares + epsilon)) ** 0.5)
    return weights - lr * sum(moves)


def adam(weights: Any, gradients: list[Any], lr: float, beta_1: float, beta_2: float, epsilon: float) -> Any:
    for step in range(1, len(gradients) + 1):
        mean = weighted(gradients[:step], beta_1) / (1 - beta_1**step)
        squares = weighted([one * one for one in gradients[:step]], beta_2) / (1 - beta_2**step)
        weights = weights - lr * mean / (squares**0.5 + epsilon)
    return weights


def adam_uncorrected(
    weights: Any, gradients: list[Any], lr: float, beta_1: float, beta_2: float, epsilon: float
) -> Any:
    for step in range(1, len(gradients) + 1):
        squares = weighted([one * one for one in gradients[:step]], beta_2)
        weights = weights - lr * weighted(gradients[:step], beta_1) / (squares**0.5 + epsilon)
    return weights


def exponential(start: Any, weights: list[Any], decay: float) -> Any:
    """The closed form: every w_s weighed by (1 - d_s) and by all later d."""
    decays = [min(decay, (1 + step) / (10 + step)) for step in range(len(weights))]
    shares = [(1 - d) * math.prod(decays[step + 1 :]) for step, d in enumerate(decays)]
    return math.prod(decays) * start + sum(share * one for share, one in zip(shares, weights, strict=True))


def power_sum(weights: dict[str, list[float]], power: int, biases: bool) -> float:
    chosen = [values for name, values in weights.items() if biases or name.rpartition(".")[2] != "bias"]
    return math.fsum(abs(value) ** power for values in chosen for value in values)


def mlp(x: Any, weights: dict[str, Any], hidden: list[int], activation: dict[str, Any], **_: Any) -> Any:
    values = x.reshape(len(x), -1)
    for i in range(len(hidden) + 1):
        if i > 0:
            parameters = {key: value for key, value in activation.items() if key != "name"}
            one = ORACLES["activation", activation["name"]].reference
            values = np.array([[one(value, **parameters) for value in row] for row in values.tolist()])
        values = np.einsum("bi,oi->bo", values, weights[f"layers.{i}.weight"]) + weights[f"layers.{i}.bias"]
    return values


def mlp_probabilities(
    x: Any,
    weights: dict[str, Any],
    hidden: list[int],
    biases: bool,
    hidden_activation: dict[str, Any],
    output_activation: dict[str, Any],
    **_: Any,
) -> Any:
    zeros = {f"layers.{i}.bias": 0.0 for i in range(len(hidden) + 1)}
    z = mlp(x, weights if biases else zeros | weights, hidden, hidden_activation)
    one = ORACLES["activation", output_activation["name"]].reference
    return np.array([[1 - math.fsum(map(one, row)), *map(one, row)] for row in z.tolist()])


def mlp_probabilities_count(shape: tuple[int, ...], classes: int, hidden: list[int], biases: bool, **_: Any) -> int:
    whole = mlp_count(shape, classes - 1, hidden)
    return whole if biases else whole - sum(hidden) - classes + 1


def optimizer_path(
    function: str, optimizer: dict[str, Any], start_x: float, start_y: float, steps: int
) -> dict[str, tuple[float, float]]:
    """All gradients so far through the optimizer's own oracle, once for each step; slopes by hand."""
    parameters = {key: value for key, value in optimizer.items() if key != "name"}
    start, gradients = np.array([start_x, start_y]), []
    points = [start]
    for _ in range(steps):
        x, y = points[-1]
        bend = 400 * x * (x * x - y) + 2 * x - 2
        gradients.append(np.array([x, 20 * y] if function == "quadratic" else [bend, 200 * (y - x * x)]))
        points.append(ORACLES["optimizer", optimizer["name"]].reference(start.copy(), gradients, **parameters))
    x, y = points[-1]
    final = 0.5 * x**2 + 10 * y**2 if function == "quadratic" else (x - 1) ** 2 + 100 * (x * x - y) ** 2
    shown = [step for step in range(steps + 1) if step <= 20 or step in (22, steps)]
    places = {f"{axis}_at_step_{step}": float(points[step][i]) for step in shown for i, axis in enumerate("xy")}
    values = places | {"final_value": float(final), "finite_steps": float(steps)}
    return {metric: (value, 1e-9 * (1 + abs(value))) for metric, value in values.items()}


def averaged_over(
    loss: Callable[..., float], scores: list[list[float]], targets: list[int], **parameters: float
) -> float:
    return statistics.mean(loss(row, target, **parameters) for row, target in zip(scores, targets, strict=True))


def squared_error(scores: list[float], target: int) -> float:
    return scores[-1] ** 2 - 2 * scores[-1] * target + target**2


def mlp_crelu(x: Any, weights: dict[str, Any], hidden: list[int], **_: Any) -> Any:
    values = x.reshape(len(x), -1)
    for i in range(len(hidden) + 1):
        if i > 0:
            values = np.array([[max(v, 0) for v in row] + [max(-v, 0) for v in row] for row in values.tolist()])
        values = values @ weights[f"layers.{i}.weight"].T + weights[f"layers.{i}.bias"]
    return values


def mlp_crelu_count(shape: tuple[int, ...], classes: int, hidden: list[int], **_: Any) -> int:
    sizes, inputs = [*hidden, classes], int(np.prod(shape))
    total = 0
    for width in sizes:
        total += (inputs + 1) * width
        inputs = 2 * width
    return total


def mlp_count(shape: tuple[int, ...], classes: int, hidden: list[int], **_: Any) -> int:
    widths = [int(np.prod(shape)), *hidden, classes]
    return sum((widths[i] + 1) * widths[i + 1] for i in range(len(widths) - 1))


def decay_each_epoch(step: int, steps_per_epoch: int, factor: float) -> float:
    """The course code's loop: the rate is multiplied after each step whose number is a multiple of an epoch's."""
    rate = 1.0
    for done in range(step):
        if done % steps_per_epoch == 0:
            rate *= factor
    return rate


def softmax_overflow(scale: float, shift: bool) -> dict[str, tuple[float, float]]:
    """A row fails unless its largest of ten scores lies between the logarithms of float32's extremes."""
    if shift:
        return {"nonfinite_fraction": (0.0, 0.0)}
    highest, lowest = np.log(3.4028235e38), np.log(0.7e-45)
    failing = 1 - stats.norm.cdf(highest / scale) ** 10 + stats.norm.cdf(lowest / scale) ** 10
    return {"nonfinite_fraction": (failing, 5 * math.sqrt(failing * (1 - failing) / 10_000))}


def log_of_zero(clip: float) -> dict[str, tuple[float, float]]:
    return {"nonfinite_fraction": (float(clip < 0.7e-45), 0.0)}


def zero_over_zero(fill: float) -> dict[str, tuple[float, float]]:
    """Nothing is finite without a fill; with one, 0 times it adds nothing."""
    return {"nonfinite_fraction": (0.0, 0.0), "bias_nats": (0.0, 1e-12)} if fill else {"nonfinite_fraction": (1.0, 0.0)}


def piecewise_constant(step: int, steps_per_epoch: int, boundaries: list[int], factors: list[float]) -> float:
    """Each boundary that was passed takes the next factor."""
    return factors[sum(step > boundary * steps_per_epoch for boundary in boundaries)]


def power_of_kernels(weights: dict[str, list[float]], strength: float, power: float, floor: float) -> float:
    values = [value for name, values in weights.items() if not name.endswith("bias") for value in values]
    return strength * math.fsum(math.exp(power * math.log(max(abs(value), floor))) for value in values)


def cnn(x: Any, weights: dict[str, Any], **parameters: Any) -> Any:
    """The network of `cnn_oracles`, with the references of its pooling and normalizer."""

    def reference(kind: str) -> Callable[..., Any]:
        block = parameters[kind]
        settings = {key: value for key, value in block.items() if key != "name"}
        return lambda given: ORACLES[kind, block["name"]].reference(given, **settings)

    return cnn_oracles.cnn(
        x,
        weights,
        parameters["convolutions"],
        parameters["batch_norm_epsilon"],
        reference("pooling"),
        reference("normalizer"),
    )


def lenet5(
    x: Any, weights: dict[str, Any], activation: dict[str, Any], pooling: dict[str, Any], **settings: Any
) -> Any:
    """The network of `network_oracles`, with the references of its activation and pooling."""
    size = pooling["size"]
    pool = partial(ORACLES["pooling", pooling["name"]].reference, size=size)
    one = ORACLES["activation", activation["name"]].reference
    return network_oracles.lenet5(x, weights, settings["channels"], settings["hidden"], one, pool)


NORMAL = {"name": "normal", "std": 0.01}
ZEROS = {"name": "zeros"}
INITIAL = {"weights_initializer": NORMAL, "biases_initializer": ZEROS}
UNITS = {"centers": {"name": "random", "count": 6}, "widths": {"name": "spread", "factor": 1}, **INITIAL}
PENALTIES = tuple({"strength": strength, "biases": biases} for strength in (0.1, 2) for biases in (True, False))
LINEAR = {"std": 1e-4, "images": 50, "entries": 20}
STEPS_TRIED = (("forward", 1e-4), ("central", 1e-4), ("forward", 1e-6), ("central", 1e-5))
LAYER = {"inputs": [4, 3, 5], "score_gap": -0.55}
TOY = {"lr": 0.1, "decay": 0.95, "regularization": 5e-6, "batch": 200, "steps": 100}
CNN = {
    "batch_norm_momentum": 0.9,
    "batch_norm_epsilon": 0.01,
    "activation": {"name": "relu"},
    "weights_initializer": {"name": "variance_scaling", "factor": 1},
    "biases_initializer": ZEROS,
}
LP = {"name": "lp_gaussian", "power": 2, "sigma": 0.8, "epsilon": 1e-3}
SELU = {"scale": 1.0507, "alpha": 1.67326}

LOGISTIC = {
    "hidden_activation": {"name": "identity"},
    "output_activation": {"name": "sigmoid"},
    "weights_initializer": NORMAL,
}
CLIPS = ({"clip": 1e-10}, {"clip": 0.05})
ADAMS = (
    {"lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
    {"lr": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
)

ORACLES: dict[tuple[str, str], Oracle] = {
    ("activation", "identity"): Oracle(lambda x: x),
    ("activation", "sigmoid"): Oracle(sigmoid),
    ("activation", "tanh"): Oracle(math.tanh),
    ("activation", "relu"): Oracle(lambda x: (x + abs(x)) / 2),
    ("activation", "relu_product"): Oracle(lambda x: x if x > 0 else 0 * x),
    ("activation", "selu"): Oracle(selu, (SELU, {"scale": 2.0, "alpha": 0.5})),
    ("activation", "hardswish"): Oracle(hardswish),
    ("activation", "leaky_relu"): Oracle(
        lambda x, slope: max(x, 0) + slope * min(x, 0), ({"slope": 0.2}, {"slope": 0})
    ),
    ("activation", "relu6"): Oracle(lambda x: statistics.median((0, x, 6))),
    ("activation", "elu"): Oracle(
        lambda x, alpha: x if x > 0 else alpha * math.expm1(x), ({"alpha": 1}, {"alpha": 0.3})
    ),
    ("activation", "softplus"): Oracle(lambda x: max(x, 0) + math.log1p(math.exp(-abs(x)))),
    ("averaging", "exponential"): Oracle(exponential, ({"decay": 0.99}, {"decay": 0.3})),
    ("averaging", "none"): Oracle(lambda start, weights: start),
    ("centers", "random"): Oracle(rbf_oracles.random, ({"count": 7}, {"count": 60})),
    ("centers", "k_means"): Oracle(
        rbf_oracles.k_means, tuple({"count": count, "examples": 60, "iterations": 100} for count in (1, 7))
    ),
    ("centers", "orthogonal_least_squares"): Oracle(
        rbf_oracles.orthogonal_least_squares,
        tuple({"count": count, "candidates": 60, "examples": 60} for count in (1, 7, 30)),
    ),
    ("input", "shift_scale"): Oracle(
        lambda byte, shift, scale: byte / scale - shift / scale,
        ({"shift": 128, "scale": 255}, {"shift": -0.5, "scale": 2.0}),
    ),
    ("input", "mean_image"): Oracle(lambda byte, column: byte - statistics.mean(column)),
    ("input", "standardize"): Oracle(lambda byte, column: (byte - statistics.mean(column)) / statistics.pstdev(column)),
    ("loss", "hinge"): Oracle(hinge, ({"margin": 5}, {"margin": 0.5})),
    ("loss", "cross_entropy"): Oracle(nats),
    ("loss", "kl_divergence"): Oracle(kl_divergence, ({"clip": 1e-9}, {"clip": 0.05}), gradient=softmax_less_target),
    ("loss", "focal"): Oracle(
        focal,
        tuple({"gamma": gamma, "alpha": alpha} for gamma, alpha in ((2, 0.1), (0, 1), (0.5, 0.25), (1, 1))),
    ),
    ("loss", "nll"): Oracle(lambda scores, target: -scores[target]),
    ("loss", "clipped_nll"): Oracle(
        lambda scores, target, clip: -math.log(statistics.median((clip, scores[target], 1))),
        ({"clip": 1e-10}, {"clip": 0.3}),
    ),
    ("loss", "squared_euclidean"): Oracle(cnn_oracles.squared_euclidean),
    ("loss", "positive_cross_entropy"): Oracle(positive_cross_entropy, CLIPS),
    ("loss", "binary_cross_entropy"): Oracle(binary_cross_entropy, CLIPS),
    ("loss", "squared_error"): Oracle(squared_error),
    ("initializer", "normal"): Oracle(lambda std: stats.norm(0, std), ({"std": 0.01}, {"std": 3})),
    ("initializer", "truncated_normal"): Oracle(
        lambda std: stats.truncnorm(-2, 2, scale=std), ({"std": 0.1}, {"std": 2})
    ),
    ("initializer", "constant"): Oracle(lambda value: float(value), ({"value": 0.1}, {"value": -3})),
    ("initializer", "zeros"): Oracle(lambda: 0.0),
    ("initializer", "uniform"): Oracle(
        lambda limit: stats.uniform(-limit, 2 * limit), ({"limit": 0.05}, {"limit": 3.0})
    ),
    ("initializer", "uniform_fan"): Oracle(  # of the 200 x 100 matrix that `agreement` draws
        lambda: stats.uniform(-math.sqrt(6 / 300), 2 * math.sqrt(6 / 300))
    ),
    ("initializer", "variance_scaling"): Oracle(  # of the 200 x 100 matrix that `agreement` draws
        lambda factor: stats.truncnorm(-2, 2, scale=math.sqrt(1.3 * factor / 100)), ({"factor": 1}, {"factor": 2})
    ),
    ("network", "lstm_language_model"): Oracle(
        sequence_oracles.lstm_language_model,
        tuple(
            {
                "width": 5,
                "layers": layers,
                "keep": 0.5,
                "tied": tied,
                "forget_bias": 1.0,
                "weights_initializer": {"name": "uniform", "limit": 0.05},
            }
            for layers, tied in ((2, True), (1, False))
        ),
    ),
    ("network", "bahdanau_lstm"): Oracle(translation_oracles.bahdanau_lstm, (translation_oracles.BAHDANAU,)),
    ("network", "seq2seq_lstm"): Oracle(translation_oracles.seq2seq_lstm, translation_oracles.SEQ2SEQ),
    ("sequences", "sentence_pairs"): Oracle(
        translation_oracles.sentence_pairs, ({"rows": 3, "pool": 2}, {"rows": 20, "pool": 1})
    ),
    ("sequences", "streams"): Oracle(
        sequence_oracles.streams,
        (
            {"rows": 3, "steps": 4, "evaluation_rows": 1},
            {"rows": 1, "steps": 5, "evaluation_rows": 4},
        ),
    ),
    ("normalizer", "identity"): Oracle(lambda scores: scores),
    ("normalizer", "softmax"): Oracle(lambda scores: [math.exp(value) for value in cnn_oracles.log_softmax(scores)]),
    ("normalizer", "log_softmax"): Oracle(cnn_oracles.log_softmax),
    ("normalizer", "abs_max"): Oracle(cnn_oracles.shares(abs)),
    ("normalizer", "square_max"): Oracle(cnn_oracles.shares(lambda x: x * x)),
    ("normalizer", "plus_one_abs_max"): Oracle(cnn_oracles.shares(lambda x: 1 + abs(x))),
    ("normalizer", "log_plus_one_abs_max"): Oracle(
        lambda scores: [math.log(share) for share in cnn_oracles.shares(lambda x: 1 + abs(x))(scores)]
    ),
    ("normalizer", "non_negative_max"): Oracle(cnn_oracles.shares(lambda x: max(0.0, x))),
    ("optimizer", "sgd"): Oracle(
        sgd,
        (
            {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
            {"lr": 0.3, "momentum": 0, "weight_decay": 0.01},
            {"lr": 0.1, "momentum": 0.5, "weight_decay": 0},
        ),
    ),
    ("optimizer", "nesterov"): Oracle(nesterov, ({"lr": 0.1, "momentum": 0.9}, {"lr": 0.02, "momentum": 0.5})),
    ("optimizer", "adagrad"): Oracle(
        adagrad, ({"lr": 0.1, "initial": 0.1, "epsilon": 1e-8}, {"lr": 0.5, "initial": 0, "epsilon": 1e-3})
    ),
    ("optimizer", "rmsprop"): Oracle(
        rmsprop, ({"lr": 0.01, "rho": 0.5, "epsilon": 1e-7}, {"lr": 0.03, "rho": 0.99, "epsilon": 1e-3})
    ),
    ("optimizer", "adadelta"): Oracle(
        adadelta, ({"lr": 1, "rho": 0.9, "epsilon": 1e-6}, {"lr": 0.5, "rho": 0.5, "epsilon": 1e-3})
    ),
    ("optimizer", "adam"): Oracle(adam, ADAMS),
    ("optimizer", "adam_uncorrected"): Oracle(adam_uncorrected, ADAMS),
    ("measure", "half_squared_norm"): Oracle(lambda parameters: power_sum(parameters, 2, False) / 2),
    ("measure", "mean_absolute_weight"): Oracle(
        lambda parameters: power_sum(parameters, 1, False) / power_sum(parameters, 0, False)
    ),
    ("measure", "small_weights_share"): Oracle(
        lambda parameters, below: statistics.mean(
            100.0 * (abs(value) < below)
            for name, values in parameters.items()
            if not name.endswith("bias")
            for value in values
        ),
        ({"below": 0.5}, {"below": 1e-6}),
    ),
    ("measure", "positive_cross_entropy"): Oracle(partial(averaged_over, positive_cross_entropy), CLIPS),
    ("measure", "binary_cross_entropy"): Oracle(partial(averaged_over, binary_cross_entropy), CLIPS),
    ("measure", "mean_squared_error"): Oracle(partial(averaged_over, squared_error)),
    ("measure", "root_mean_squared_error"): Oracle(
        lambda scores, targets: math.sqrt(averaged_over(squared_error, scores, targets))
    ),
    ("measure", "negatives_probability"): Oracle(
        lambda scores, targets: statistics.mean(
            row[0] for row, target in zip(scores, targets, strict=True) if target == 0
        )
    ),
    ("measure", "last_batch_loss"): Oracle(lambda objective: objective),
    ("measure", "generalization_gap"): Oracle(cnn_oracles.generalization_gap),
    ("radial", "gaussian"): Oracle(rbf_oracles.RADIALS["gaussian"]),
    ("radial", "reflected_sigmoid"): Oracle(rbf_oracles.RADIALS["reflected_sigmoid"]),
    ("radial", "inverse_multiquadric"): Oracle(rbf_oracles.RADIALS["inverse_multiquadric"]),
    ("measure", "predicted_class_share"): Oracle(cnn_oracles.predicted_class_share),
    ("measure", "largest_magnitude_accuracy"): Oracle(cnn_oracles.largest_magnitude_accuracy),
    ("pooling", "max_pool"): Oracle(cnn_oracles.max_pool, ({"size": 2}, {"size": 3})),
    ("pooling", "lp_gaussian"): Oracle(
        cnn_oracles.lp_gaussian,
        tuple(
            {"power": power, "sigma": sigma, "epsilon": epsilon}
            for power, sigma, epsilon in (
                (-2, 0.8, 0),
                (-1, 0.8, 1e-3),
                (0.5, 1, 0),
                (1, 0.8, 0),
                (2, 0.5, 0.1),
                (4, 0.8, 0),
            )
        ),
    ),
    ("regularizer", "l2_of_kernels"): Oracle(
        lambda weights, strength: strength * power_sum(weights, 2, False) / 2, ({"strength": 0.1}, {"strength": -2})
    ),
    ("regularizer", "l2_of_matrices"): Oracle(  # of those weights that `agreement` draws, all matrices but the bias
        lambda weights, strength: strength * power_sum(weights, 2, False) / 2, ({"strength": 0.1}, {"strength": 3})
    ),
    ("regularizer", "lp_of_kernels"): Oracle(
        power_of_kernels,
        tuple(
            {"strength": strength, "power": power, "floor": floor}
            for power in (-2, -1, 0.5, 1, 2, 4)
            for strength, floor in ((0.1, 1e-12), (-2, 0.3))
        ),
    ),
    ("regularizer", "l1"): Oracle(
        lambda weights, strength, biases: strength * power_sum(weights, 1, biases), PENALTIES
    ),
    ("regularizer", "l2"): Oracle(
        lambda weights, strength, biases: strength * power_sum(weights, 2, biases) / 2, PENALTIES
    ),
    ("probe", "scheduled_rate"): Oracle(
        lambda schedule, base, steps, steps_per_epoch: {
            "final_learning_rate": (base * schedule["factor"] ** (steps // steps_per_epoch), 1e-15)
        },
        (
            {
                "schedule": {"name": "exponential_decay", "factor": 0.9, "staircase": True},
                "base": 0.8,
                "steps": 30_000,
                "steps_per_epoch": 550,
            },
        ),
    ),
    ("schedule", "constant"): Oracle(lambda step, steps_per_epoch: 1.0),
    ("schedule", "decay_each_epoch"): Oracle(decay_each_epoch, ({"factor": 0.95}, {"factor": 0.5})),
    ("schedule", "exponential_decay"): Oracle(
        lambda step, steps_per_epoch, factor, staircase: math.exp(
            math.log(factor) * (step // steps_per_epoch if staircase else step / steps_per_epoch)
        ),
        ({"factor": 0.99, "staircase": False}, {"factor": 0.5, "staircase": True}),
    ),
    ("series", "confusion"): Oracle(
        lambda scores, targets: {
            "confusion": [
                float(sum(t == i and list(x).index(max(x)) == j for x, t in zip(scores, targets, strict=True)))
                for i in range(len(scores[0]))
                for j in range(len(scores[0]))
            ]
        }
    ),
    ("series", "evenly_spaced"): Oracle(
        lambda scores, targets, every: {
            "score": [row[-1] for i, row in enumerate(scores) if i % every == 0],
            "target": [target for i, target in enumerate(targets) if i % every == 0],
        },
        ({"every": 1}, {"every": 3}, {"every": 50}),
    ),
    ("schedule", "linear_decay"): Oracle(
        lambda step, steps_per_epoch, hold, epochs, least: float(
            np.interp(step / steps_per_epoch, [hold, epochs], [1, least])
        ),
        ({"hold": 3, "epochs": 9, "least": 0.1}, {"hold": 0, "epochs": 2.5, "least": 0}),
    ),
    ("solver", "ridge"): Oracle(rbf_oracles.ridge, tuple({"strength": strength} for strength in (0, 1e-6, 2))),
    ("widths", "spread"): Oracle(rbf_oracles.spread, ({"factor": 1}, {"factor": 3.5})),
    ("widths", "nearest"): Oracle(
        rbf_oracles.nearest, ({"neighbours": 1, "factor": 1}, {"neighbours": 4, "factor": 0.7})
    ),
    ("schedule", "piecewise_constant"): Oracle(
        piecewise_constant,
        ({"boundaries": [10, 30], "factors": [1, 0.1, 0.05]}, {"boundaries": [3], "factors": [0.5, 2]}),
    ),
    ("model", "cnn"): Oracle(
        cnn,
        (
            {
                "channels": [3, 4],
                "convolutions": [1, 2],
                "pooling": {"name": "max_pool", "size": 2},
                "normalizer": {"name": "softmax"},
                **CNN,
            },
            {
                "channels": [2, 3, 3],
                "convolutions": [2, 1, 1],
                "pooling": LP,
                "normalizer": {"name": "plus_one_abs_max"},
                **CNN,
            },
        ),
        cnn_oracles.cnn_count,
    ),
    ("model", "lenet5"): Oracle(
        lenet5,
        tuple(
            {
                "kernel": kernel,
                "channels": channels,
                "hidden": hidden,
                "keep_hidden": keep,
                "activation": {"name": "relu"},
                "pooling": {"name": "max_pool", "size": 2},
                "weights_initializer": {"name": "truncated_normal", "std": 0.1},
                "convolution_biases_initializer": ZEROS,
                "dense_biases_initializer": {"name": "constant", "value": 0.1},
            }
            for kernel, channels, hidden, keep in ((5, [3, 4], [6], 1), (3, [3], [7, 6], 0.5), (1, [2, 2, 2], [], 1))
        ),
        network_oracles.lenet5_count,
    ),
    ("model", "lstm"): Oracle(
        network_oracles.lstm,
        tuple(
            {
                "hidden": hidden,
                "steps": steps,
                "forget_bias": shift,
                "weights_initializer": {"name": "uniform_fan"},
                "biases_initializer": ZEROS,
            }
            for hidden, steps, shift in (([6, 6], 8, 1), ([5], 1, 1), ([4, 3, 2], 4, 0), ([3, 5], 32, -0.5))
        ),
        network_oracles.lstm_count,
    ),
    ("backbone", "efficientnet_lite0"): Oracle(
        backbone_oracles.efficientnet_lite0, ({"weights": "random", "batch_norm_momentum": 0.9},)
    ),
    ("backbone", "inception_v3"): Oracle(
        backbone_oracles.inception_v3, ({"weights": "random", "batch_norm_momentum": 0.9},)
    ),
    ("subset", "balanced"): Oracle(backbone_oracles.balanced, ({"per_class": 1}, {"per_class": 3})),
    ("model", "fine_tuned"): Oracle(
        backbone_oracles.fine_tuned,
        (
            {
                "backbone": {"name": "efficientnet_lite0", "weights": "random", "batch_norm_momentum": 0.9},
                "from_trunk": False,
                "trained": "last_block",
                "fixed_statistics": False,
                "weights_initializer": {"name": "truncated_normal", "std": 0.001},
                "biases_initializer": {"name": "zeros"},
            },
        ),
        backbone_oracles.fine_tuned_count,
    ),
    ("model", "mlp"): Oracle(
        mlp,
        (
            {"hidden": [12], "activation": {"name": "tanh"}, **INITIAL},
            {"hidden": [9, 7], "activation": {"name": "selu", **SELU}, **INITIAL},
            {"hidden": [], "activation": {"name": "identity"}, **INITIAL},
        ),
        mlp_count,
    ),
    ("model", "mlp_crelu"): Oracle(
        mlp_crelu,
        ({"hidden": [12], **INITIAL}, {"hidden": [9, 7], **INITIAL}, {"hidden": [], **INITIAL}),
        mlp_crelu_count,
    ),
    ("model", "mlp_dropout"): Oracle(
        mlp,
        (
            {"hidden": [12], "activation": {"name": "relu"}, "keep_inputs": 0.8, "keep_hidden": 0.5, **INITIAL},
            {"hidden": [9, 7], "activation": {"name": "tanh"}, "keep_inputs": 1.0, "keep_hidden": 0.5, **INITIAL},
        ),
        mlp_count,
    ),
    ("model", "mlp_probabilities"): Oracle(
        mlp_probabilities,
        (
            {"hidden": [3], "biases": True, **LOGISTIC},
            {"hidden": [9, 7], "biases": False, **LOGISTIC, "hidden_activation": {"name": "tanh"}},
            {"hidden": [], "biases": True, **LOGISTIC, "output_activation": {"name": "identity"}},
        ),
        mlp_probabilities_count,
    ),
    ("model", "mlp_biases_as_weights"): Oracle(
        mlp,
        (
            {"hidden": [], "activation": {"name": "identity"}, "weights_initializer": NORMAL},
            {"hidden": [9, 7], "activation": {"name": "tanh"}, "weights_initializer": {"name": "uniform_fan"}},
        ),
        mlp_count,
    ),
    ("model", "mlp_preactivation_gradient"): Oracle(
        mlp,
        (
            {"hidden": [12], "activation": {"name": "tanh"}, **INITIAL},
            {"hidden": [9, 7], "activation": {"name": "sigmoid"}, **INITIAL},
        ),
        mlp_count,
    ),
    ("model", "rbf"): Oracle(
        rbf_oracles.rbf,
        tuple(
            {"radial": {"name": name}, "train_centers": flag, "train_widths": not flag, **UNITS}
            for name in rbf_oracles.RADIALS
            for flag in (True, False)
        ),
        rbf_oracles.rbf_count,
    ),
    ("probe", "softmax_overflow"): Oracle(
        softmax_overflow,
        tuple({"scale": scale, "shift": shift} for scale in (1, 50, 1000) for shift in (False, True)),
    ),
    ("probe", "log_of_zero"): Oracle(log_of_zero, ({"clip": 0}, {"clip": 1e-9}, {"clip": 1e-50})),
    ("probe", "zero_over_zero"): Oracle(zero_over_zero, ({"fill": 0}, {"fill": 1e-9}, {"fill": 1e-3})),
    ("probe", "initial_loss"): Oracle(
        probe_oracles.initial_loss, tuple({"std": std, "images": 500} for std in (0, 1e-4))
    ),
    ("probe", "linear_gradient_check"): Oracle(
        probe_oracles.linear_gradient_check,
        tuple(LINEAR | {"difference": name, "regularization": 0, "h": h} for name, h in STEPS_TRIED),
    ),
    ("probe", "initial_loss_on_images"): Oracle(
        probe_oracles.initial_loss, tuple({"std": std, "images": 500} for std in (0, 1e-4))
    ),
    ("probe", "linear_gradient_check_on_images"): Oracle(
        probe_oracles.linear_gradient_check_on_images,
        tuple(LINEAR | {"difference": name, "regularizations": [0, 0.5], "h": h} for name, h in STEPS_TRIED),
    ),
    ("probe", "softmax_loops_and_matrices_on_images"): Oracle(
        probe_oracles.softmax_loops_and_matrices_on_images,
        tuple(
            {"library": library, "std": 1e-4, "images": 50, "regularization": 0.5, "repeats": 2}
            for library in ("numpy", "torch")
        ),
    ),
    ("probe", "three_layer_gradient_check"): Oracle(
        probe_oracles.three_layer_gradient_check,
        tuple(
            {"gradient": gradient, "difference": difference, "h": 1e-5, "regularization": 0.05}
            for gradient in ("correct", "preactivations", "plus_one", "as_printed")
            for difference in ("forward", "central")
        ),
    ),
    ("probe", "gradient_convergence"): Oracle(
        probe_oracles.gradient_convergence,
        tuple(LINEAR | {"difference": difference} for difference in ("forward", "central")),
    ),
    ("probe", "softmax_layer_gradient"): Oracle(
        probe_oracles.softmax_layer_gradient, (LAYER | {"row": 0, "column": 0}, LAYER | {"row": 2, "column": 1})
    ),
    ("probe", "softmax_layer_difference"): Oracle(
        probe_oracles.softmax_layer_difference,
        tuple(
            LAYER | {"row": row, "column": row % 2, "difference": difference, "h": 1e-3}
            for row in (1, 2)
            for difference in ("forward", "central")
        ),
    ),
    ("probe", "softmax_loops_and_matrices"): Oracle(
        probe_oracles.softmax_loops_and_matrices,
        tuple(
            {"library": library, "std": 1e-4, "images": 50, "regularization": 0.5, "repeats": 2}
            for library in ("numpy", "torch")
        ),
    ),
    ("probe", "three_layer_toy"): Oracle(
        probe_oracles.three_layer_toy,
        tuple(
            TOY | {"gradient": gradient, "streams": streams}
            for gradient in ("correct", "preactivations", "plus_one", "as_printed")
            for streams in ("course", "drawn")
        ),
    ),
    ("probe", "optimizer_path"): Oracle(
        optimizer_path,
        tuple(
            {"function": function, "optimizer": optimizer, "start_x": -1.2, "start_y": 1.0, "steps": steps}
            for function, optimizer, steps in (
                ("quadratic", {"name": "sgd", "lr": 0.02, "momentum": 0.9, "weight_decay": 0}, 25),
                ("rosenbrock", {"name": "adam", **ADAMS[1]}, 21),
                ("rosenbrock", {"name": "adagrad", "lr": 0.5, "initial": 0, "epsilon": 1e-3}, 3),
            )
        ),
    ),
    ("probe", "three_layer_toy_score"): Oracle(
        probe_oracles.three_layer_toy_score, ({"row": 0, "column": 0}, {"row": 4, "column": 2})
    ),
    ("probe", "normalizer_gradient_ratio"): Oracle(
        cnn_oracles.normalizer_gradient_ratio,
        tuple(
            {"normalizer": {"name": one}, "baseline_normalizer": {"name": other}, "clip": 1e-10}
            for one, other in (("square_max", "abs_max"), ("abs_max", "square_max"))
        ),
    ),
    ("probe", "normalizer_convexity"): Oracle(
        cnn_oracles.normalizer_convexity,
        tuple({"normalizer": {"name": name}, "clip": 1e-10} for name in ("softmax", "abs_max", "plus_one_abs_max")),
    ),
    ("probe", "gaussian_window"): Oracle(cnn_oracles.gaussian_window, ({"sigma": 0.8}, {"sigma": 2})),
}
