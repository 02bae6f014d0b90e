"""Softmax loss and gradient by loops over images and classes, and by matrices: report 001's two versions."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from replab.errors import unknown
from replab.probes.linear import CLASSES, made_up_images, normal_weights
from replab.probes.measured import Measured
from replab.ranges import Count, NonNegative, Positive, Word

# Either library: the functions used here have one name, and one meaning, in both.
LIBRARIES: dict[str, Any] = {"numpy": np, "torch": torch}
Arrays = tuple[Any, ...]


def by_loops(library: Any, arrays: Arrays, regularization: float) -> tuple[float, Any]:
    """Loss and gradient [D, K], an image and a class at a time; `arrays` are w [D, K], x [B, D] and y [B]."""
    w, x, y = arrays
    loss, gradient = 0.0, library.zeros_like(w)
    for image, target in zip(x, y.tolist(), strict=True):
        scores = image @ w
        p = library.exp(scores - scores.max())
        p = p / p.sum()
        loss -= float(library.log(p[target]))
        for k in range(CLASSES):
            gradient[:, k] += (p[k] - float(k == target)) * image
    return loss / len(x) + regularization / 2 * float((w * w).sum()), gradient / len(x) + regularization * w


def by_matrices(library: Any, arrays: Arrays, regularization: float) -> tuple[float, Any]:
    """Loss and gradient [D, K], of the same arrays, with two matrix products."""
    w, x, y = arrays
    scores = x @ w
    p = library.exp(scores - library.amax(scores, 1, keepdims=True))
    p = p / p.sum(1, keepdims=True)
    rows = library.arange(len(x))
    loss = -float(library.log(p[rows, y]).mean())
    p[rows, y] -= 1
    return loss + regularization / 2 * float((w * w).sum()), x.T @ p / len(x) + regularization * w


def softmax_loops_and_matrices(
    *,
    generator: torch.Generator,
    library: Word,
    std: Positive,
    images: Count,
    regularization: NonNegative,
    repeats: Count,
) -> Measured:
    """Both versions' loss, the difference of their results, and how many times faster matrices are, in float64.

    After one run of each that does not count, they run in turn; a speedup is loop seconds / matrix seconds of
    one turn. Seconds are medians over the turns, speedups their median, 5th and 95th percentile;
    `gradient_difference` is the Frobenius norm. Raises ReplabError for an unknown library.

    Source: report 001, naive against vectorised: 500 images, std 1e-4, regularization 5e-6. Made-up images.
    """
    if library not in LIBRARIES:
        raise unknown("library", library, LIBRARIES)
    x, y = made_up_images(images, generator)
    w = normal_weights(std, generator)
    arrays = (w, x, y) if library == "numpy" else tuple(map(torch.from_numpy, (w, x, y)))
    loops, matrices = (
        partial(version, LIBRARIES[library], arrays, regularization) for version in (by_loops, by_matrices)
    )
    (loop_loss, loop_gradient), (loss, gradient) = loops(), matrices()
    turns = [(_seconds(loops), _seconds(matrices)) for _ in range(repeats)]
    seconds = np.array(turns)
    low, middle, high = np.percentile(seconds[:, 0] / seconds[:, 1], (5, 50, 95))
    loop_seconds, matrix_seconds = np.median(seconds, 0)
    return {
        "speedup_median": (float(middle), ""),
        "speedup_p5": (float(low), ""),
        "speedup_p95": (float(high), ""),
        "loop_seconds": (float(loop_seconds), "seconds"),
        "matrix_seconds": (float(matrix_seconds), "seconds"),
        "loop_loss_nats": (loop_loss, "nats"),
        "matrix_loss_nats": (loss, "nats"),
        "loss_difference_nats": (abs(loop_loss - loss), "nats"),
        "gradient_difference": (float(np.linalg.norm(np.asarray(loop_gradient - gradient))), ""),
    }


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
