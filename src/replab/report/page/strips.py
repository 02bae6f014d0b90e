"""One line of a forest plot: where our mean, its interval, and what is claimed lie, in percent of the width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from replab.judging.sources import source_words
from replab.report.marks import Mark
from replab.report.page.scales import Scale
from replab.report.wording import shown, shown_interval

SHAPES = {
    "diamond": "M0-6 6 0 0 6-6 0Z",
    "square": "M-4.5-4.5H4.5V4.5H-4.5Z",
    "triangle": "M0-5.5 5.5 4.5H-5.5Z",
    "turned triangle": "M0 5.5 5.5-4.5H-5.5Z",
    "cross": "M-5-5 5 5M-5 5 5-5",
}


def strip(
    row: Mapping[str, Any], scale: Scale, marks: Iterable[tuple[str, float, str]] = (), **also: Any
) -> dict[str, Any]:
    """`row` has estimate, ci_low, ci_high, unit; `marks` are (source, value, shape); also: band and reference.

    `band` is (low, high) in which a claim holds, or in which a difference does not matter; `reference` a line.
    """
    band, reference = also.get("band"), also.get("reference")
    return {
        "mean": _percent(scale, row["estimate"]),
        "beyond": scale.beyond(row["estimate"]),
        "low": _percent(scale, row["ci_low"]),
        "high": _percent(scale, row["ci_high"]),
        "band": None if band is None else (scale.percent(band[0]), _width(scale, band)),
        "reference": None if reference is None else scale.percent(reference),
        "marks": [(scale.percent(value), SHAPES[shape], source_words(source)) for source, value, shape in marks],
        "grid": [place for place, _ in scale.labels()],
        "label": _label(row, marks),
    }


def shapes_of(marks: Iterable[Mark]) -> list[tuple[str, float, str]]:
    """(source, value, shape) of each mark: the first is a diamond, the others one shape a source."""
    others = [shape for shape in SHAPES if shape != "diamond"]
    marks = list(marks)
    sources = list(dict.fromkeys(mark.source for mark in marks[1:]))
    return [
        (mark.source, mark.value, others[sources.index(mark.source) % len(others)] if number else "diamond")
        for number, mark in enumerate(marks)
    ]


def _percent(scale: Scale, value: float) -> float | None:
    return scale.percent(value) if math.isfinite(value) else None


def _width(scale: Scale, band: tuple[float, float]) -> float:
    return round(scale.percent(band[1]) - scale.percent(band[0]), 2)


def _label(row: Mapping[str, Any], marks: Iterable[tuple[str, float, str]]) -> str:
    unit = str(row["unit"])
    ours = f"ours {shown(row['estimate'], unit)} {shown_interval(row['ci_low'], row['ci_high'], unit)}".strip()
    claimed = [f"claimed {shown(value, unit)} by {source_words(source)}" for source, value, _ in marks]
    return "; ".join([ours if math.isfinite(row["estimate"]) else "no run of ours", *claimed])
