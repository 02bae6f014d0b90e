"""How many seeds a question takes: power of the t test, and widths of intervals.

`degrees_a_run` is 1 for pairs and single means: n - 1 degrees of freedom. Of two samples without pairs, n runs of each,
it is Welch's degrees of freedom over n - 1.

Where looks are declared, the answer is the first of those to come that would do at its own, smaller level.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

from scipy import optimize, stats

from replab.judging.least_runs import LEAST_PAIRS
from replab.judging.sequential import Look

MOST_SEEDS = 1_000
FAR_MORE = 10  # times the runs that there are: more than that is not worth a number


def t_test_power(effect: float, n: int, *, alpha: float, degrees: float | None = None) -> float:
    """The power of the two-sided one-sample or paired t test at standardised effect d = mean / s.

    P(abs(T) > t(n-1, 1-alpha/2)), T noncentral t with n - 1 degrees of freedom and noncentrality d sqrt(n),
    computed as T^2, noncentral F with (1, n - 1) degrees of freedom and noncentrality n d^2: scipy's
    noncentral t is NaN far in its lower tail. Without an effect the power is alpha (where scipy's F is wrong;
    the power grows with d^2). `degrees`: other degrees of freedom than n - 1.
    """
    if abs(effect) < 1e-9:
        return alpha
    degrees = n - 1 if degrees is None else degrees
    critical = stats.t.ppf(1 - alpha / 2, degrees)
    return float(stats.ncf.sf(critical**2, 1, degrees, n * effect**2))


def smallest_detectable_effect(n: int, *, alpha: float, power: float, degrees: float | None = None) -> float:
    """The standardised effect d_z that a test of n pairs detects with probability `power`; NaN for n < 2.

    Times the standard deviation of the differences it is a difference in the metric's unit. With n = 1 and `degrees` it
    is the effect over its standard error.
    """
    if n < 2 and degrees is None:
        return math.nan
    high = 1.0
    while t_test_power(high, n, alpha=alpha, degrees=degrees) < power:
        high *= 2
    return float(optimize.brentq(lambda d: t_test_power(d, n, alpha=alpha, degrees=degrees) - power, 0.0, high))


def seeds_to_detect(
    effect: float, look: Look, *, alpha: float, power: float, multiplier: int, degrees_a_run: float = 1.0
) -> int | None:
    """The fewest seeds that detect the effect d_z with probability `power` at alpha / multiplier, at least 3.

    None where even 1,000, or the last look's, do not.
    """
    if look.sizes:
        return _first(look, lambda later: _detects(effect, later, alpha=alpha / multiplier, power=power))
    if math.isinf(effect):
        return LEAST_PAIRS
    choices = range(LEAST_PAIRS, MOST_SEEDS + 1)

    def power_of(n: int) -> float:
        return t_test_power(effect, n, alpha=alpha / multiplier, degrees=(n - 1) * degrees_a_run)

    place = bisect.bisect_left(choices, power, key=power_of)
    return choices[place] if place < len(choices) else None


def _detects(effect: float, look: Look, *, alpha: float, power: float) -> bool:
    return math.isinf(effect) or t_test_power(effect, look.size, alpha=look.level(alpha)) >= power


def seeds_for_half_width(
    deviation: float, half_width: float, look: Look, *, confidence: float, degrees_a_run: float = 1.0
) -> int | None:
    """The fewest seeds whose interval of the mean has t(n-1) s / sqrt(n) <= half_width; None where
    even 1,000, or the last look's, are too few.

    A planning number: it takes the standard deviation seen so far as the truth.
    """
    if look.sizes:
        alpha = 1 - confidence
        return _first(look, lambda later: _half_width(deviation, later.size, later.level(alpha)) <= half_width)
    choices = range(2, MOST_SEEDS + 1)

    def narrowness(n: int) -> float:
        return -_half_width(deviation, n, 1 - confidence, (n - 1) * degrees_a_run)

    place = bisect.bisect_left(choices, -half_width, key=narrowness)
    return choices[place] if place < len(choices) else None


def _half_width(deviation: float, n: int, alpha: float, degrees: float | None = None) -> float:
    return float(stats.t.isf(alpha / 2, n - 1 if degrees is None else degrees)) * deviation / math.sqrt(n)


def _first(look: Look, holds: Callable[[Look], bool]) -> int | None:
    """The seeds of the first of the later looks for which `holds`."""
    return next((later.size for later in look.later if holds(later)), None)
