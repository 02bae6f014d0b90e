"""Report 001's linear softmax classifier on images of a data set: the probes of `linear` and of its neighbours.

Each takes `draw` besides its parameters: `draw(n)` gives n training images at random, none twice, as a model would see
them: x [n, ...] and classes y [n]. A column of ones is appended. The images are drawn before the weights are, so that
with one seed every probe here sees the same images and the same weights, and so has the same loss.
Raises ReplabError where an image has not 3,072 values.
"""

from __future__ import annotations

import math
import time
from functools import partial

import numpy as np
import torch

from replab.errors import ReplabError, unknown
from replab.nn.centers import Draw
from replab.probes.differences import Array, Place, numerical_gradient, relative_errors
from replab.probes.linear import CLASSES, PIXELS, Classes, linear_gradient, linear_loss, normal_weights
from replab.probes.measured import Measured
from replab.probes.vectorization import LIBRARIES, by_loops, by_matrices
from replab.ranges import Count, NonNegative, NonNegatives, Positive, Word


def initial_loss_on_images(*, generator: torch.Generator, draw: Draw, std: NonNegative, images: Count) -> Measured:
    """The loss before the first step, mean(-log p_y) in nats, and what it is to second order in w ~ N(0, std^2).

    `predicted_loss_nats` = log K + (1 - 1/K) / 2 * std^2 * mean |x|^2 for K classes, see `linear.initial_loss`.

    Source: report 001, "loss: 2.357751": 500 images of CIFAR-10, less the mean image, and std 1e-4.
    """
    x, y = _drawn(draw, images)
    loss = linear_loss(normal_weights(std, generator), x, y, 0.0)
    scores_variance = std**2 * float(np.sum(x * x)) / len(x)
    predicted = math.log(CLASSES) + (1 - 1 / CLASSES) / 2 * scores_variance
    return {"initial_loss_nats": (loss, "nats"), "predicted_loss_nats": (predicted, "nats")}


def linear_gradient_check_on_images(
    *,
    generator: torch.Generator,
    draw: Draw,
    difference: Word,
    h: Positive,
    regularizations: NonNegatives,
    std: Positive,
    images: Count,
    entries: Count,
) -> Measured:
    """Relative errors |a - n| / (|a| + |n|) of a numerical gradient n at random entries, a the closed form, in float64.

    For each of `regularizations` so many `entries` are drawn anew; median and largest error are over all of them.

    Source: report 001, gradient check: two times ten entries on 500 images of CIFAR-10, less the mean image, std 1e-4.
    The public code that it was built on has h 1e-5, and regularizations of 0 and 50.
    """
    x, y = _drawn(draw, images)
    w = normal_weights(std, generator)
    errors = np.concatenate(
        [_errors(w, x, y, strength, _places(entries, generator), difference, h) for strength in regularizations]
    )
    return {
        "relative_error_median": (float(np.median(errors)), ""),
        "relative_error_max": (float(errors.max()), ""),
    }


def softmax_loops_and_matrices_on_images(
    *,
    generator: torch.Generator,
    draw: Draw,
    library: Word,
    std: Positive,
    images: Count,
    regularization: NonNegative,
    repeats: Count,
) -> Measured:
    """`vectorization.by_loops` and `by_matrices`: losses, how far results differ, how many times faster matrices are.

    After one run of each that does not count, they run in turn. Seconds are medians over the turns, `speedup_median`
    the median of loop seconds / matrix seconds of a turn; `gradient_difference` is the Frobenius norm. In float64.
    Raises ReplabError for an unknown library.

    Source: report 001, naive against vectorised: 500 images of CIFAR-10, less the mean image, std 1e-4. The public code
    that it was built on has a regularization of 5e-6.
    """
    if library not in LIBRARIES:
        raise unknown("library", library, LIBRARIES)
    x, y = _drawn(draw, images)
    w = normal_weights(std, generator)
    arrays = (w, x, y) if library == "numpy" else tuple(map(torch.from_numpy, (w, x, y)))
    versions = [partial(version, LIBRARIES[library], arrays, regularization) for version in (by_loops, by_matrices)]
    (loop_loss, loop_gradient), (loss, gradient) = (version() for version in versions)
    seconds = np.array([[_seconds(version) for version in versions] for _ in range(repeats)])
    loop_seconds, matrix_seconds = np.median(seconds, 0)
    return {
        "speedup_median": (float(np.median(seconds[:, 0] / seconds[:, 1])), ""),
        "loop_seconds": (float(loop_seconds), "seconds"),
        "matrix_seconds": (float(matrix_seconds), "seconds"),
        "loop_loss_nats": (loop_loss, "nats"),
        "matrix_loss_nats": (loss, "nats"),
        "loss_difference_nats": (abs(loop_loss - loss), "nats"),
        "gradient_difference": (float(np.linalg.norm(np.asarray(loop_gradient - gradient))), ""),
    }


def _drawn(draw: Draw, images: int) -> tuple[Array, Classes]:
    """x [images, 3073] in float64, the last column ones, and y [images]."""
    inputs, targets = draw(images)
    x = inputs.flatten(1).double()
    if x.shape[1] != PIXELS:
        raise ReplabError(f"an image has {x.shape[1]} values: this probe is for images of {PIXELS}")
    return torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], 1).numpy(), targets.numpy()


def _places(entries: int, generator: torch.Generator) -> list[Place]:
    rows = torch.randint(PIXELS + 1, (entries,), generator=generator).tolist()
    columns = torch.randint(CLASSES, (entries,), generator=generator).tolist()
    return list(zip(rows, columns, strict=True))


def _errors(
    w: Array, x: Array, y: Classes, regularization: float, places: list[Place], difference: str, h: float
) -> Array:
    """The relative errors at `places`."""
    numerical = numerical_gradient(lambda: linear_loss(w, x, y, regularization), w, places, difference=difference, h=h)
    analytic = linear_gradient(w, x, y, regularization)
    return relative_errors(np.array([analytic[place] for place in places]), numerical)


def _seconds(run: partial[tuple[float, object]]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
