"""Where a value lies on the axis of a forest plot, in percent of its width, and which ticks the axis has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from replab.report.learning_curves import accuracy_ticks, stretched

MARGIN = 0.06
FEWEST_DECADES = 1.3
WIDE_PERCENTAGES = 15.0
FEWEST_TICKS, MOST_TICKS = 3, 5


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high` on which `place` is monotonic; `name` says which: linear, log or stretched."""

    name: str
    low: float
    high: float
    place: Callable[[float], float]
    ticks: list[float]

    def percent(self, value: float) -> float:
        """Where `value` lies, 0 to 100 from the left; what is beyond the axis lies at its end."""
        low, high = self.place(self.low), self.place(self.high)
        inside = min(max(value, self.low), self.high)
        share = (self.place(inside) - low) / (high - low)
        return round(100 * (MARGIN + (1 - 2 * MARGIN) * share), 2)

    def beyond(self, value: float) -> str:
        """`left` or `right` where the axis does not reach `value`, else ""."""
        return "left" if value < self.low else "right" if value > self.high else ""

    def labels(self) -> list[tuple[float, str]]:
        """The ticks: where each lies, and what it says."""
        return [(self.percent(tick), f"{tick:.6g}") for tick in self.ticks]


def scale_of(values: Iterable[float], unit: str) -> Scale:
    """A scale for these values: percentages far apart are stretched towards 100, as in the learning curves.

    Positive values over more than a factor of 20 are logarithmic. Values that are not finite are left out.
    """
    finite = [float(value) for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    if low == high:
        low, high = low - (abs(low) / 100 or 1.0), high + (abs(high) / 100 or 1.0)
    if unit == "%" and low >= 0 and high <= 100 and high - low > WIDE_PERCENTAGES:
        return Scale("stretched", low, high, _stretched, accuracy_ticks(low, high, share=0.16))
    if low > 0 and math.log10(high / low) > FEWEST_DECADES:
        return Scale("log", low, high, math.log10, _decades(low, high))
    return Scale("linear", low, high, float, linear_ticks(low, high))


def _stretched(value: float) -> float:
    return float(stretched(np.asarray(value)))


def linear_ticks(low: float, high: float) -> list[float]:
    """At most five multiples of 1, 2 or 5 times a power of ten within low..high."""
    exponent = math.floor(math.log10((high - low) / MOST_TICKS))
    for step in (factor * 10.0**power for power in (exponent, exponent + 1) for factor in (1, 2, 5)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < MOST_TICKS:
            return [float(f"{number * step:.10g}") for number in range(first, last + 1)]
    raise AssertionError("ten times the range is wide enough")


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten within low..high, with multiples where these are few, every second or third where many."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        ticks = [factor * 10.0**power for power in exponents for factor in factors]
        found = [tick for tick in ticks if low <= tick <= high]
        if len(found) >= FEWEST_TICKS:
            break
    return found[:: math.ceil(len(found) / MOST_TICKS)]
