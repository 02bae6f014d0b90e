"""Step 2 for a printed number: could one more of our runs have printed it?

The number comes from one run (or is the mean of k), so the question is where one more run falls, not where our mean
lies: mean ± t(n-1) s sqrt(1/n + 1/k) (Hahn & Meeker 1991, "Statistical intervals", section 4.6), on the scale of the
metric (`scales`), so that no interval leaves the values that there are. The printed digits are an interval too.

Routes, chosen by rules that were declared before results:
- constant: no variant of the study depends on the seed; all runs count as one.
- equal: the runs of this variant agree, though others do not.
- normal: the prediction interval. It holds for runs that are near normal on their scale, which the test of Shapiro &
  Wilk (1965, Biometrika 52:591) must not refuse at the 1 % level.
- ranks: where it refuses, or a run lies at an end of the scale: among n + 1 values of one kind every rank is equally
  likely, so the l-th least and the l-th greatest of n runs hold the next with probability (n + 1 - 2 l) / (n + 1),
  whatever the distribution (Hahn & Meeker, section 5.4). l is the greatest for which that is at least 95 %, and 1 for
  fewer than 79 runs.
- clusters: likewise, and two runs or more lie on either side of a gap of more than twice the resolution. No interval
  says what such runs do; how many lie within the resolution does (`events`).

p is for a contradiction. It reads the distance from the mean, divided by STRETCH, as t with n - 1 degrees of freedom:
tails may be heavier, or skewed, without any test of a handful of runs seeing it. It is at least 2^-n: had half of the
runs another outcome, n runs would all miss it so often. And it is 1 below LEAST_RUNS runs: a group of runs of *any*
share w is not seen by n runs, and shown by the next, with probability w (1 - w)^n, at most n^n / (n + 1)^(n + 1), which
is below 5 % from 7 runs on. `benchmarks/error_rates.md` shows what these rules achieve.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from replab.judging.events import share_columns
from replab.judging.least_runs import LEAST_RUNS
from replab.judging.part_kinds import Resolution
from replab.judging.scales import PLAIN, Printed, Scale
from replab.judging.statistics import Values, agree, finite, prediction_interval, spread

CONFIDENCE = 0.95
STRETCH = 1.5
NORMALITY_LEVEL = 0.01
TENTH = 0.1
CONSTANT, EQUAL, NORMAL, RANKS, CLUSTERS, DIVERGED, SINGLE, NOTHING = (
    "constant", "equal", "normal", "ranks", "clusters", "diverged", "single", "nothing",
)  # fmt: skip
WELL_BELOW_5_PERCENT = 0.05


def number_columns(
    values: Values,
    number: Printed,
    resolution: Resolution,
    scale: Scale,
    *,
    of_runs: int,
    diverged: int,
    constant: bool,
) -> dict[str, Any]:
    """What the runs [R] say of a printed number: the columns that a verdict and a sentence are made from.

    route as above; inside: the interval and the printed digits have a point in common; narrow: the interval's half
    width is at most the resolution; width: it divided by the resolution; apart: no run comes nearer than a tenth of it,
    and by ranks the number lies beyond all runs; rank: `rank_among`, of a number from one run whose runs differ.
    """
    array = finite(values)
    route = route_of(array, resolution, scale, of_runs=of_runs, diverged=diverged, constant=constant)
    found: dict[str, Any] = {"route": route, "n": 1 if route == CONSTANT else len(array)}
    if route == NOTHING:
        return found
    if route == DIVERGED:
        return found | {"p_value": unseen_p(diverged)}
    low, high, confidence = interval_of(array, route, scale, of_runs=of_runs)
    found |= {
        "center": "mean" if route == NORMAL else "median",
        "estimate": float(array.mean() if route == NORMAL else np.median(array)),
        "low": low,
        "high": high,
        "interval": "prediction" if route == NORMAL else "exact",
        "confidence": confidence,
        "runs_low": float(array.min()),
        "runs_high": float(array.max()),
        "inside": is_inside(number, low, high),
        "narrow": half_width(low, high, resolution) <= size_of(resolution),
        "width": half_width(low, high, resolution) / size_of(resolution),
        "rank": rank_among(array, number) if of_runs == 1 and not agree(array) else math.nan,
        "apart": is_apart(array, number, resolution, route),
        "p_value": number_p(array, number, scale, of_runs=of_runs) if route in (NORMAL, RANKS) else math.nan,
    }
    if route == CLUSTERS:
        near = int(sum(is_near(value, number, resolution) for value in array))
        share = share_columns(near, len(array))
        p = float(stats.binom.cdf(near, len(array), WELL_BELOW_5_PERCENT))
        return found | share | {"p_value": p, "groups": groups(array, resolution), "width": math.nan}
    if route == EQUAL and not found["inside"]:
        found["p_value"] = unseen_p(len(array))
    return found


def route_of(
    values: np.ndarray, resolution: Resolution, scale: Scale, *, of_runs: int, diverged: int, constant: bool
) -> str:
    """By which of the routes above the runs are judged."""
    n = len(values)
    if not n:
        return DIVERGED if diverged else NOTHING
    if constant and agree(values):
        return CONSTANT
    if n == 1:
        return SINGLE
    if agree(values):
        return EQUAL
    placed = scale.forward(values) if of_runs == 1 else values
    if of_runs > 1 or is_normal(placed):
        return NORMAL
    return CLUSTERS if are_clusters(values, resolution) else RANKS


def is_normal(values: np.ndarray) -> bool:
    """Whether nothing speaks against a normal distribution: Shapiro and Wilk's test, of three finite values or more."""
    return bool(np.isfinite(values).all() and (len(values) < 3 or stats.shapiro(values).pvalue >= NORMALITY_LEVEL))


def interval_of(values: np.ndarray, route: str, scale: Scale, *, of_runs: int) -> tuple[float, float, float]:
    """Where one more run (or the mean of `of_runs` more) falls, and how sure that is; in the metric's unit."""
    n = len(values)
    if route in (CONSTANT, EQUAL):
        return float(values[0]), float(values[0]), math.nan
    if route == SINGLE:
        return math.nan, math.nan, math.nan
    if route in (RANKS, CLUSTERS):
        rank = max(1, math.floor((1 - CONFIDENCE) * (n + 1) / 2 + 1e-9)) if route == RANKS else 1
        ordered = np.sort(values)
        return float(ordered[rank - 1]), float(ordered[-rank]), (n + 1 - 2 * rank) / (n + 1)
    on = scale if of_runs == 1 else PLAIN
    low, high = prediction_interval(on.forward(values), confidence=CONFIDENCE, of_runs=of_runs)
    return scale.clipped(on.back(low)), scale.clipped(on.back(high)), CONFIDENCE


def number_p(values: Values, number: Printed, scale: Scale, *, of_runs: int = 1, n: int | None = None) -> float:
    """The two-sided p of "one more run prints this number"; see above. 1 for less than 7 runs.

    With n it is that of so many runs with this mean and spread.
    """
    array = finite(values)
    n = n or len(array)
    if n < LEAST_RUNS:
        return 1.0
    on = scale if of_runs == 1 and np.isfinite(scale.forward(array)).all() else PLAIN
    placed = on.forward(array)
    low, high = on.forward(np.array([max(number.low, on.low), min(number.high, on.high)]))
    distance = max(0.0, low - placed.mean(), placed.mean() - high)
    width = STRETCH * spread(placed) * math.sqrt(1 / n + 1 / of_runs)
    if distance == 0:
        return 1.0
    tail = 0.0 if width == 0 else float(2 * stats.t.sf(distance / width, n - 1))
    return max(tail, unseen_p(n))


def rank_among(values: np.ndarray, number: Printed) -> float:
    """Where the number lies among n runs, in (0, 1): (runs below + half of those that are printed so + 1/2) / (n + 1).

    If it comes from one more run of the same kind, each of its n + 1 ranks is equally likely; the centre of its share
    of (0, 1) is given. So over many numbers it is uniform, up to steps of 1 / (n + 1): the histogram of ranks (Hamill
    2001, Mon. Weather Rev. 129:550), or the probability integral transform (Gneiting et al. 2007, J. R. Stat. Soc. B
    69:243) of the runs.
    """
    equal = np.array([number.holds(value) for value in values])
    below = int(((values < number.value) & ~equal).sum())
    return float((below + equal.sum() / 2 + 0.5) / (len(values) + 1))


def unseen_p(n: int) -> float:
    """How often n runs miss an outcome that every second run has; 1 for less than 7 runs."""
    return 2.0**-n if n >= LEAST_RUNS else 1.0


def gaps(values: np.ndarray, resolution: Resolution) -> np.ndarray:
    """The gaps between neighbours [R - 1]: in the metric's unit, or of logs where the resolution is a factor."""
    ordered = np.sort(values)
    if resolution.factor is None:
        return np.diff(ordered)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.diff(np.log(np.maximum(ordered, 0.0))), nan=0.0, posinf=math.inf)


def are_clusters(values: np.ndarray, resolution: Resolution) -> bool:
    """Whether two runs or more lie on either side of a gap of more than twice the resolution."""
    return bool(len(values) > 3 and gaps(values, resolution)[1:-1].max() > 2 * size_of(resolution))


def groups(values: np.ndarray, resolution: Resolution) -> list[tuple[int, float, float]]:
    """(count, least, greatest) of the runs below and above the widest gap between two runs or more on either side."""
    ordered = np.sort(values)
    place = int(np.argmax(gaps(values, resolution)[1:-1])) + 2
    return [(len(part), float(part[0]), float(part[-1])) for part in (ordered[:place], ordered[place:])]


def half_width(low: float, high: float, resolution: Resolution) -> float:
    """Half of an interval's width, in the metric's unit, or where the resolution is a factor the log of it."""
    if resolution.factor is None:
        return (high - low) / 2
    if high == low:
        return 0.0
    return math.log(high / low) / 2 if low > 0 else math.inf


def size_of(resolution: Resolution) -> float:
    """The resolution as `half_width` measures it."""
    return math.log(resolution.factor) if resolution.factor is not None else float(resolution.value or 0.0)


def reach(number: Printed, resolution: Resolution) -> float:
    """The resolution around a number, in the metric's unit."""
    if resolution.factor is not None:
        return abs(number.value) * (resolution.factor - 1)
    return float(resolution.value or 0.0)


def is_near(value: float, number: Printed, resolution: Resolution) -> bool:
    """Whether a run lies within the resolution of the number, or within its printed digits."""
    if number.holds(value):
        return True
    if resolution.factor is not None:
        return number.value > 0 and value > 0 and abs(math.log(value / number.value)) <= math.log(resolution.factor)
    return abs(value - number.value) <= float(resolution.value or 0.0)


def is_inside(number: Printed, low: float, high: float) -> bool:
    """Whether the interval and the printed digits have a point in common, up to the rounding of a double."""
    if math.isnan(low):
        return False
    slack = number.half * 1e-9 + 1e-12 * abs(number.value)
    return number.low - slack <= high and low <= number.high + slack


def is_apart(values: np.ndarray, number: Printed, resolution: Resolution, route: str) -> bool:
    """Whether no run comes nearer than a tenth of the resolution, and by ranks the number lies beyond all runs."""
    among = route == RANKS and values.min() <= number.value <= values.max()
    return _nearest(values, number) > TENTH * reach(number, resolution) and not among


def _nearest(values: np.ndarray, number: Printed) -> float:
    """How far the nearest run is from the printed digits."""
    return float(np.maximum(0.0, np.abs(values - number.value) - number.half).min())


def seeds_for_number(
    values: Values, number: Printed, resolution: Resolution, scale: Scale, found: dict[str, Any], family: int, most: int
) -> int | None:
    """The runs that would decide, if they go on as so far: more than there are; None where `most` would not do.

    For one run that is printed, not for a mean of several.
    """
    array, route, inside = finite(values), found["route"], found.get("inside")
    n = len(array)
    if route == SINGLE:
        return LEAST_RUNS
    choices = range(n + 1, most + 1)
    if inside and route == NORMAL:
        return first_choice(choices, lambda m: _narrow_at(array, m, resolution, scale))
    if inside or route not in (NORMAL, RANKS, EQUAL) or not found["apart"]:
        return None
    return first_choice(choices, lambda m: number_p(array, number, scale, n=m) * family <= 1 - CONFIDENCE)


def first_choice(choices: range, holds: Callable[[int], bool]) -> int | None:
    """The first number of runs for which `holds`, as it does for all greater ones."""
    place = bisect.bisect_left(choices, True, key=holds)
    return choices[place] if place < len(choices) else None


def _narrow_at(values: np.ndarray, n: int, resolution: Resolution, scale: Scale) -> bool:
    """Whether n runs with this mean and spread have an interval narrow enough."""
    placed = scale.forward(values)
    half = float(stats.t.isf((1 - CONFIDENCE) / 2, n - 1)) * spread(placed) * math.sqrt(1 + 1 / n)
    low, high = scale.back(placed.mean() - half), scale.back(placed.mean() + half)
    return half_width(low, high, resolution) <= size_of(resolution)
