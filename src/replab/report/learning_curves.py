"""Learning curves: the mean over seeds with its 95 % band, in small multiples for many variants."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from replab.judging.numbers import CONFIDENCE
from replab.judging.statistics import EXPLODED, t_interval
from replab.judging.words import listed
from replab.report.axis_scales import FLOOR, logarithmic_axis, percent_axis, time_axis
from replab.report.curve_panels import hide_unused, line_styles, panels_of, share_axes
from replab.report.markdown_text import metric_words
from replab.report.study import StudyResult

LABELS = 1.05  # where the lines to the names of variants end, as a share of a panel's width
MOST_WITH_FIVES = 1e4  # from the least to the greatest value with ticks at 2 and 5 too

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(result: StudyResult, curves: pd.DataFrame, metric: str) -> Figure:
    """One panel for up to six variants, else one a group; diverged runs are thin and end in a cross."""
    from matplotlib.figure import Figure

    drawn = with_floor(curves[curves["metric"] == metric])
    axis, unit = axis_of(result, drawn), str(drawn["unit"].iloc[0])
    own = {str(name): rows for name, rows in drawn.groupby("variant")}
    bands = {name: band_of(rows, axis) for name, rows in own.items()}
    panels = {title: names for title, names in panels_of(result, set(own)).items() if names}
    styles = line_styles(result, panels)
    rows, columns = math.ceil(len(panels) / 2), min(2, len(panels))
    figure = Figure(figsize=(8, 0.6 + (2.6 if rows > 1 else 3.4) * rows))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, (title, names) in zip(grid, panels.items(), strict=False):
        for name in reversed(names):  # dashed ones over the solid ones that they may equal
            _draw_variant(place, own[name], bands[name], axis, styles[name])
        place.set_title(title, loc="left")
    share_axes(grid)
    beyond = variants_beyond(bands) if unit != "%" else []
    span = (drawn["value"].min(), drawn["value"].max())
    if beyond:
        span = limits_of([bands[name] for name in bands if name not in beyond])
        grid[0].set_ylim(*span)
    _scale(grid[0], *span, unit)
    ends = drawn.groupby("variant")[axis].agg(["min", "max"])
    lengths = list(ends.loc[ends["min"] < ends["max"], "max"])  # of those with more than a point
    time_axis(grid[0], lengths or [1.0], float(drawn[axis][drawn[axis] > 0].min()))
    remarks = remarks_of(result, bands, beyond)
    for place, names in zip(grid, panels.values(), strict=False):
        _label_ends(place, own, bands, axis, {name: remarks[name] for name in names}, styles)
    hide_unused(grid, len(panels), columns)
    figure.supxlabel(axis, fontsize=9)
    figure.supylabel(metric_words(metric, unit), fontsize=9)
    title = f"{result.name}: {metric_words(metric)}, mean and 95 % interval over seeds"
    title += f". Above the picture: {listed(beyond)}" if beyond else ""
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def axis_of(result: StudyResult, curves: pd.DataFrame) -> str:
    """`step` where all budgets are steps, of batches of several sizes, or there is but one epoch; else `epoch`.

    The curves of a command may have no steps.
    """
    if curves["step"].isna().any():
        return "epoch"
    specs = [run["spec"] for _, _, run in result.runs()]
    counted = all((spec.get("budget") or {}).get("steps") for spec in specs)
    sizes = {(spec.get("batches") or {}).get("size") for spec in specs}
    return "step" if (counted and len(sizes) > 1) or curves["epoch"].nunique() <= 1 else "epoch"


def with_floor(curves: pd.DataFrame) -> pd.DataFrame:
    """Values that are never negative, but 0 somewhere, as a logarithmic axis can show them: at least `FLOOR`."""
    lowest = curves["value"].min()
    if lowest != 0 or (curves["unit"] == "%").any():
        return curves
    return curves.assign(value=curves["value"].clip(lower=FLOOR))


def band_of(curves: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Per point of a variant's curve: mean over the finished runs, low and high end of its 95 % interval.

    A band of percentages ends at 0 and 100, beyond which an interval of a few seeds may reach; one of values above 0
    ends at the least run where the interval reaches 0, which no logarithmic axis can show.
    """
    bounds = (0.0, 100.0) if (curves["unit"] == "%").any() else (-math.inf, math.inf)
    rows = []
    for place, values in curves[curves["status"] == "done"].groupby(axis)["value"]:
        low, high = np.clip(t_interval(values.to_numpy(), confidence=CONFIDENCE), *bounds)
        low = values.min() if low <= 0 < values.min() and math.isinf(bounds[0]) else low
        rows.append({axis: place, "mean": values.mean(), "low": low, "high": high})
    return pd.DataFrame(rows, columns=[axis, "mean", "low", "high"], dtype=float)


def variants_beyond(bands: dict[str, pd.DataFrame]) -> list[str]:
    """Those whose mean is at some point more than a million times what half of the variants reach at most.

    An axis that shows them makes one flat line of all others. They leave the picture at its top.
    """
    tops = {name: float(band["mean"].max()) for name, band in bands.items() if len(band)}
    middle = float(np.median(list(tops.values()))) if tops else 0.0
    return [name for name, top in tops.items() if top > EXPLODED * middle > 0]


def limits_of(bands: list[pd.DataFrame]) -> tuple[float, float]:
    """The limits of a logarithmic axis that shows these means, and of their bands what is near to them."""
    means = np.concatenate([band["mean"].to_numpy() for band in bands])
    low, high = means[means > 0].min(), means.max()
    high = min(10 * high, max(high, *(band["high"].max() for band in bands)))
    margin = max(high / low, 2.0) ** 0.05
    return low / margin, high * margin


def _draw_variant(place: Axes, curves: pd.DataFrame, band: pd.DataFrame, axis: str, style: tuple[str, str]) -> None:
    colour, dashes = style
    place.plot(band[axis], band["mean"], dashes, color=colour, linewidth=1.5)
    place.fill_between(band[axis], band["low"], band["high"], color=colour, alpha=0.2, linewidth=0)
    for _, run in curves[curves["status"] == "diverged"].groupby("seed"):
        place.plot(run[axis], run["value"], dashes, color=colour, linewidth=0.6)
        place.plot(run[axis].iloc[-1:], run["value"].iloc[-1:], "x", color=colour, markersize=6)


def remarks_of(result: StudyResult, bands: dict[str, pd.DataFrame], beyond: list[str]) -> dict[str, str]:
    """variant -> what stands behind its name: ` (at 1e+29, 6 of 8 diverged)`; a run may diverge before its first point.

    `beyond`: the variants whose curves leave the picture, with the mean that they end at.
    """
    runs = Counter(name for name, _, _ in result.runs())
    found = {}
    for name, band in bands.items():
        lost = len(result.runs_of(name, "diverged"))
        said = [f"at {band['mean'].iloc[-1]:.0e}"] if name in beyond else []
        said += [f"{lost} of {runs[name]} diverged"] if lost else []
        found[name] = f" ({', '.join(said)})" if said else ""
    return found


def _scale(place: Axes, low: float, high: float, unit: str) -> None:
    """Percentages are stretched towards 100, where variants differ; positive values are logarithmic."""
    from matplotlib.ticker import LogLocator

    if unit == "%":
        percent_axis(place, low, high)
    elif low > 0:
        locator = LogLocator(subs=(1.0,) if high > MOST_WITH_FIVES * low else (1.0, 2.0, 5.0))
        logarithmic_axis(place, locator, floored=low == FLOOR)


def _label_ends(
    place: Axes,
    own: dict[str, pd.DataFrame],
    bands: dict[str, pd.DataFrame],
    axis: str,
    remarks: dict[str, str],
    styles: dict[str, tuple[str, str]],
) -> None:
    """Write each variant's name and remark beside the end of its curve, apart enough to be read."""
    from matplotlib.lines import Line2D

    ends = {}
    for name in remarks:
        rows, curve = own[name], bands[name].rename(columns={"mean": "value"})
        last = (curve if len(curve) else rows.sort_values(axis)).iloc[-1]
        ends[name] = (last[axis], last["value"])
    place.autoscale_view()  # else the limits wait for the drawing
    shares = place.transAxes.inverted().transform(place.transData.transform(list(ends.values())))
    shares[:, 1] = np.minimum(shares[:, 1], 1.0)  # of curves that leave the picture
    for name, share, height in zip(ends, shares, spread_apart(list(shares[:, 1]), gap=0.085), strict=True):
        # A line, and no arrow of `annotate`: to cut that off at the text takes a fifth of the time of a picture.
        style: Any = {"color": styles[name][0], "transform": place.transAxes, "clip_on": False}
        place.add_line(Line2D([share[0], LABELS], [share[1], height], linewidth=0.6, **style))
        place.text(LABELS + 0.01, height, name + remarks[name], va="center", fontsize=8, **style)


def spread_apart(heights: list[float], *, gap: float) -> list[float]:
    """The heights, moved until they are `gap` apart, and within 0..1 if they fit, in the same order."""
    order = np.argsort(heights, kind="stable")
    steps = gap * np.arange(len(heights))
    lowest = np.maximum.accumulate(np.asarray(heights)[order] - steps)
    apart = np.clip(lowest, 0, max(0.0, 1 - (steps[-1] if len(steps) else 0))) + steps
    moved = np.empty(len(heights))
    moved[order] = apart
    return [float(height) for height in moved]
