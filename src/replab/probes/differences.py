"""Derivatives by finite differences, and how far two gradients are apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from replab.errors import unknown

Array = np.ndarray[Any, np.dtype[np.float64]]
Place = tuple[int, ...]


def forward(f: Callable[[float], float], h: float) -> float:
    """(f(h) - f(0)) / h = f'(0) + h f''(0) / 2 + O(h^2): of first order."""
    return (f(h) - f(0.0)) / h


def central(f: Callable[[float], float], h: float) -> float:
    """(f(h) - f(-h)) / 2h = f'(0) + h^2 f'''(0) / 6 + O(h^4): of second order."""
    return (f(h) - f(-h)) / (2 * h)


DIFFERENCES = {"forward": forward, "central": central}


def numerical_gradient(
    loss: Callable[[], float], weights: Array, places: Iterable[Place], *, difference: str, h: float
) -> Array:
    """The derivative of `loss()` by `weights[place]`, for each place: [places].

    `loss` reads `weights`, which are moved by h, in place, and put back. Raises ReplabError for an unknown
    difference.
    """
    if difference not in DIFFERENCES:
        raise unknown("difference", difference, DIFFERENCES)

    def moved(place: Place) -> Callable[[float], float]:
        start = weights[place]

        def at(step: float) -> float:
            weights[place] = start + step
            value = loss()
            weights[place] = start
            return value

        return at

    return np.array([DIFFERENCES[difference](moved(place), h) for place in places])


def relative_errors(a: Array, b: Array) -> Array:
    """abs(a - b) / (abs(a) + abs(b)), entry by entry, and 0 where both are 0: between 0 and 1."""
    sizes = np.abs(a) + np.abs(b)
    return np.abs(a - b) / np.where(sizes > 0, sizes, 1.0)


def relative_distance(a: Array, b: Array) -> float:
    """norm(a - b) / (norm(a) + norm(b)) with Frobenius norms, 0 where both are 0: between 0 and 1."""
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size > 0 else 0.0
