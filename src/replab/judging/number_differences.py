"""Step 2 for a printed difference of two variants, where the runs have no seeds that pair them.

Where does the difference of one more run of each fall? Within d ± t(nu) e, with d the difference of our means, e^2 =
s1^2 (1/n1 + 1/k) + s2^2 (1/n2 + 1/k) for means of k further runs, and Welch's nu (`two_samples`). Routes as for other
numbers (`numbers`): by ranks where the runs of either variant are not normal, and then from the least difference to
the greatest: the next run of each lies between its least and its greatest with probability (n - 1) / (n + 1), and
both do with the product of these. A gap between the runs is not looked for. p is that of `numbers`, with e in the
place of the error, and n the runs of the variant with fewer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from replab.judging.least_runs import ALPHA, LEAST_RUNS
from replab.judging.number_part import Number
from replab.judging.numbers import (
    CONFIDENCE,
    CONSTANT,
    DIVERGED,
    EQUAL,
    NORMAL,
    NOTHING,
    RANKS,
    SINGLE,
    STRETCH,
    first_choice,
    is_apart,
    is_inside,
    is_normal,
    size_of,
    unseen_p,
)
from replab.judging.planning import MOST_SEEDS
from replab.judging.statistics import agree
from replab.judging.two_samples import MeanDifference, from_moments, moments
from replab.judging.values import Seen


def difference_columns(found: Seen, part: Number, family: int) -> dict[str, Any]:
    """What the runs of two variants say of a printed difference: the columns of `numbers.number_columns`."""
    assert found.arms is not None and part.resolution is not None
    values, route = found.values, _route(found, part.of_runs)
    columns: dict[str, Any] = {"route": route, "n": found.count, "seeds_needed": None}
    if route == NOTHING:
        return columns
    if route == DIVERGED:
        return columns | {"p_value": unseen_p(len(found.diverged))}
    low, high, confidence = _interval(found, route, part.of_runs)
    columns |= {
        "center": "median" if route == RANKS else "mean",
        "estimate": float(np.median(values) if route == RANKS else values.mean()),
        "low": low,
        "high": high,
        "interval": "prediction" if route == NORMAL else "exact",
        "confidence": confidence,
        "runs_low": float(values.min()),
        "runs_high": float(values.max()),
        "inside": is_inside(part.printed, low, high),
        "narrow": (high - low) / 2 <= size_of(part.resolution),
        "apart": is_apart(values, part.printed, part.resolution, route),
        "p_value": _p(found, part) if route in (NORMAL, RANKS) else math.nan,
    }
    if route == EQUAL and not columns["inside"]:
        columns["p_value"] = unseen_p(found.count)
    return columns | {"seeds_needed": _runs_needed(found, part, columns, family)}


def _route(found: Seen, of_runs: int) -> str:
    if not found.count:
        return DIVERGED if found.diverged and not found.missing else NOTHING
    if agree(found.values):
        return CONSTANT if found.constant else SINGLE if found.count == 1 else EQUAL
    if found.count == 1:
        return SINGLE
    assert found.arms is not None
    return NORMAL if of_runs > 1 or all(agree(arm) or is_normal(arm) for arm in found.arms) else RANKS


def _interval(found: Seen, route: str, of_runs: int) -> tuple[float, float, float]:
    """Where the difference of one more run of each (or of the means of `of_runs`) falls, and how sure that is."""
    assert found.arms is not None
    if route == SINGLE:
        return math.nan, math.nan, math.nan
    if route == NORMAL:
        return *_further(found, of_runs).welch_interval(CONFIDENCE), CONFIDENCE
    confidence = math.prod((len(arm) - 1) / (len(arm) + 1) for arm in found.arms) if route == RANKS else math.nan
    return float(found.values.min()), float(found.values.max()), confidence


def _further(found: Seen, of_runs: int, n: int | None = None) -> MeanDifference:
    """The difference of further runs; with n as if there were so many runs of each."""
    assert found.arms is not None
    first, second = ((mean, deviation, n or size) for mean, deviation, size in map(moments, found.arms))
    return from_moments(first, second, further=of_runs)


def _p(found: Seen, part: Number, n: int | None = None) -> float:
    """The two-sided p of "one more run of each prints this difference"; with n as if there were so many of each."""
    further, number = _further(found, part.of_runs, n), part.printed
    distance = max(0.0, number.low - further.estimate, further.estimate - number.high)
    if distance == 0:
        return 1.0
    tail = 0.0 if further.error == 0 else 2 * stats.t.sf(distance / (STRETCH * further.error), further.degrees)
    return max(float(tail), unseen_p(n or found.count))


def _runs_needed(found: Seen, part: Number, columns: dict[str, Any], family: int) -> int | None:
    """The runs of each that would decide, if they go on as so far; None where 1,000 would not do."""
    choices, route = range(found.count + 1, MOST_SEEDS + 1), columns["route"]
    if route == SINGLE:
        return LEAST_RUNS
    if part.of_runs > 1 or route not in (NORMAL, RANKS, EQUAL):
        return None
    if columns["inside"]:
        narrow = size_of(part.resolution)  # type: ignore[arg-type]

        def is_narrow(n: int) -> bool:
            low, high = _further(found, 1, n).welch_interval(CONFIDENCE)
            return (high - low) / 2 <= narrow

        return first_choice(choices, is_narrow) if route == NORMAL else None
    return first_choice(choices, lambda n: _p(found, part, n) * family <= ALPHA) if columns["apart"] else None
