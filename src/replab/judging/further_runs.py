"""What the runs of one variant say of one more run, or of the mean of k more.

The interval is mean ± t(n-1) s sqrt(1/n + 1/k) (Hahn & Meeker 1991, "Statistical intervals", section 4.6), on the scale
of the metric (`scales`), so that it never leaves the values that there are. By ranks: among n + 1 values of one kind
every rank is equally likely, so the l-th least and the l-th greatest of n runs hold the next with probability
(n + 1 - 2 l) / (n + 1), whatever the distribution (Hahn & Meeker, section 5.4). l is the greatest for which that is at
least 95 %, and 1 for fewer than 79 runs. p has n - 1 degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from replab.judging.nearness import are_clusters
from replab.judging.numbers import CLUSTERS, CONFIDENCE, CONSTANT, EQUAL, NORMAL, RANKS, SINGLE, far_p, is_normal
from replab.judging.part_kinds import Resolution
from replab.judging.scales import PLAIN, Printed, Scale
from replab.judging.statistics import prediction_interval, spread


@dataclass(frozen=True)
class FurtherRun:
    """A `numbers.Further` of one variant, or of the differences of two by seed. `values` [R] are finite.

    `constant`: no variant of the study depends on the seed.
    """

    values: np.ndarray
    scale: Scale
    of_runs: int = 1
    diverged: int = 0
    constant: bool = False

    @property
    def count(self) -> int:
        """How many runs there are."""
        return len(self.values)

    @property
    def all_diverged(self) -> bool:
        """Whether there are none, since they diverged."""
        return not self.count and self.diverged > 0

    def route(self, resolution: Resolution) -> str:
        """By which route of `numbers` runs that differ are judged."""
        if self.of_runs > 1 or is_normal(self.scale.forward(self.values)):
            return NORMAL
        return CLUSTERS if are_clusters(self.values, resolution) else RANKS

    def interval(self, route: str, n: int | None = None) -> tuple[float, float, float]:
        """Where it falls, and how sure that is; in the metric's unit."""
        if route in (CONSTANT, EQUAL):
            return float(self.values[0]), float(self.values[0]), math.nan
        if route == SINGLE:
            return math.nan, math.nan, math.nan
        if route in (RANKS, CLUSTERS):
            return self._by_rank(route)
        on = self._scale
        low, high = prediction_interval(on.forward(self.values), confidence=CONFIDENCE, of_runs=self.of_runs, n=n)
        return self.scale.clipped(on.back(low)), self.scale.clipped(on.back(high)), CONFIDENCE

    def _by_rank(self, route: str) -> tuple[float, float, float]:
        after = self.count + 1
        rank = max(1, math.floor((1 - CONFIDENCE) * after / 2 + 1e-9)) if route == RANKS else 1
        ordered = np.sort(self.values)
        return float(ordered[rank - 1]), float(ordered[-rank]), (after - 2 * rank) / after

    def p(self, number: Printed, n: int | None = None) -> float:
        """The two-sided p of "it is printed as this number"; 1 for less than 7 runs."""
        n = n or self.count
        on = self._scale
        placed = on.forward(self.values)
        low, high = on.forward(np.array([max(number.low, on.low), min(number.high, on.high)]))
        distance = max(0.0, low - placed.mean(), placed.mean() - high)
        return far_p(distance, spread(placed) * math.sqrt(1 / n + 1 / self.of_runs), n - 1, n)

    @property
    def _scale(self) -> Scale:
        """Where distances are measured: the metric's own unit for means of runs, and where a run lies at an end."""
        return self.scale if self.of_runs == 1 and np.isfinite(self.scale.forward(self.values)).all() else PLAIN
