"""On which scale the runs of a metric are compared, which values it can have, and what a printed number means.

A share (an accuracy, a BLEU) lives between two ends: on the logit scale, log(x / (whole - x)), no interval leaves them.
A quantity that is never negative (a loss, a perplexity, a norm, a time) is compared by factors, on the log scale.
Everything else stays as it is. The scale follows from the metric's name (`metric_words`), so that it cannot follow from
the results.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy import special

from replab.errors import ReplabError
from replab.metric_words import ABOVE_ONE, direction, is_fraction, is_never_negative, is_share, words_of

PRINTED = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
MOST_DECIMALS = 4  # of a percentage: a share printed to six digits
MOST_DIGITS = 17  # of a double


@dataclass(frozen=True)
class Scale:
    """`name` is logit, log or plain; `low` and `high` are the least and the greatest value there is."""

    name: str
    low: float
    high: float

    def forward(self, values: np.ndarray) -> np.ndarray:
        """The values on the scale; infinite at an end of it."""
        with np.errstate(divide="ignore"):
            if self.name == "logit":
                return np.asarray(special.logit(values / self.high))
            return np.log(values) if self.name == "log" else values

    def back(self, value: float) -> float:
        """The value whose place on the scale is given."""
        if self.name == "logit":
            return float(self.high * special.expit(value))
        return float(np.exp(min(value, 700.0))) if self.name == "log" else float(value)

    def clipped(self, value: float) -> float:
        """The nearest value that there can be."""
        return min(max(value, self.low), self.high)


PLAIN = Scale("plain", -math.inf, math.inf)


def scale_of(metric: str) -> Scale:
    """The scale of a metric, by the words of its name; accuracies and shares are in %, fractions of 1."""
    if is_share(metric):
        return Scale("logit", 0.0, 100.0)
    if is_fraction(metric):
        return Scale("logit", 0.0, 1.0)
    if is_never_negative(metric):
        return Scale("log", 1.0 if words_of(metric) & ABOVE_ONE else 0.0, math.inf)
    return PLAIN


def lower_is_better(metric: str) -> bool | None:
    """Whether less of it is better, by its name; None where that does not say. More of any share counts as better."""
    known = direction(metric)
    return known < 0 if known else False if scale_of(metric).name == "logit" else None


@dataclass(frozen=True)
class Printed:
    """A number as it is printed: it stands for all that lies within half a unit of its last digit."""

    text: str
    value: float
    half: float

    @property
    def low(self) -> float:
        """The least number that is printed so."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """The greatest number that is printed so."""
        return self.value + self.half

    def holds(self, value: float) -> bool:
        """Whether `value` is printed so; a rounding error of a double does not count."""
        return abs(value - self.value) <= self.half * (1 + 1e-9) + 1e-12 * abs(self.value)


def printed(text: str) -> Printed:
    """The number, and half a unit of its last digit: "96.39" is 96.39 ± .005. Raises ReplabError for other text."""
    if not PRINTED.fullmatch(text):
        raise ReplabError(f"value '{text}' is not a printed number, such as \"96.39\"")
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return Printed(text, float(text), 0.5 * 10.0**exponent)


def check_printed(number: Printed, metric: str, difference: bool = False) -> None:
    """Raises ReplabError where the metric cannot have this number, or not so many of its digits."""
    scale = scale_of(metric)
    span = scale.high - scale.low
    low, high = (-span, span) if difference else (scale.low, scale.high)
    if not low <= number.value <= high:
        raise ReplabError(f"value {number.text} is not possible for {metric}: it must be from {low:g} to {high:g}")
    decimals = -Decimal(number.text).as_tuple().exponent  # type: ignore[operator]
    if is_share(metric) and decimals > MOST_DECIMALS:
        raise ReplabError(f"value {number.text}: {metric} is in %, and has at most {MOST_DECIMALS} decimals")
    if len(Decimal(number.text).as_tuple().digits) > MOST_DIGITS:
        raise ReplabError(f"value {number.text}: a number has at most {MOST_DIGITS} digits")
    if words_of(metric) & {"epoch", "steps"} and "best" in metric and scale == PLAIN:
        _whole(number, metric)


def _whole(number: Printed, metric: str) -> None:
    if number.value != int(number.value) or number.half < 0.5:
        raise ReplabError(f"value {number.text}: {metric} is a whole number")
