"""The ways of optimizers over a valley, from the points that their runs recorded: `x_at_step_3`, `y_at_step_3`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from replab.report.study import StudyResult
from replab.valleys import LEAST, VALLEYS, WINDOWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

X, Y = "x_at_step_", "y_at_step_"
COLUMNS = 4
LEVELS, SHALLOWEST = 12, 1e-3
COLOUR, END = "#0072b2", "#d55e00"
Path = NDArray[np.float64]


def paths_of(result: StudyResult) -> dict[str, dict[str, Path]]:
    """Function -> variant -> its points [N, 2] by step, of the first seed that has a run."""
    found: dict[str, dict[str, Path]] = {}
    for variant, _, run in result.runs():
        points = points_of(run.get("metrics") or {})
        if len(points):
            found.setdefault(run["spec"]["probe"]["function"], {}).setdefault(variant, points)
    return found


def points_of(metrics: Mapping[str, Mapping[str, Any]]) -> Path:
    """The points [N, 2] among a run's metrics, by step."""
    steps = sorted(int(name.removeprefix(X)) for name in metrics if name.startswith(X))
    return np.array([[metrics[f"{axis}{step}"]["value"] for axis in (X, Y)] for step in steps]).reshape(-1, 2)


def draw_paths(result: StudyResult) -> Figure:
    """A panel a variant, those of a function together: lines of equal height, and the way from the ring to the dot.

    A star is at the least value; a way that leaves the window is cut off at its edge.
    """
    from matplotlib.figure import Figure

    paths = paths_of(result)
    rows = {function: math.ceil(len(ways) / COLUMNS) for function, ways in paths.items()}
    figure = Figure(figsize=(8, 0.4 + 1.75 * sum(rows.values())))
    grid = figure.subplots(sum(rows.values()), COLUMNS, squeeze=False)
    first = 0
    for function, ways in paths.items():
        places = grid[first : first + rows[function]].ravel()
        for place, (variant, points) in zip(places, ways.items(), strict=False):
            _draw_way(place, function, points)
            place.set_title(variant.replace("_", " "), loc="left", fontsize=7.5)
        for place in places[len(ways) :]:
            place.set_visible(False)
        first += rows[function]
    title = f"{result.name}: from the ring to the dot; the star is the least value"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _draw_way(place: Axes, function: str, points: Path) -> None:
    x, y = WINDOWS[function]
    across, up = np.meshgrid(np.linspace(*x, 120), np.linspace(*y, 120))
    heights = VALLEYS[function](across, up)
    levels = np.geomspace(heights.max() * SHALLOWEST, heights.max(), LEVELS)
    place.contour(across, up, heights, levels=levels, colors="#c8c8c8", linewidths=0.5)
    place.plot(*points.T, "-", color=COLOUR, linewidth=1, marker=".", markersize=2.5)
    place.plot(*LEAST[function], "*", color="black", markersize=8)
    place.plot(*points[0], "o", color="black", markerfacecolor="none", markersize=7)
    place.plot(*points[-1], "o", color=END, markersize=4.5)
    place.set(xlim=x, ylim=y)
    place.grid(False)
    place.tick_params(labelsize=6.5)
