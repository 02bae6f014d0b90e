"""The way that an optimizer takes on a function of two variables: report 004's optimizers as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from replab.errors import unknown
from replab.probes.measured import Measured
from replab.ranges import Component, Count, Real, Word
from replab.valleys import VALLEYS

DENSE = 20


def optimizer_path(*, function: Word, optimizer: Component, start_x: Real, start_y: Real, steps: Count) -> Measured:
    """Where `optimizer` stands on a function of two variables after 0, 1, ..., 20 steps, then after a tenth more each.

    `x_at_step_N`, `y_at_step_N` for those steps and the last; `final_value` is f after the last step. In float64,
    with the exact gradient, so that it has no seed. It ends before the point that is not finite, after
    `finite_steps`; there is then no final value. Raises ReplabError for an unknown function.

    Source: report 004, which compares the optimizers in words; functions as usual in the literature.
    """
    if function not in VALLEYS:
        raise unknown("function", function, VALLEYS)
    points = path_of(VALLEYS[function], optimizer, (start_x, start_y), steps)
    measured: Measured = {"finite_steps": (float(len(points) - 1), "steps")}
    for step in (step for step in shown_steps(steps) if step < len(points)):
        x, y = points[step]
        measured |= {f"x_at_step_{step}": (x, ""), f"y_at_step_{step}": (y, "")}
    if len(points) > steps:
        final = VALLEYS[function](*torch.tensor(points[-1], dtype=torch.float64))
        measured["final_value"] = (float(final), "")
    return measured


def path_of(
    function: Callable[[Any, Any], Any], optimizer: Callable[..., Any], start: tuple[float, float], steps: int
) -> list[tuple[float, float]]:
    """The start and the point after each step, up to the last before one that is not finite."""
    place = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    made, points = optimizer(parameters=[place]), [start]
    for _ in range(steps):
        made.zero_grad()
        function(*place).backward()
        made.step()
        point = (place[0].item(), place[1].item())
        if not all(map(math.isfinite, point)):
            break
        points.append(point)
    return points


def shown_steps(steps: int) -> list[int]:
    """0, 1, ..., 20, then steps a tenth apart, and the last: what is recorded of a path."""
    shown = [step for step in range(DENSE + 1) if step < steps]
    while (following := max(shown[-1] + 1, -(-11 * shown[-1] // 10))) < steps:
        shown.append(following)
    return [*shown, steps]
