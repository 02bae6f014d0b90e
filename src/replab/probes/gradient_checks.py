"""Numerical against analytic gradients: report 001's check, and how its error depends on the step h."""

from __future__ import annotations

import numpy as np
import torch

from replab.probes.differences import Array, Place, numerical_gradient, relative_distance, relative_errors
from replab.probes.linear import (
    CLASSES,
    PIXELS,
    linear_gradient,
    linear_gradient_by_autograd,
    linear_loss,
    made_up_images,
    normal_weights,
)
from replab.probes.measured import Measured
from replab.probes.three_layer import (
    drawn_stream,
    three_layer_gradient,
    three_layer_loss,
    toy_inputs,
    toy_weights,
)
from replab.ranges import Count, NonNegative, Positive, Word

# The steps whose error is measured; the order is fitted from `LARGEST` down to ten times the best step, where
# neither the next term of the Taylor series nor rounding is more than a hundredth of the error.
STEPS = tuple(float(f"{digit}e-{power}") for power in range(1, 12) for digit in (3, 1))
LARGEST = 1e-3
FROM_BEST = 9.0


def linear_gradient_check(
    *,
    generator: torch.Generator,
    difference: Word,
    h: Positive,
    regularization: NonNegative,
    std: Positive,
    images: Count,
    entries: Count,
) -> Measured:
    """Relative errors |a - n| / (|a| + |n|) of a softmax classifier's numerical gradient n at random entries.

    a is the closed form's entry, in float64; `autograd_distance` is the closed form's distance from torch's
    automatic gradient, over all entries. The weights are N(0, std^2).

    Source: report 001, gradient check: 20 entries, 500 images, std 1e-4; h 1e-5 as in the public code that it
    was built on. Made-up images.
    """
    x, y = made_up_images(images, generator)
    w = normal_weights(std, generator)
    places = _places(entries, generator)
    numerical = numerical_gradient(lambda: linear_loss(w, x, y, regularization), w, places, difference=difference, h=h)
    analytic = linear_gradient(w, x, y, regularization)
    automatic = linear_gradient_by_autograd(w, x, y, regularization)
    errors = relative_errors(_at(analytic, places), numerical)
    return {
        "relative_error_median": (float(np.median(errors)), ""),
        "relative_error_max": (float(errors.max()), ""),
        "autograd_distance": (relative_distance(analytic, automatic), ""),
    }


def gradient_convergence(
    *, generator: torch.Generator, difference: Word, std: Positive, images: Count, entries: Count
) -> Measured:
    """The order of a difference: the slope of log error against log h, before rounding takes over.

    The error of a step is the relative distance of the numerical from the analytic gradient of a softmax
    classifier at random entries. `best_h` has the least error.

    Source: report 001, "the accuracy is of second order": error O(h^2) of the central difference; O(h) of the
    forward one.
    """
    x, y = made_up_images(images, generator)
    w = normal_weights(std, generator)
    places = _places(entries, generator)
    analytic = _at(linear_gradient(w, x, y, 0.0), places)
    found = [
        numerical_gradient(lambda: linear_loss(w, x, y, 0.0), w, places, difference=difference, h=h) for h in STEPS
    ]
    errors = np.array([relative_distance(analytic, numerical) for numerical in found])
    best = float(STEPS[errors.argmin()])
    return {
        "order": (order_of(np.array(STEPS), errors), ""),
        "best_h": (best, ""),
        "least_error": (float(errors.min()), ""),
    } | {f"error_at_h_{step_name(h)}": (float(error), "") for h, error in zip(STEPS, errors, strict=True)}


def order_of(steps: Array, errors: Array) -> float:
    """The slope of log error against log step by least squares, from `LARGEST` to ten times the best step."""
    fitted = (steps <= LARGEST) & (steps >= FROM_BEST * steps[errors.argmin()])
    return float(np.polyfit(np.log(steps[fitted]), np.log(errors[fitted]), 1)[0])


def step_name(h: float) -> str:
    """1e-5 for 0.00001."""
    return f"{h:.0e}".replace("e-0", "e-")


def three_layer_gradient_check(
    *, generator: torch.Generator, gradient: Word, difference: Word, h: Positive, regularization: NonNegative
) -> Measured:
    """Errors of the toy network's gradient, correct or with faults, against its numerical one in float64.

    |a - n| / (|a| + |n|) over all 583 entries, and by matrix norm(a - n) / (norm(a) + norm(n)): about 1e-10
    where the gradient is right, of the order of 1 where it is not. Inputs and weights are drawn.

    Source: report 001, three-layer net, whose printed gradient has pre-activations in those of w2 and w3, and
    +1 for -1 at the target.
    """
    x, y = toy_inputs(drawn_stream(generator))
    weights = toy_weights(drawn_stream(generator))
    analytic = three_layer_gradient(weights, x, y, regularization, gradient)
    numerical = {
        name: numerical_gradient(
            lambda: three_layer_loss(weights, x, y, regularization),
            values,
            list(np.ndindex(values.shape)),
            difference=difference,
            h=h,
        ).reshape(values.shape)
        for name, values in weights.items()
    }
    errors = np.concatenate([relative_errors(analytic[name], numerical[name]).ravel() for name in weights])
    return {
        "relative_error_median": (float(np.median(errors)), ""),
        "relative_error_max": (float(errors.max()), ""),
    } | {
        f"relative_error_{name}": (relative_distance(analytic[name], numerical[name]), "")
        for name in weights
        if name.startswith("w")
    }


def _places(entries: int, generator: torch.Generator) -> list[Place]:
    rows = torch.randint(PIXELS + 1, (entries,), generator=generator).tolist()
    columns = torch.randint(CLASSES, (entries,), generator=generator).tolist()
    return list(zip(rows, columns, strict=True))


def _at(gradient: Array, places: list[Place]) -> Array:
    return np.array([gradient[place] for place in places])
