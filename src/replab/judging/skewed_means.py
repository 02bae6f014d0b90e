"""A test of a mean for runs that are skewed, and the interval that belongs to it: pure functions, as in `statistics`.

Hall (1992, J. R. Stat. Soc. B 54:221) replaces S = mean / s by a cubic in S that takes the skewness g of the runs out:

    T(S) = S + g S^2 / 3 + g^2 S^3 / 27 + g / (6 n)

sqrt(n) T is read as t with n - 1 degrees of freedom (Hall: as normal). The slope of T is (1 + g S / 3)^2. It is 0 at
S = -3 / g, and near it T hardly sees how far off the mean is: ten differences of one sign, at sqrt(n) S = 13,
could have p = .007. So the cubic ends half of the way there, at S = -3 / (2 g), and goes on along its tangent:

    T(S) = S / 4 - 1 / (2 g) + g / (6 n)

Wrong findings are as many as with the whole cubic, and power is greater (`benchmarks/error_rates.md`).

Of six runs g is mostly noise, and alone the test would be wrong too often. So it only takes away from Student's.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from replab.judging.statistics import UNDEFINED, Interval, Values, finite, spread, t_interval, t_quantile

STRAIGHT = 1e-6  # a skewness below it is none


def skewed_mean_p(values: Values) -> float:
    """The two-sided p of a zero mean: the greater of Student's and of Hall's.

    Equal values have p 0, or 1 if they are 0. Two values have no skewness. NaN for n < 2.
    """
    array = finite(values)
    n = len(array)
    if n < 2:
        return math.nan
    if spread(array) == 0:
        return 0.0 if array[0] else 1.0
    ratio = float(array.mean()) / spread(array)
    hall = transformed(ratio, _skewness(array), n)
    return float(2 * stats.t.sf(math.sqrt(n) * min(abs(ratio), abs(hall)), n - 1))


def skewed_mean_interval(values: Values, *, confidence: float) -> Interval:
    """The interval of the mean that belongs to `skewed_mean_p`: the means that its test does not refuse.

    The union of Student's interval and Hall's, mean - s S(T) at T = ± t(n-1, (1+confidence)/2) / sqrt(n), where S(T) is
    the inverse of T(S). NaN for n < 2.
    """
    array = finite(values)
    n = len(array)
    if n < 2:
        return UNDEFINED
    student = t_interval(array, confidence=confidence)
    reach, skewness = t_quantile(n, confidence) / math.sqrt(n), _skewness(array)
    low, high = (inverse(end, skewness, n) for end in (-reach, reach))
    mean, deviation = float(array.mean()), spread(array)
    return min(student[0], mean - deviation * high), max(student[1], mean - deviation * low)


def transformed(ratio: float, skewness: float, n: int) -> float:
    """T(S) of the ratio S = mean / s of n values: Hall's cubic, from half of the way to its flat point its tangent."""
    g = skewness
    if g * ratio < -1.5:
        return ratio / 4 - 1 / (2 * g) + g / (6 * n)
    return ratio + g * ratio**2 / 3 + g**2 * ratio**3 / 27 + g / (6 * n)


def inverse(transformed: float, skewness: float, n: int) -> float:
    """The ratio S with that T(S)."""
    g, rest = skewness, transformed - skewness / (6 * n)
    if abs(g) < STRAIGHT:
        return rest
    if g * rest < -7 / 8:
        return 4 * rest + 2 / g
    return 3 / g * (float(np.cbrt(1 + g * rest)) - 1)


def _skewness(array: np.ndarray) -> float:
    """The unbiased sample skewness; 0 for two values, and for equal ones."""
    return float(stats.skew(array, bias=False)) if len(array) > 2 and spread(array) > 0 else 0.0
