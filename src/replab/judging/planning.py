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
MOST_EFFECT = 1e6  # standard deviations; any test sees it, and far above scipy's F is NaN


def t_test_power(effect: float, n: int, *, alpha: float, degrees: float | None = None) -> float:
    """The power of the two-sided one-sample or paired t test at standardised effect d = mean / s.

    P(abs(T) > t(n-1, 1-alpha/2)), T noncentral t with n - 1 degrees of freedom and noncentrality d sqrt(n),
    computed as T^2, noncentral F with (1, n - 1) degrees of freedom and noncentrality n d^2: scipy's
    noncentral t is NaN far in its lower tail. Without an effect the power is alpha (where scipy's F is wrong;
    the power grows with d^2). An effect above MOST_EFFECT counts as that. `degrees`: other ones than n - 1.
    """
    effect = min(abs(effect), MOST_EFFECT)
    if effect < 1e-9:
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

    def detects(n: int, level: float) -> bool:
        return t_test_power(effect, n, alpha=level, degrees=(n - 1) * degrees_a_run) >= power

    alpha /= multiplier
    if look.sizes:
        return _first_look(look, lambda later: detects(later.size, later.level(alpha)))
    return first_choice(range(LEAST_PAIRS, MOST_SEEDS + 1), lambda n: detects(n, alpha))


def seeds_for_half_width(
    deviation: float, half_width: float, look: Look, *, confidence: float, degrees_a_run: float = 1.0
) -> int | None:
    """The fewest seeds whose interval of the mean has t(n-1) s / sqrt(n) <= half_width; None where
    even 1,000, or the last look's, are too few.

    A planning number: it takes the standard deviation seen so far as the truth.
    """

    def is_narrow(n: int, level: float) -> bool:
        return float(stats.t.isf(level / 2, (n - 1) * degrees_a_run)) * deviation / math.sqrt(n) <= half_width

    alpha = 1 - confidence
    if look.sizes:
        return _first_look(look, lambda later: is_narrow(later.size, later.level(alpha)))
    return first_choice(range(2, MOST_SEEDS + 1), lambda n: is_narrow(n, alpha))


def first_choice(choices: range, holds: Callable[[int], bool]) -> int | None:
    """The first number of runs for which `holds`, as it does for all greater ones; None where it does for none."""
    place = bisect.bisect_left(choices, True, key=holds)
    return choices[place] if place < len(choices) else None


def _first_look(look: Look, holds: Callable[[Look], bool]) -> int | None:
    """The seeds of the first of the later looks for which `holds`."""
    return next((later.size for later in look.later if holds(later)), None)
