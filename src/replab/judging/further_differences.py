"""What the runs of two variants that no seed pairs say of the difference of one more run of each.

It falls within d ± t(nu) e, with d the difference of our means, e^2 = s1^2 (1/n1 + 1/k) + s2^2 (1/n2 + 1/k) for means
of k further runs, and Welch's nu (`two_samples`). By ranks, where the runs of either variant are not normal: from the
least difference to the greatest; the next run of each lies between its least and its greatest with probability
(n - 1) / (n + 1), and both do with the product of these. A gap between the runs is not looked for. p is that of
`numbers`, with e in the place of the error, and n the runs of the variant with fewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from replab.judging.numbers import CONFIDENCE, NORMAL, RANKS, SINGLE, far_p, is_normal
from replab.judging.part_kinds import Resolution
from replab.judging.scales import Printed
from replab.judging.statistics import agree
from replab.judging.two_samples import MeanDifference, from_moments, moments
from replab.judging.values import Seen


@dataclass(frozen=True)
class FurtherDifference:
    """A `numbers.Further` of two variants: `found.arms` are their runs."""

    found: Seen
    of_runs: int = 1

    @property
    def values(self) -> np.ndarray:
        """The differences of all pairs of a run of each [n1 n2]."""
        return self.found.values

    @property
    def count(self) -> int:
        """The runs of the variant with fewer."""
        return self.found.count

    @property
    def diverged(self) -> int:
        """How many runs of both diverged."""
        return len(self.found.diverged)

    @property
    def all_diverged(self) -> bool:
        """Whether there are none of one variant, since they diverged."""
        return not self.count and self.diverged > 0 and not self.found.missing

    @property
    def constant(self) -> bool:
        """Whether no variant of the study depends on the seed."""
        return self.found.constant

    def route(self, _resolution: Resolution) -> str:
        """By which route of `numbers` runs that differ are judged."""
        if self.count == 1:
            return SINGLE
        return NORMAL if self.of_runs > 1 or all(agree(arm) or is_normal(arm) for arm in self._arms) else RANKS

    def interval(self, route: str, n: int | None = None) -> tuple[float, float, float]:
        """Where the difference of one more run of each (or of the means of `of_runs`) falls, and how sure that is."""
        if route == SINGLE:
            return math.nan, math.nan, math.nan
        if route == NORMAL:
            return *self._further(n).welch_interval(CONFIDENCE), CONFIDENCE
        confidence = math.prod((len(arm) - 1) / (len(arm) + 1) for arm in self._arms) if route == RANKS else math.nan
        return float(self.values.min()), float(self.values.max()), confidence

    def p(self, number: Printed, n: int | None = None) -> float:
        """The two-sided p of "one more run of each prints this difference"; 1 for less than 7 runs of either."""
        further = self._further(n)
        distance = max(0.0, number.low - further.estimate, further.estimate - number.high)
        return far_p(distance, further.error, further.degrees, n or self.count)

    @property
    def _arms(self) -> tuple[np.ndarray, np.ndarray]:
        assert self.found.arms is not None
        return self.found.arms

    def _further(self, n: int | None) -> MeanDifference:
        first, second = ((mean, deviation, n or size) for mean, deviation, size in map(moments, self._arms))
        return from_moments(first, second, further=self.of_runs)
