"""The forest plot: every variant's mean with its interval, for studies of which no report says anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from replab.judging.scales import scale_of
from replab.report.markdown_text import metric_words
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADES = 1000
OURS, CLAIMED = "#0072b2", "#d55e00"
POINT: Any = {"fmt": "o", "color": OURS, "markersize": 4.5, "capsize": 3, "linewidth": 1.4}


def draw(result: StudyResult, rows: pd.DataFrame) -> Figure:
    """`rows` is one metric of the study's `summary_frame`."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    metric, unit = str(rows["metric"].iloc[0]), str(rows["unit"].iloc[0])
    figure = Figure(figsize=(8, 1.2 + 0.27 * len(rows)))
    place = figure.subplots()
    _draw_means(place, rows, metric_words(metric, unit))
    place.xaxis.set_major_locator(MaxNLocator(5))
    if spans_decades(rows):
        place.set_xscale("log")
    place.set_xlim(possible_limits(place.get_xlim(), metric, unit))
    title = f"{result.title}: {metric_words(metric)}, mean over seeds with its 95 % interval"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def possible_limits(limits: tuple[float, float], metric: str, unit: str) -> tuple[float, float]:
    """The limits of an axis; of percentages, and of scores such as BLEU, at most 0 to 100: the interval of a few seeds
    may reach beyond."""
    low, high = limits
    return (max(low, -1.0), min(high, 101.0)) if unit == "%" or scale_of(metric).high == 100 else limits


def spans_decades(rows: pd.DataFrame) -> bool:
    """Whether the means are positive and so far apart that only a logarithmic axis shows all of them."""
    means = rows["mean"]
    return bool((means > 0).all() and means.max() > DECADES * means.min())


def _draw_means(place: Axes, rows: pd.DataFrame, label: str) -> None:
    heights = np.arange(len(rows))[::-1]
    place.errorbar(rows["mean"], heights, xerr=_bars(rows), **POINT)
    place.set_yticks(heights, [f"{row.variant}  (n={row.n})" for row in rows.itertuples()])
    place.set_ylim(-0.7, len(rows) - 0.3)
    place.set_xlabel(label)


def _bars(rows: pd.DataFrame) -> np.ndarray:
    """Lengths of the interval below and above the mean [2, rows]; 0 where there is no interval."""
    ends = [rows["mean"] - rows["ci_low"], rows["ci_high"] - rows["mean"]]
    return np.nan_to_num(np.stack(ends).astype(float))
