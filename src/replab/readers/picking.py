"""Which point of a run's curve counts: the last, the best, or the one at a step."""

from __future__ import annotations

import math

from replab.errors import ReplabError
from replab.metric_words import direction
from replab.readers.asked import BEST, LAST, Asked
from replab.readers.runs import Point, Run


def pick_point(points: list[Point], metric: str, run: Run, asked: Asked) -> Point | None:
    """The point that counts; None where the run has none. Raises ReplabError: no point at the step, no direction."""
    if not points:
        return None
    pick = metric.partition("@")[2] or asked.pick
    if pick == LAST:
        return points[-1]
    if pick == BEST:
        finite = [point for point in points if math.isfinite(point.value)]
        best = min if lower_better(metric) else max
        return best(finite, key=lambda point: point.value) if finite else points[-1]
    step = float(pick)
    there = [point for point in points if point.step == step]
    if there:
        return there[-1]
    near = sorted({point.step for point in points if point.step is not None}, key=lambda other: abs(other - step))[:3]
    said = f"the nearest are {', '.join(f'{other:g}' for other in sorted(near))}" if near else "it has no steps"
    raise ReplabError(f"{run.source}: {metric} has no value at step {pick}; {said}")


def lower_better(metric: str) -> bool:
    """Whether less of a metric is better, by the words of its name. Raises ReplabError where they do not say."""
    if known := direction(metric):
        return known < 0
    raise ReplabError(f"is the best {metric} the highest or the lowest? Its name does not say: use --pick last")
