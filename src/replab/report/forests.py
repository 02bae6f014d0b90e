"""The forest plot: every variant's mean with its interval, the number claimed for it, and the difference."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from replab.judging.claim_kinds import Level
from replab.judging.sources import source_words
from replab.report.marks import marks_of
from replab.report.study import StudyResult
from replab.report.wording import metric_words, points_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND = ["our mean with its 95 % interval", "claimed", "tolerance of the claim"]
SHAPES = "s^vph"
DECADES = 1000
OURS, CLAIMED = "#0072b2", "#d55e00"
POINT: Any = {"fmt": "o", "color": OURS, "markersize": 4.5, "capsize": 3, "linewidth": 1.4}


def draw(result: StudyResult, rows: pd.DataFrame) -> Figure:
    """`rows` is one metric of the study's `summary_frame`; without a claim there is no right panel."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    metric, unit = str(rows["metric"].iloc[0]), str(rows["unit"].iloc[0])
    claimed = bool(rows["claimed"].notna().any())
    figure = Figure(figsize=(8, 1.5 + 0.27 * len(rows)))
    axes = figure.subplots(1, 2 if claimed else 1, sharey=True, squeeze=False)[0]
    heights = np.arange(len(rows))[::-1]
    _draw_levels(axes[0], rows, heights, metric_words(metric, unit))
    _draw_other_sources(axes[0], result, rows, heights)
    if claimed:
        _draw_tolerances(axes[1], result, rows, heights)
        _draw_differences(axes[1], rows, heights, f"ours - claimed{points_words(unit)}")
    for place in axes:
        place.xaxis.set_major_locator(MaxNLocator(5))
    if spans_decades(rows):
        axes[0].set_xscale("log")
    axes[0].set_xlim(possible_limits(axes[0].get_xlim(), unit))
    entries = [entry for place in axes for entry in zip(*place.get_legend_handles_labels(), strict=True)]
    handles, labels = zip(*sorted(entries, key=lambda entry: [*LEGEND, entry[1]].index(entry[1])), strict=True)
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 3))
    title = f"{result.name}: {metric_words(metric)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def possible_limits(limits: tuple[float, float], unit: str) -> tuple[float, float]:
    """The limits of an axis; of percentages at most 0 to 100, where the interval of a few seeds may reach beyond."""
    low, high = limits
    return (max(low, -1.0), min(high, 101.0)) if unit == "%" else limits


def spans_decades(rows: pd.DataFrame) -> bool:
    """Whether the means are positive and so far apart that only a logarithmic axis shows all of them."""
    means = rows["mean"]
    return bool((means > 0).all() and means.max() > DECADES * means.min())


def _draw_tolerances(place: Axes, result: StudyResult, rows: pd.DataFrame, heights: np.ndarray) -> None:
    tolerances = {claim.id: claim.tolerance for claim in result.claims if isinstance(claim, Level)}
    widths = np.array([tolerances.get(claim_id, math.nan) for claim_id in rows["claim_id"]])
    place.barh(heights, 2 * widths, left=-widths, height=0.7, color=CLAIMED, alpha=0.15, label=LEGEND[2])


def _draw_levels(place: Axes, rows: pd.DataFrame, heights: np.ndarray, label: str) -> None:
    place.errorbar(rows["mean"], heights, xerr=_bars(rows), label=LEGEND[0], **POINT)
    if rows["claimed"].notna().any():
        place.plot(
            rows["claimed"], heights, "D", markerfacecolor="none", markeredgecolor=CLAIMED, markersize=6.5,
            label=LEGEND[1], linestyle="none",
        )  # fmt: skip
    place.set_yticks(heights, [f"{row.variant}  (n={row.n})" for row in rows.itertuples()])
    place.set_ylim(-0.7, len(rows) - 0.3)
    place.set_xlabel(label)


def _draw_other_sources(place: Axes, result: StudyResult, rows: pd.DataFrame, heights: np.ndarray) -> None:
    """What sources other than the claim's own have for the same number, a shape a source."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row, height in zip(rows.itertuples(), heights, strict=True):
        for mark in marks_of(result, str(row.variant), str(row.metric))[1:]:
            found.setdefault(mark.source, []).append((mark.value, float(height)))
    for (source, points), shape in zip(found.items(), itertools.cycle(SHAPES), strict=False):
        values, places = zip(*points, strict=True)
        place.plot(
            values, places, shape, markerfacecolor="none", markeredgecolor=CLAIMED, markersize=5.5,
            label=f"claimed by {source_words(source)}", linestyle="none",
        )  # fmt: skip


def _draw_differences(place: Axes, rows: pd.DataFrame, heights: np.ndarray, label: str) -> None:
    place.axvline(0, color=CLAIMED, linewidth=1)
    place.errorbar(rows["difference"], heights, xerr=_bars(rows), **POINT)
    for verdict, height in zip(rows["verdict"], heights, strict=True):
        place.annotate(
            verdict,
            (1.03, height),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=7.5,
            color="#333333",
        )
    place.set_xlabel(label)


def _bars(rows: pd.DataFrame) -> np.ndarray:
    """Lengths of the interval below and above the mean [2, rows]; 0 where there is no interval."""
    ends = [rows["mean"] - rows["ci_low"], rows["ci_high"] - rows["mean"]]
    return np.nan_to_num(np.stack(ends).astype(float))
