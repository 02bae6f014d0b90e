"""Intervals and tests for a handful of seeds: pure functions on arrays of one number for each run.

`values` is one number for each seed [R]; `differences` is one number for each pair of runs with the same seed [R]. An
answer that is undefined (too few numbers) is NaN. A number that is not finite raises ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from scipy import stats

Values = Sequence[float] | np.ndarray
Interval = tuple[float, float]

UNDEFINED: Interval = (math.nan, math.nan)
EXACT_PAIRS = 15
DRAWS = 99_999
MANY_PAIRS = 1_000  # above, the signs of all draws are not held at once
ROUNDING = 1e-9
EXPLODED = 1e6


def finite(values: Values) -> np.ndarray:
    """`values` as a float array [R]. Raises ValueError where one is NaN or infinite."""
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.isfinite(array).all():
        raise ValueError("a NaN or infinite value among the runs: a diverged run has no value")
    return array


def agree(values: Values) -> bool:
    """Whether all are one number, up to the rounding of doubles: their range is at most ROUNDING of the largest."""
    array = finite(values)
    return bool(len(array) and np.ptp(array) <= ROUNDING * np.abs(array).max())


def spread(values: Values) -> float:
    """The standard deviation with n - 1 below, exactly 0 where all values are equal; NaN for n < 2."""
    array = finite(values)
    if len(array) < 2:
        return math.nan
    return float(np.std(array, ddof=1)) if np.ptp(array) > 0 else 0.0


def summed_up(values: Values) -> dict[str, float]:
    """Mean, median, least and greatest by their names; the median of an even number is the mean of the middle two."""
    array = finite(values)
    return {"mean": array.mean(), "median": np.median(array), "least": array.min(), "greatest": array.max()}


def is_far_from_the_runs(mean: float, median: float, least: float, greatest: float) -> bool:
    """Whether mean and median are further apart than a quarter of the way from the least run to the greatest: the mean
    of such runs, as of two clusters, or where some explode, is what no run has."""
    return bool(abs(mean - median) > (greatest - least) / 4)


def explodes(median: float, greatest: float) -> bool:
    """Whether the greatest of some runs is more than a million times their median, which is above 0: their mean is then
    what that run makes of it."""
    return bool(0 < median < greatest / EXPLODED)


def t_interval(values: Values, *, confidence: float) -> Interval:
    """The interval of the mean, mean ± t(n-1, (1+confidence)/2) s / sqrt(n) (Student 1908); NaN for n < 2."""
    array = finite(values)
    if len(array) < 2:
        return UNDEFINED
    half = t_quantile(len(array), confidence) * spread(array) / math.sqrt(len(array))
    return float(array.mean() - half), float(array.mean() + half)


def prediction_interval(values: Values, *, confidence: float, of_runs: int = 1, n: int | None = None) -> Interval:
    """Where one more run, or the mean of `of_runs` more, falls: mean ± t(n-1, (1+confidence)/2) s sqrt(1/n + 1/k).

    For values that are normal over seeds (Hahn & Meeker 1991, section 4.6). With n as if so many runs had this mean and
    spread. NaN for fewer than two values.
    """
    array = finite(values)
    if len(array) < 2:
        return UNDEFINED
    n = n or len(array)
    half = t_quantile(n, confidence) * spread(array) * math.sqrt(1 / n + 1 / of_runs)
    return float(array.mean() - half), float(array.mean() + half)


@cache
def t_quantile(n: int, confidence: float) -> float:
    """t(n-1, (1+confidence)/2): how many standard errors the interval of n values reaches to either side."""
    return float(stats.t.ppf((1 + confidence) / 2, n - 1))


def sign_flip_p(differences: Values, *, seed: int) -> float:
    """The two-sided p of the sign-flip test of paired differences (Fisher 1935, section 21; Pitman 1937).

    p = share of the 2^n ways to flip signs with abs(sum) >= abs(sum observed): exact for up to 15 pairs.
    Above, 99,999 random flips drawn with `seed` and p = (1 + hits) / (1 + draws), which is valid and never 0
    (Phipson & Smyth 2010). Assumes only that a difference is as likely as its negative if there is no effect.
    NaN for n < 1.
    """
    array = np.sort(finite(differences))
    if not len(array):
        return math.nan
    scale = np.abs(array).sum()
    threshold = abs(array.sum()) - 1e-12 * scale
    if len(array) <= EXACT_PAIRS:
        return float(np.mean(np.abs(_all_signs(len(array)) @ array) >= threshold))
    drawn = _drawn_signs(len(array), seed) @ array if len(array) <= MANY_PAIRS else _drawn_sums(array, seed)
    return float((1 + np.sum(np.abs(drawn) >= threshold)) / (1 + DRAWS))


def _drawn_sums(array: np.ndarray, seed: int) -> np.ndarray:
    """The sums of the values with signs that are drawn, for so many values that their signs do not fit into memory.

    Some 10^7 signs at a time, as bits: the sum is twice that of the values whose bit is 1, minus that of all.
    """
    draw, width = np.random.default_rng(seed), -(-len(array) // 8)
    padded, rows = np.zeros(8 * width), max(1, 10**7 // len(array))
    padded[: len(array)] = array
    sums = [
        np.unpackbits(draw.integers(0, 256, size=(min(rows, DRAWS - first), width), dtype=np.uint8), axis=1) @ padded
        for first in range(0, DRAWS, rows)
    ]
    return 2 * np.concatenate(sums) - array.sum()


@lru_cache(maxsize=4)
def _all_signs(n: int) -> np.ndarray:
    return (((np.arange(2**n)[:, None] >> np.arange(n)) & 1) * 2 - 1).astype(np.int8)


@lru_cache(maxsize=2)
def _drawn_signs(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, size=(DRAWS, n), dtype=np.int8) * 2 - 1


def sign_flip_floor(n: int) -> float:
    """The least p that `sign_flip_p` can give for n pairs: 2 / 2^n; 1 / (1 + draws) where flips are drawn."""
    if n < 1:
        return 1.0
    return 2 / 2**n if n <= EXACT_PAIRS else 1 / (1 + DRAWS)


def holm(p_values: Values, *, family: int) -> np.ndarray:
    """Holm's (1979) step-down adjustment for a family of `family` tests, in the order given; NaN stays NaN.

    The i-th smallest p (from 0) times (family - i), made monotone, at most 1. Declared tests without a p
    count in `family`: a variant that is trained later never changes the verdict of another. ValueError if
    family is too small.
    """
    p = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    if family < len(tested):
        raise ValueError(f"a family of {family} cannot hold {len(tested)} tests")
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted = np.full(p.shape, math.nan)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (family - np.arange(len(order)))))
    return adjusted


def not_worse_p(values: Values, *, margin: float) -> float:
    """The p of the one-sided t test that the mean is above -margin (non-inferiority): P(T > (mean + margin) / se).

    T with n - 1 degrees of freedom. Equal values have se = 0: p is 0 above -margin, else 1. NaN for n < 2.
    """
    array = finite(values)
    if len(array) < 2:
        return math.nan
    distance, error = float(array.mean()) + margin, spread(array) / math.sqrt(len(array))
    if error == 0:
        return 0.0 if distance > 0 else 1.0
    return float(stats.t.sf(distance / error, len(array) - 1))


def beyond_p(values: np.ndarray, margin: float) -> float:
    """The two-sided p of a mean within ±margin, for a mean that lies beyond it: 2 P(T > (|mean| - margin) / se)."""
    array = finite(values)
    error = spread(array) / math.sqrt(len(array))
    if error == 0:
        return 0.0
    return min(1.0, float(2 * stats.t.sf((abs(float(array.mean())) - margin) / error, len(array) - 1)))


def equivalence_p(values: Values, *, margin: float) -> float:
    """The p of two one-sided t tests (TOST, Schuirmann 1987) that the mean lies within ±margin; NaN if n < 2.

    The larger of that of being above -margin and that of being below margin. It is at most alpha just where the
    1 - 2 alpha interval of the mean lies within ±margin. Give `values - target` to test against a target.
    """
    array = finite(values)
    return max(not_worse_p(array, margin=margin), not_worse_p(-array, margin=margin))
