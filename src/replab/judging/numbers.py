"""Step 2 for a printed number: could one more of our runs have printed it?

The number comes from one run (or is the mean of k), so the question is where one more run falls, not where our mean
lies. `Further` is what the runs say of one more: of one variant (`further_runs`), or of two whose runs make no pairs
and whose difference is printed (`further_differences`). The printed digits are an interval too.

Routes, chosen by the same rules for all numbers:
- constant: no variant of the study depends on the seed; all runs count as one.
- equal: the runs of this variant agree, though others do not.
- normal: the prediction interval. It holds for runs that are near normal on their scale, which the test of Shapiro &
  Wilk (1965, Biometrika 52:591) must not refuse at the 1 % level.
- ranks: where it refuses, or a run lies at an end of the scale: the interval goes from run to run. Fewer than 39 runs
  hold the next with less than 95 %. Then the prediction interval must be narrow enough, too: runs that fail a test of
  normality are no better evidence than runs that pass it.
- clusters: likewise, and two runs or more lie on either side of a gap of more than twice the resolution. No interval
  says what such runs do; how many lie within the resolution does (`events`).
- single, diverged, nothing: one run does not say how far runs differ; there is no number; there is no run.

p is for a contradiction. It reads the distance from the mean, divided by STRETCH, as t: tails may be heavier, or
skewed, without any test of a handful of runs seeing it. It is at least 2^-n: had half of the runs another outcome,
n runs would all miss it so often. And it is 1 below LEAST_RUNS runs: a group of runs of *any* share w is not seen by n
runs, and shown by the next, with probability w (1 - w)^n, at most n^n / (n + 1)^(n + 1), which is below 5 % from 7 runs
on. `benchmarks/error_rates.md` shows what these rules achieve.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from scipy import stats

from replab.judging.events import share_columns
from replab.judging.least_runs import ALPHA, LEAST_RUNS
from replab.judging.nearness import groups, is_apart, is_inside, is_near, rank_among, width_of
from replab.judging.part_kinds import Resolution
from replab.judging.planning import MOST_SEEDS, first_choice
from replab.judging.scales import Printed
from replab.judging.statistics import agree

CONFIDENCE = 0.95
STRETCH = 1.5
NORMALITY_LEVEL = 0.01
CONSTANT, EQUAL, NORMAL, RANKS, CLUSTERS, DIVERGED, SINGLE, NOTHING = (
    "constant", "equal", "normal", "ranks", "clusters", "diverged", "single", "nothing",
)  # fmt: skip
RANKED = (NORMAL, RANKS, CLUSTERS)  # runs that differ; of differences there are more values than runs
WELL_BELOW_5_PERCENT = 0.05


class Further(Protocol):
    """What the runs seen say of one more (or of the mean of `of_runs` more).

    `values` [R] are those seen, or the differences of all pairs; `count`: how many runs there are, of two variants the
    lesser number; `diverged`: how many are without a value; `all_diverged`: whether that is why there are none;
    `constant`: no variant of the study depends on the seed.
    """

    @property
    def values(self) -> np.ndarray: ...
    @property
    def count(self) -> int: ...
    @property
    def diverged(self) -> int: ...
    @property
    def of_runs(self) -> int: ...
    @property
    def all_diverged(self) -> bool: ...
    @property
    def constant(self) -> bool: ...

    def route(self, resolution: Resolution) -> str:
        """By which of the routes above the runs are judged, where they differ."""

    def interval(self, route: str, n: int | None = None) -> tuple[float, float, float]:
        """(low, high, how sure) of where it falls, in the metric's unit; with n as if so many runs had this spread."""

    def p(self, number: Printed, n: int | None = None) -> float:
        """The two-sided p of "it is printed as this number"; with n as if so many runs had this mean and spread."""


def route_of(further: Further, resolution: Resolution) -> str:
    """By which of the routes above the runs are judged."""
    if not further.count:
        return DIVERGED if further.all_diverged else NOTHING
    if agree(further.values):
        return CONSTANT if further.constant else SINGLE if further.count == 1 else EQUAL
    return further.route(resolution)


def number_columns(further: Further, number: Printed, resolution: Resolution) -> dict[str, Any]:
    """What the runs say of a printed number: the columns that a verdict and a sentence are made from.

    route as above; inside: the interval and the printed digits have a point in common; narrow: the interval's half
    width is at most the resolution, and by ranks below 95 % that of the prediction interval, too, which else is `wide`;
    width: the wider of these divided by the resolution; apart: no run comes nearer than a tenth of it, and by ranks the
    number lies beyond all runs; rank: `rank_among`, of a number from one run whose runs differ.
    """
    values, n, route = further.values, further.count, route_of(further, resolution)
    found: dict[str, Any] = {"route": route, "n": 1 if route == CONSTANT else n}
    if route == NOTHING:
        return found
    if route == DIVERGED:
        return found | {"p_value": unseen_p(further.diverged)}
    low, high, confidence = further.interval(route)
    least, greatest = float(values.min()), float(values.max())
    is_ranked = route in RANKED and len(values) == n and further.of_runs == 1
    found |= {
        "center": "mean" if route == NORMAL else "median",
        "estimate": float(values.mean() if route == NORMAL else np.median(values)),
        "low": low,
        "high": high,
        "interval": "prediction" if route == NORMAL else "exact",
        "confidence": confidence,
        "runs_low": least,
        "runs_high": greatest,
        "inside": is_inside(number, low, high),
        **_widths(further, route, resolution, (low, high, confidence)),
        "rank": rank_among(values, number) if is_ranked else math.nan,
        "apart": is_apart(values, number, resolution) and not (route == RANKS and least <= number.value <= greatest),
        "p_value": further.p(number) if route in (NORMAL, RANKS) else math.nan,
    }
    if route == CLUSTERS:
        near = int(sum(is_near(value, number, resolution) for value in values))
        p = float(stats.binom.cdf(near, n, WELL_BELOW_5_PERCENT))
        return found | share_columns(near, n) | {"p_value": p, "groups": groups(values, resolution)}
    if route == EQUAL and not found["inside"]:
        found["p_value"] = unseen_p(n)
    return found


def seeds_for_number(
    further: Further, number: Printed, resolution: Resolution, found: dict[str, Any], family: int
) -> int | None:
    """The runs that would decide, if they go on as so far: more than there are; None where even 1,000 would not.

    For one run that is printed, not for a mean of several. `found`: the `number_columns`.
    """
    route, choices = found["route"], range(further.count + 1, MOST_SEEDS + 1)
    if further.of_runs > 1 or route not in (SINGLE, NORMAL, RANKS, EQUAL):
        return None
    if route == SINGLE:
        return LEAST_RUNS
    if found["inside"]:
        return first_choice(choices, lambda n: _is_narrow(further, n, resolution)) if route == NORMAL else None
    return first_choice(choices, lambda n: further.p(number, n) * family <= ALPHA) if found["apart"] else None


def _widths(
    further: Further, route: str, resolution: Resolution, interval: tuple[float, float, float]
) -> dict[str, Any]:
    """`width` and `narrow`, and `wide`: the prediction interval where it forbids what the one by rank allows."""
    low, high, confidence = interval
    width = width_of(low, high, resolution)
    if route != RANKS or confidence >= CONFIDENCE:
        return {"width": math.nan if route == CLUSTERS else width, "narrow": width <= 1}
    normal = further.interval(NORMAL)[:2]
    wider = max(width, width_of(*normal, resolution))
    return {"width": wider, "narrow": wider <= 1} | ({"wide": normal} if width <= 1 < wider else {})


def _is_narrow(further: Further, n: int, resolution: Resolution) -> bool:
    low, high, _ = further.interval(NORMAL, n)
    return width_of(low, high, resolution) <= 1


def is_normal(values: np.ndarray) -> bool:
    """Whether nothing speaks against a normal distribution: Shapiro and Wilk's test, of three finite values or more."""
    return bool(np.isfinite(values).all() and (len(values) < 3 or stats.shapiro(values).pvalue >= NORMALITY_LEVEL))


def unseen_p(n: int) -> float:
    """How often n runs miss an outcome that every second run has; 1 for less than 7 runs."""
    return 2.0**-n if n >= LEAST_RUNS else 1.0


def far_p(distance: float, error: float, degrees: float, n: int) -> float:
    """The two-sided p of a distance to a mean whose further run has this error, by n runs; see above."""
    if n < LEAST_RUNS or distance == 0:
        return 1.0
    tail = 0.0 if error == 0 else float(2 * stats.t.sf(distance / (STRETCH * error), degrees))
    return max(tail, unseen_p(n))
