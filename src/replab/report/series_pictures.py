"""Predictions beside the truth, from the series that runs recorded: `test_score` and `test_target`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCORE, TARGET = "test_score", "test_target"
PREDICTED, TRUE = "#0072b2", "#c8c8c8"
Values = NDArray[np.floating[Any]]
Row = tuple[int, Values, Values, Values]


def rows_of(result: StudyResult) -> dict[str, list[Row]]:
    """variant -> (seed, number of each test example, its score, its target) of every run that recorded a series."""
    found: dict[str, list[Row]] = {}
    for variant, seed, run in result.runs():
        series = run.get("series") or {}
        if SCORE in series and TARGET in series:
            scores, targets = np.array(series[SCORE]), np.array(series[TARGET])
            numbers = np.arange(len(scores)) * float(run["spec"]["series"]["every"])
            found.setdefault(variant, []).append((seed, numbers, scores, targets))
    return found


def draw_predictions(result: StudyResult) -> Figure:
    """A row for each variant: on the left the first seed's prediction on the truth, on the right every seed's error."""
    from matplotlib.figure import Figure

    rows = rows_of(result)
    figure = Figure(figsize=(8, 0.7 + 1.8 * len(rows)))
    grid = figure.subplots(len(rows), 2, squeeze=False, sharex=True)
    for (left, right), (variant, runs) in zip(grid, rows.items(), strict=True):
        _draw_prediction(left, runs[0])
        _draw_errors(right, runs)
        left.set_title(variant, loc="left")
    grid[0][0].legend(loc="lower left", fontsize=7.5)
    figure.supxlabel("test example", fontsize=9)
    title = f"{result.name}: prediction and truth (left, first seed), prediction less truth (right, every seed)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _draw_prediction(place: Axes, run: Row) -> None:
    seed, numbers, scores, targets = run
    place.plot(numbers, targets, color=TRUE, linewidth=5, label="truth")
    place.plot(numbers, scores, color=PREDICTED, linewidth=1.2, label=f"prediction, seed {seed}")


def _draw_errors(place: Axes, runs: list[Row]) -> None:
    style: Any = {"color": PREDICTED, "linewidth": 0.9, "alpha": 0.6}
    for _, numbers, scores, targets in runs:
        place.plot(numbers, scores - targets, **style)
    place.axhline(0, color="black", linewidth=0.6)
    place.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
