"""Two samples of runs that no seed pairs: the difference of their means, its test, its interval, and a check.

Welch (1947, Biometrika 34:28): with e^2 = s1^2 / n1 + s2^2 / n2, t = (mean1 - mean2 - d) / e is read as t with

    nu = e^4 / (s1^4 / (n1^2 (n1 - 1)) + s2^4 / (n2^2 (n2 - 1)))    (Satterthwaite 1946, Biometrics Bull. 2:110)

degrees of freedom. The variances may differ, and so may the numbers of runs. Of two runs in a sample the estimate of nu
is too noisy to be used (10 % of true nulls were refused with 2 and 10 normal runs): there nu is the smaller n - 1
(Hsu 1938), which is 1.

The correction for skewness is that of the paired test (`skewed_means`), in its two-sample form (Zhou & Dinh 2005,
Biostatistics 6:187): the skewness of mean1 - mean2 is a = (k1 / n1^2 - k2 / n2^2) / e^3, with k the unbiased third
moment of a sample, and Hall's cubic is T(t) = t + a t^2 / 3 + a^2 t^3 / 27 + a / 6. It only takes away from Welch's.
`benchmarks/unpaired_error_rates.md` shows how often each is wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats

from replab.judging.skewed_means import inverse, transformed
from replab.judging.statistics import ROUNDING, Interval, Values, finite, spread

Moments = tuple[float, float, int]

MOST_WAYS, BATCH = 19_999, 2_000
LEAST_FOR_WELCH = 3


@dataclass(frozen=True)
class MeanDifference:
    """A difference of two means, its standard error, the degrees of freedom of that, and the skewness a."""

    estimate: float
    error: float
    degrees: float
    skewness: float = 0.0

    def __neg__(self) -> MeanDifference:
        return MeanDifference(-self.estimate, self.error, self.degrees, -self.skewness)

    def p(self, reference: float = 0.0) -> float:
        """The two-sided p that the difference is `reference`: the greater of Welch's and of the corrected one.

        Without an error it is 0, or 1 where the estimate is the reference.
        """
        distance = self.estimate - reference
        if self.error == 0:
            return 0.0 if distance else 1.0
        t = distance / self.error
        return float(2 * stats.t.sf(min(abs(t), abs(transformed(t, self.skewness, 1))), self.degrees))

    def interval(self, confidence: float) -> Interval:
        """The differences that `p` does not refuse: the union of Welch's interval and of the corrected one."""
        reach = self._reach(confidence)
        low, high = (inverse(end, self.skewness, 1) for end in (-reach, reach))
        return self.estimate - self.error * max(high, reach), self.estimate - self.error * min(low, -reach)

    def welch_interval(self, confidence: float) -> Interval:
        """estimate ± t(nu, (1 + confidence) / 2) error, without the correction: that of the tests of a margin."""
        half = self._reach(confidence) * self.error
        return self.estimate - half, self.estimate + half

    def above_p(self, bound: float) -> float:
        """The one-sided p that the difference is above `bound`; without an error 0 or 1."""
        if self.error == 0:
            return 0.0 if self.estimate > bound else 1.0
        return float(stats.t.sf((self.estimate - bound) / self.error, self.degrees))

    def _reach(self, confidence: float) -> float:
        return float(stats.t.ppf((1 + confidence) / 2, self.degrees))


def mean_difference(first: Values, second: Values) -> MeanDifference:
    """mean(first) - mean(second) of two samples of at least two finite values each."""
    one, two = finite(first), finite(second)
    found = from_moments(moments(one), moments(two))
    if found.error == 0:
        return found
    third, other = (_third_moment((x - x.mean()) / found.error) / len(x) ** 2 for x in (one, two))
    return MeanDifference(found.estimate, found.error, found.degrees, third - other)


def moments(values: Values) -> Moments:
    """(mean, standard deviation, n) of a sample."""
    array = finite(values)
    return float(array.mean()), spread(array), len(array)


def from_moments(first: Moments, second: Moments, *, further: float = math.inf) -> MeanDifference:
    """The same from (mean, standard deviation, n >= 2) of each, as a table prints them; the skewness is not known.

    `further`: how far from it the difference of the means of so many more runs of each falls (none: the true one).
    """
    (one, deviation, n), (two, other, m) = first, second
    parts = deviation * math.sqrt(1 / n + 1 / further), other * math.sqrt(1 / m + 1 / further)
    error = math.hypot(*parts)
    degrees = float(min(n, m) - 1)
    if error > 0 and min(n, m) >= LEAST_FOR_WELCH:
        degrees = 1 / ((parts[0] / error) ** 4 / (n - 1) + (parts[1] / error) ** 4 / (m - 1))
    return MeanDifference(float(one - two), error, float(degrees))


def _third_moment(array: np.ndarray) -> float:
    """The unbiased third central moment; 0 for two values."""
    return float(stats.kstat(array, 3)) if len(array) > 2 else 0.0


def degrees_a_run(deviation: float, other: float) -> float:
    """Welch's degrees of freedom of n runs of each, over n - 1: from 1 to 2."""
    whole = math.hypot(deviation, other)
    return 1 / ((deviation / whole) ** 4 + (other / whole) ** 4) if whole > 0 else 1.0


def permutation_p(first: Values, second: Values, *, seed: int) -> float:
    """The two-sided p of the permutation test whose statistic is Welch's t; NaN where a sample has no two values.

    Exact where both samples have one distribution. As t has its own error below it, it is near 5 % for many runs also
    where only the means are equal (Janssen 1997, Stat. Probab. Lett. 36:9; Chung & Romano 2013, Ann. Stat. 41:484). Of
    up to 19,999 ways to part the runs (8 and 8 have 12,870) all are tried; of more, so many are drawn with `seed`. The
    least p is 2 / ways.
    """
    one, two = finite(first), finite(second)
    if min(len(one), len(two)) < 2:
        return math.nan
    center = float(np.concatenate([one, two]).mean())
    floor = ROUNDING * max(float(np.abs([*one, *two]).max()), math.ulp(0.0) / ROUNDING)

    def welch_t(x: np.ndarray, y: np.ndarray, axis: int) -> Any:
        squared = x.var(axis, ddof=1) / x.shape[axis] + y.var(axis, ddof=1) / y.shape[axis]
        return (x.mean(axis) - y.mean(axis)) / np.maximum(np.sqrt(squared), floor)

    found = stats.permutation_test(
        (one - center, two - center), welch_t, vectorized=True, n_resamples=MOST_WAYS, batch=BATCH,
        random_state=np.random.default_rng(seed),
    )  # fmt: skip
    return float(found.pvalue)


def common_language_interval(share: float, runs: tuple[int, int], *, confidence: float = 0.95) -> Interval:
    """The interval of a share of all pairs of a run of each, of which ties count half: fractions; NaN without pairs.

    The share is the common-language effect size (McGraw & Wong 1992, Psychol. Bull. 111:361), or Mann and Whitney's
    U / (n1 n2). Pairs that share a run are not independent: so Newcombe's (2006, Stat. Med. 25:559, method 5) interval,
    the q with |share - q| <= z sqrt(V(q)),
    V(q) = q (1 - q) (1 + (N - 1) ((1 - q) / (2 - q) + q / (1 + q))) / (n1 n2), N = (n1 + n2) / 2.
    """
    if not min(runs):
        return math.nan, math.nan
    z, mean = stats.norm.ppf((1 + confidence) / 2), sum(runs) / 2

    def excess(q: float) -> float:
        variance = q * (1 - q) * (1 + (mean - 1) * ((1 - q) / (2 - q) + q / (1 + q))) / (runs[0] * runs[1])
        return float((share - q) ** 2 - z**2 * variance)

    inner = 1e-12
    low = float(optimize.brentq(excess, 0.0, share - inner)) if share > 0 else 0.0
    return low, float(optimize.brentq(excess, share + inner, 1.0)) if share < 1 else 1.0
