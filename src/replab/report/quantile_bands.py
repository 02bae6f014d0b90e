"""One seed's learning curve beside the spread of all: what a single run can and cannot tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from replab.report.axis_scales import FLOOR, logarithmic_axis, percent_axis
from replab.report.curve_panels import hide_unused, share_axes
from replab.report.learning_curves import axis_of, with_floor
from replab.report.markdown_text import metric_words
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST = 20
COLUMNS = 4
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COLOUR, ONE = "#0072b2", "#d55e00"


def with_many_seeds(curves: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The points of a metric's curves, finished runs only, of the variants that have at least `FEWEST` of them."""
    drawn = curves[(curves["metric"] == metric) & (curves["status"] == "done")]
    seeds = drawn.groupby("variant")["seed"].nunique()
    return drawn[drawn["variant"].isin(seeds.index[seeds >= FEWEST])]


def quantiles_of(curves: pd.DataFrame, axis: str) -> pd.DataFrame:
    """A row for each variant and point of the axis, a column for each quantile of the seeds' values."""
    return curves.groupby(["variant", axis])["value"].quantile(np.array(QUANTILES)).unstack()


def draw(result: StudyResult, curves: pd.DataFrame, metric: str) -> Figure:
    """A small panel a variant: the first seed's curve, the median, and between which values half and 90 % lie.

    Values that are never negative are on a logarithmic axis, 0 at its floor; percentages are stretched towards 100, as
    in the learning curves; a single point is a dot.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    drawn = with_many_seeds(curves, metric)
    axis, logarithmic = axis_of(result, drawn), bool((drawn["value"] >= 0).all() and drawn["unit"].iloc[0] != "%")
    drawn = with_floor(drawn)
    spread, first = quantiles_of(drawn, axis), drawn[drawn["seed"] == drawn["seed"].min()]
    shown = set(drawn["variant"].unique())
    names = [name for name in result.variants if name in shown]
    rows = math.ceil(len(names) / COLUMNS)
    figure = Figure(figsize=(8, 0.7 + 1.45 * rows))
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for place, name in zip(grid, names, strict=False):
        _draw_one(place, spread.loc[[name]].droplevel(0), first[first["variant"] == name], axis)
        place.set_title(name.replace("_", " "), loc="left", fontsize=6.5)
    share_axes(grid)
    hide_unused(grid, len(names), COLUMNS)
    if logarithmic:
        logarithmic_axis(grid[0], LogLocator(base=10, numticks=6), floored=drawn["value"].min() == FLOOR)
    elif drawn["unit"].iloc[0] == "%":
        percent_axis(grid[0], drawn["value"].min(), drawn["value"].max())
    figure.supxlabel(axis, fontsize=9)
    figure.supylabel(metric_words(metric, str(drawn["unit"].iloc[0])), fontsize=9)
    one = f"seed {drawn['seed'].min()} (dashed)"
    title = f"{result.name}: {metric_words(metric)}; {one}, the median (line), 50 % and 90 % of the seeds (bands)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _draw_one(place: Axes, spread: pd.DataFrame, one: pd.DataFrame, axis: str) -> None:
    low, lower, middle, upper, high = QUANTILES
    for ends, alpha in (((low, high), 0.18), ((lower, upper), 0.3)):
        place.fill_between(spread.index, spread[ends[0]], spread[ends[1]], color=COLOUR, alpha=alpha, linewidth=0)
    dot = "o" if len(spread) == 1 else ""
    place.plot(spread.index, spread[middle], marker=dot, color=COLOUR, linewidth=1.2)
    place.plot(one[axis], one["value"], "--", marker=dot, color=ONE, linewidth=1, markersize=3)
    place.tick_params(labelsize=6.5)
