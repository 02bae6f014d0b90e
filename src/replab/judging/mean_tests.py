"""The tests of one mean, whatever the runs are: of values, or of differences by seed; or of two samples without pairs.

Comparisons ask a `MeanTest`. The paired one is Student's t test, corrected for skewness (`skewed_means`), with the
sign-flip test as its check; the unpaired one is Welch's (`two_samples`), with the permutation test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from replab.judging.planning import smallest_detectable_effect
from replab.judging.skewed_means import skewed_mean_interval, skewed_mean_p
from replab.judging.statistics import Interval, beyond_p, equivalence_p, not_worse_p, sign_flip_p, spread, t_interval
from replab.judging.two_samples import MeanDifference, degrees_a_run, mean_difference, permutation_p
from replab.judging.values import Seen

SEED = 0


class MeanTest(Protocol):
    """`deviation`: of one difference; `degrees_a_run`: how many degrees of freedom a further run of each brings."""

    @property
    def deviation(self) -> float: ...
    @property
    def degrees_a_run(self) -> float: ...
    def p(self, reference: float) -> float: ...
    def check(self, reference: float) -> float: ...
    def interval(self, confidence: float) -> Interval: ...
    def plain_interval(self, confidence: float) -> Interval: ...
    def equivalence_p(self, margin: float) -> float: ...
    def not_worse_p(self, side: int, margin: float) -> float: ...
    def beyond_p(self, margin: float) -> float: ...
    def detectable(self, alpha: float, power: float) -> float: ...


def mean_test(found: Seen) -> MeanTest:
    """The test of what was seen, of at least two values (of each of two samples)."""
    return OneMean(found.values) if found.arms is None else TwoMeans(*found.arms)


@dataclass(frozen=True)
class OneMean:
    """The mean of values, or of differences by seed [R]."""

    values: np.ndarray
    degrees_a_run = 1.0

    @property
    def deviation(self) -> float:
        return spread(self.values)

    def p(self, reference: float) -> float:
        return skewed_mean_p(self.values - reference)

    def check(self, reference: float) -> float:
        return sign_flip_p(self.values - reference, seed=SEED)

    def interval(self, confidence: float) -> Interval:
        return skewed_mean_interval(self.values, confidence=confidence)

    def plain_interval(self, confidence: float) -> Interval:
        return t_interval(self.values, confidence=confidence)

    def equivalence_p(self, margin: float) -> float:
        return equivalence_p(self.values, margin=margin)

    def not_worse_p(self, side: int, margin: float) -> float:
        return not_worse_p(self.values * side, margin=margin)

    def beyond_p(self, margin: float) -> float:
        return beyond_p(self.values, margin)

    def detectable(self, alpha: float, power: float) -> float:
        """The true mean that is found with that power."""
        return smallest_detectable_effect(len(self.values), alpha=alpha, power=power) * self.deviation


@dataclass(frozen=True)
class TwoMeans:
    """The difference of the means of two samples without pairs [n1], [n2]."""

    first: np.ndarray
    second: np.ndarray

    @property
    def difference(self) -> MeanDifference:
        return mean_difference(self.first, self.second)

    @property
    def deviation(self) -> float:
        return math.hypot(spread(self.first), spread(self.second))

    @property
    def degrees_a_run(self) -> float:
        """Welch's degrees of freedom of n runs of each, over n - 1: from 1 to 2."""
        return degrees_a_run(spread(self.first), spread(self.second))

    def p(self, reference: float) -> float:
        return self.difference.p(reference)

    def check(self, reference: float) -> float:
        return permutation_p(self.first - reference, self.second, seed=SEED)

    def interval(self, confidence: float) -> Interval:
        return self.difference.interval(confidence)

    def plain_interval(self, confidence: float) -> Interval:
        return self.difference.welch_interval(confidence)

    def equivalence_p(self, margin: float) -> float:
        return max(self.not_worse_p(1, margin), self.not_worse_p(-1, margin))

    def not_worse_p(self, side: int, margin: float) -> float:
        return (self.difference if side > 0 else -self.difference).above_p(-margin)

    def beyond_p(self, margin: float) -> float:
        beyond = self.difference if self.difference.estimate > 0 else -self.difference
        return min(1.0, 2 * beyond.above_p(margin))

    def detectable(self, alpha: float, power: float) -> float:
        found = self.difference
        return smallest_detectable_effect(1, alpha=alpha, power=power, degrees=found.degrees) * found.error
