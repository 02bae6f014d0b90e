"""A statement as a row of dots: our runs, the interval that they give, and what the report says; in 0..1 from the left.

A printed number: the band is where 95 % of further runs would lie (fewer where it goes by the ranks of few runs: the
text says how many), and takes the middle third of the row, so that rows of any unit can be read in the same way: a
number inside the band is one that our runs could have printed. A printed number stands for all that is printed like it.
Where that is wider than the band it takes the third, so that a row shows whether the two have a point in common. A
comparison: a dot is a seed, to the right of the middle where it shows what the report says, and the band is the
interval of the mean. A share: k of n runs, with its exact interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from replab.judging.numbers import CONFIDENCE
from replab.judging.scales import Printed, printed
from replab.judging.values import Seen
from replab.judging.words import count, names_of, percent, possible
from replab.report.frames import as_rows, finished_values
from replab.report.markdown_text import shown_span, shown_with_interval

NUMBERS, COMPARISONS, SHARES = "numbers", "comparisons", "shares"
WIDE = 3.0  # high / low: from here on a positive band is drawn on a logarithmic axis
EDGE = 0.02
LINE = 0.015  # of a row: as wide as a number's line is drawn
MOST_DOTS = 60
DRAWN = {"", "mean", "median", "share"}  # what the estimates of the parts that are drawn can be ("": of equal runs)
Values = NDArray[np.float64]
Place = Callable[[float], float]
Finished = dict[tuple[str, str], dict[int, float]]


@dataclass(frozen=True)
class DotRow:
    """One part of a statement. `dots`, `band`, `line` and `digits` are places in 0..1; `said` and `ours` are texts.

    `digits`: the ends of what is printed like the number that `line` marks; None where they lie within the line.
    """

    id: str
    part: str
    group: str
    dots: list[float]
    band: tuple[float, float] | None
    line: float | None
    said: str
    ours: str
    verdict: str
    digits: tuple[float, float] | None = None

    @property
    def words(self) -> str:
        """The row as text, in place of the picture."""
        return f"{self.part}: report {self.said or 'without a number'}; our runs {self.ours or 'none'}; {self.verdict}"


def dot_rows(parts: pd.DataFrame, runs: pd.DataFrame) -> list[DotRow]:
    """A row for each part, of those with runs; `runs` is the `runs_frame` of the study that they are about."""
    return [row for row in rows_of_parts(parts, runs) if row is not None]


def rows_of_parts(parts: pd.DataFrame, runs: pd.DataFrame) -> list[DotRow | None]:
    """A row for each part, None for one without runs."""
    done = finished_values(runs, "seed")
    return [_row(row, done) for row in as_rows(parts)]


def _row(row: Mapping[str, Any], done: Finished) -> DotRow | None:
    if row["center"] not in DRAWN:
        return None
    if row["center"] == "share" and row["kind"] != "number":
        return _share(row) if row["n"] else None
    values = values_of(row, done)
    if not len(values):
        return None
    return _number(row, values) if row["kind"] == "number" else _comparison(row, values)


def values_of(row: Mapping[str, Any], done: Finished) -> Values:
    """The values of the part's variant, or the differences of its two by seed, by seed; not `paired`, of all pairs."""
    first, *second = [done.get((name, row["metric"]), {}) for name in names_of(str(row["variants"]))[:2]]
    if not second:
        return np.array([first[seed] for seed in sorted(first)], dtype=float)
    seeds = sorted(first.keys() & second[0].keys())
    if not row["paired"]:
        return Seen.unpaired(*(np.array(list(own.values()), dtype=float) for own in (first, second[0]))).values
    return np.array([first[seed] - second[0][seed] for seed in seeds], dtype=float)


def _number(row: Mapping[str, Any], values: Values) -> DotRow:
    low, high = row["low"], row["high"]
    low, high = (low, high) if math.isfinite(low + high) else (values.min(), values.max())
    number = printed(row["claimed_text"].split()[0])
    place = _in_the_middle(low, high, number)
    ours = shown_span(values.min(), values.max(), row["unit"])
    ends = (place(low), place(high)) if high > low else None
    if ends and row["confidence"] < CONFIDENCE:
        ours += f" (band: {percent(row['confidence'])})"
    drawn = _made(row, NUMBERS, _thinned(place(value) for value in values), ends, place(number.value), ours)
    digits = (place(number.low), place(number.high))
    return replace(drawn, digits=digits) if digits[1] - digits[0] > LINE else drawn


def _in_the_middle(low: float, high: float, number: Printed) -> Place:
    """Where a value lies, if `low` is at a third and `high` at two thirds; what is far off lies at the edge.

    Where more is printed like the number than lies from `low` to `high`, that much takes a third, with our runs in the
    middle; where all runs are equal, at least as much as the number is from them.
    """
    if low > 0 and high > WIDE * low:
        start, width = math.log(low), math.log(high / low)
        return lambda value: _within(1 / 3 + (math.log(max(value, 1e-300)) - start) / width / 3)
    width = max(high - low, 2 * number.half)
    if high <= low:
        width = max(width, abs(number.value - low))
    return lambda value: _within(0.5 + (value - (low + high) / 2) / width / 3)


def _comparison(row: Mapping[str, Any], values: Values) -> DotRow:
    reference = float(row["claimed"])
    side = -1.0 if row.get("side") == -1 else 1.0
    ends = sorted(side * (end - reference) for end in (row["low"], row["high"]) if math.isfinite(end))
    turned = side * (values - reference)
    most = max([*np.abs(turned), *np.abs(ends)], default=0.0) or 1.0
    places = [_within(0.5 + 0.46 * value / most) for value in [*turned, *ends]]
    band = (places[-2], places[-1]) if len(ends) == 2 else None
    return _made(row, COMPARISONS, _thinned(places[: len(turned)]), band, 0.5, estimate_text(row))


def _share(row: Mapping[str, Any]) -> DotRow:
    share = float(row["k"]) / float(row["n"])
    band = (row["low"] / 100, row["high"] / 100) if math.isfinite(row["low"] + row["high"]) else None
    return _made(row, SHARES, [share], band, None, f"{int(row['k'])} of {count(int(row['n']), 'run')}")


def _made(
    row: Mapping[str, Any],
    group: str,
    dots: list[float],
    band: tuple[float, float] | None,
    line: float | None,
    ours: str,
) -> DotRow:
    return DotRow(row["id"], row["part"], group, dots, band, line, row["claimed_text"], ours, row["verdict"])


def estimate_text(row: Mapping[str, Any]) -> str:
    """`+0.82 [0.70, 0.94]` of a comparison, `0.97 [0.95, 0.99]` of the rest."""
    signed = len(names_of(str(row["variants"]))) > 1
    low, high = row["low"], row["high"]
    if row["kind"] != "number" and row["center"] != "share":
        low, high = possible(low, high, row["metric"], difference=signed)
    return shown_with_interval(row["estimate"], low, high, row["unit"], signed=signed)


def _thinned(dots: Iterable[float]) -> list[float]:
    """At most MOST_DOTS of them, from least to greatest: evenly spaced quantiles of more."""
    places = sorted(dots)
    if len(places) <= MOST_DOTS:
        return places
    return [places[round(index)] for index in np.linspace(0, len(places) - 1, MOST_DOTS)]


def _within(place: float) -> float:
    return min(max(place, EDGE), 1 - EDGE)
