"""What probes must measure, to what tolerance, by closed forms and other samples; see `oracles`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Expected = dict[str, tuple[float, float]]
PIXEL_RMS, CLASS_RMS, PIXELS = 63.5, 16.6, 3072
TOY_SCORES = [
    [-0.38141594, 0.0102428, 0.42025884],
    [-0.31506721, 0.24741116, 0.45896028],
    [-0.35939606, 0.19335479, 0.13135735],
    [-0.13228368, 0.1387217, 0.07713126],
    [-0.11070252, 0.01931671, 0.0882341],
]
ANYTHING = (0.5, math.inf)


def typical_slope(images: int) -> float:
    """The root mean square of x^T (p - y) / B where all p are .1: noise of .09 a pixel, and a tenth of a class mean."""
    noise = 0.09 * (PIXEL_RMS**2 - CLASS_RMS**2) / images
    return math.sqrt(noise + 0.1 * 0.9 * CLASS_RMS**2 / 10 * (1 + 9 / images))


def truncation(difference: str, h: float, images: int) -> float:
    """The error's share of twice the slope, by Taylor's series with every p = .1 and normal pixels."""
    if difference == "forward":
        return h / 2 * 0.09 * PIXEL_RMS**2 / (2 * typical_slope(images))
    third = 0.09 * 0.8 * math.sqrt(15 / images) * PIXEL_RMS**3
    return h**2 / 6 * third / (2 * typical_slope(images))


def linear_gradient_check(difference: str, h: float, images: int, **_: Any) -> Expected:
    """Slopes are normal, with a median size of .67 standard deviations. The forward difference's error is much the
    same everywhere, the central one's is normal too, and a ratio of two normals has a median size of 1."""
    expected = truncation(difference, h, images) / (0.6745 if difference == "forward" else 1)
    return {
        "relative_error_median": (expected, 0.6 * expected),
        "relative_error_max": (0.5, 0.5),
        "autograd_distance": (0.0, 1e-14),
    }


def linear_gradient_check_on_images(difference: str, h: float, images: int, **_: Any) -> Expected:
    """A penalty on weights of 1e-4 adds next to nothing to slopes of about 2."""
    expected = linear_gradient_check(difference, h, images)
    return {name: expected[name] for name in ("relative_error_median", "relative_error_max")}


def gradient_convergence(difference: str, images: int, **_: Any) -> Expected:
    steps = [float(f"{digit}e-{power}") for power in range(1, 12) for digit in (3, 1)]
    order, best, least = {"forward": (1, 1e-9, 1e-7), "central": (2, 3e-7, 1e-10)}[difference]
    expected: Expected = {
        "order": (order, 0.02),
        "best_h": (best, 3 * best),
        "least_error": (least, 0.95 * least),
    }
    for h in steps:
        error = truncation(difference, h, images)
        smooth = 10 * best < h < 2e-3
        name = f"error_at_h_{h:.0e}".replace("e-0", "e-")
        expected[name] = (error, 0.7 * error) if smooth else (0.5, 0.5)
    return expected


def three_layer_gradient_check(gradient: str, difference: str, h: float, **_: Any) -> Expected:
    """A right gradient is off by no more than h (forward) or 1e-8; a wrong one by a good part of its size."""
    right = (0.0, {"forward": 10 * h, "central": 1e-8}[difference])
    wrong = {"preactivations": (0.4, 0.2), "plus_one": (0.86, 0.14), "as_printed": (0.86, 0.14)}
    later = wrong.get(gradient, right)
    return {
        "relative_error_median": right if gradient == "correct" else (0.5, 0.5),
        "relative_error_max": (0.5, 0.5),
        "relative_error_w1": right if gradient in ("correct", "preactivations") else later,
        "relative_error_w2": later,
        "relative_error_w3": later,
    }


def initial_loss(std: float, images: int) -> Expected:
    """By another sample: scores N(0, std^2 3072 rms^2), whose class part is shared by a class's images."""
    generator = np.random.default_rng(1)
    scores = std * math.sqrt(PIXELS) * PIXEL_RMS * generator.normal(size=(100_000, 10))
    loss = float(np.mean(np.log(np.exp(scores).sum(1)) - scores[:, 0]))
    second = math.log(10) + 0.45 * std**2 * PIXELS * PIXEL_RMS**2
    noise = std * math.sqrt(PIXELS * (CLASS_RMS**2 / 10 + PIXEL_RMS**2 / images))
    return {
        "initial_loss_nats": (loss, 4 * noise + 1e-9),
        "predicted_loss_nats": (second, 0.02 * (second - math.log(10)) + 1e-9),
    }


def softmax_layer_gradient(inputs: list[int], score_gap: float, row: int, column: int) -> Expected:
    """x (p - y): both columns are +-x / (1 + exp(gap)), minus for the target."""
    slope = inputs[row] / (1 + math.exp(score_gap))
    return {"gradient_nats": (-slope if column == 0 else slope, 1e-12)}


def softmax_layer_difference(
    inputs: list[int], score_gap: float, row: int, column: int, difference: str, h: float
) -> Expected:
    """The loss is log(1 + exp(-gap)), and a weight of the target (the rival) moves the gap by x h (by -x h)."""
    move = inputs[row] * h * (1 if column == 0 else -1)
    after, before, start = (math.log1p(math.exp(-gap)) for gap in (score_gap + move, score_gap - move, score_gap))
    slope = (after - start) / h if difference == "forward" else (after - before) / (2 * h)
    analytic = softmax_layer_gradient(inputs, score_gap, row, column)["gradient_nats"][0]
    return {"gradient_nats": (slope, 1e-16 * 20 / h), "error_nats": (slope - analytic, 1e-16 * 20 / h)}


def softmax_loops_and_matrices(std: float, images: int, regularization: float, **_: Any) -> Expected:
    """Seconds may be any; the loss is that before training, plus the penalty of 30,730 weights."""
    loss, within = initial_loss(std, images)["initial_loss_nats"]
    penalty = regularization / 2 * (PIXELS + 1) * 10 * std**2
    loss_expected = (loss + penalty, within + 0.1 * penalty)
    free = ("speedup_median", "speedup_p5", "speedup_p95", "loop_seconds", "matrix_seconds")
    return dict.fromkeys(free, ANYTHING) | {
        "loop_loss_nats": loss_expected,
        "matrix_loss_nats": loss_expected,
        "loss_difference_nats": (0.0, 1e-12),
        "gradient_difference": (0.0, 1e-10),
    }


def softmax_loops_and_matrices_on_images(**parameters: Any) -> Expected:
    """The same without percentiles of the speedup."""
    expected = softmax_loops_and_matrices(**parameters)
    return {name: entry for name, entry in expected.items() if name not in ("speedup_p5", "speedup_p95")}


def three_layer_toy(gradient: str, streams: str, steps: int, **_: Any) -> Expected:
    """The report's final loss; +1 at the target climbs, faster and faster, to the end of float64."""
    if gradient in ("plus_one", "as_printed"):
        return {"finite_steps": (11.5, 0.6) if streams == "course" else (13.0, 0.5)}
    losses = {"preactivations": (0.029048917813040233, 1e-12), "correct": (0.04087, 1e-5)}
    return {
        "finite_steps": (float(steps), 0.0),
        "final_loss_nats": losses[gradient] if streams == "course" else (0.5, 0.5),
        "correct_fraction": (1.0, 0.0 if streams == "course" else 0.4),
    }


def three_layer_toy_score(row: int, column: int) -> Expected:
    return {"score": (TOY_SCORES[row][column], 5e-9)}
