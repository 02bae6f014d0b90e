"""The forest plot: each variant's mean or median, as its table has it, for studies of which no report says anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from replab.judging.scales import scale_of
from replab.report.frames import as_rows
from replab.report.markdown_text import metric_words
from replab.report.study import StudyResult
from replab.report.tables import is_far_from_the_runs, point_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADES = 1000
OURS, CLAIMED = "#0072b2", "#d55e00"
POINT: Any = {"fmt": "o", "color": OURS, "markersize": 4.5, "capsize": 3, "linewidth": 1.4}
MEDIAN: Any = POINT | {"fmt": "D", "markerfacecolor": "white"}


def draw(result: StudyResult, rows: pd.DataFrame) -> Figure:
    """`rows` is one metric of the study's `summary_frame`."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    metric, unit = str(rows["metric"].iloc[0]), str(rows["unit"].iloc[0])
    points = np.array([point_of(row) for row in as_rows(rows)], dtype=float)
    medians = np.array([is_far_from_the_runs(row) for row in as_rows(rows)])
    figure = Figure(figsize=(8, 1.2 + 0.27 * len(rows)))
    place = figure.subplots()
    _draw_points(place, points, medians)
    place.set_yticks(range(len(rows))[::-1], [f"{row.variant}  (n={row.n})" for row in rows.itertuples()])
    place.set_ylim(-0.7, len(rows) - 0.3)
    place.set_xlabel(metric_words(metric, unit))
    place.xaxis.set_major_locator(MaxNLocator(5))
    if spans_decades(points[:, 0]):
        place.set_xscale("log")
    place.set_xlim(possible_limits(place.get_xlim(), metric, unit))
    title = f"{result.title}: {metric_words(metric)}, mean over seeds with its 95 % interval"
    title += "; diamond: median, from the least to the greatest run" if medians.any() else ""
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def possible_limits(limits: tuple[float, float], metric: str, unit: str) -> tuple[float, float]:
    """The limits of an axis; of percentages, and of scores such as BLEU, at most 0 to 100: the interval of a few seeds
    may reach beyond."""
    low, high = limits
    return (max(low, -1.0), min(high, 101.0)) if unit == "%" or scale_of(metric).high == 100 else limits


def spans_decades(values: np.ndarray) -> bool:
    """Whether the values are positive and so far apart that only a logarithmic axis shows all of them."""
    return bool((values > 0).all() and values.max() > DECADES * values.min())


def _draw_points(place: Axes, points: np.ndarray, medians: np.ndarray) -> None:
    """`points` [rows, 3], the first row on top: the middle, and the low and the high end of its bar, if it has one."""
    heights = np.arange(len(points))[::-1]
    bars = np.nan_to_num(np.abs(points[:, 1:] - points[:, :1])).T
    for style, own in ((POINT, ~medians), (MEDIAN, medians)):
        if own.any():
            place.errorbar(points[own, 0], heights[own], xerr=bars[:, own], **style)
