"""Confusion matrices of runs that give nearly all examples one class, beside one that does not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from replab.report.study import Record, StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

SHARE, SERIES = "test_predicted_class_share", "test_confusion"
COLLAPSED = 50.0  # % of the test examples in one class
MOST = 5
Counts = NDArray[np.int64]


def collapsed_runs(result: StudyResult, summary: pd.DataFrame) -> dict[tuple[str, int], Counts]:
    """(variant, seed) -> counts [true class, predicted class] on the test set, of runs that recorded them: the first
    finished run of each variant that has collapsed on average, by its share, after that of the first variant that has
    not; {} where none has."""
    recorded = [name for name in result.variants if _recorded(result, name)]
    rows = summary[(summary["metric"] == SHARE) & summary["mean"].notna() & summary["variant"].isin(recorded)]
    rows = rows.sort_values("mean", ascending=False)
    fallen = list(rows.loc[rows["mean"] >= COLLAPSED, "variant"])[:MOST]
    sound = [name for name in recorded if name in set(rows.loc[rows["mean"] < COLLAPSED, "variant"])][:1]
    runs = {name: _recorded(result, name)[0] for name in [*sound, *fallen]} if fallen else {}
    return {(name, seed): _square(run["series"][SERIES]) for name, (seed, run) in runs.items()}


def _recorded(result: StudyResult, variant: str) -> list[tuple[int, Record]]:
    """(seed, record) of the variant's finished runs with a confusion matrix, by seed."""
    return [(seed, run) for seed, run in result.runs_of(variant, "done") if SERIES in run.get("series", {})]


def _square(counts: list[float]) -> Counts:
    classes = math.isqrt(len(counts))
    return np.array(counts, dtype=np.int64).reshape(classes, classes)


def draw(result: StudyResult, summary: pd.DataFrame) -> Figure:
    """A panel a run: of the examples of each true class (a row), the share that is given each class (a column)."""
    from matplotlib.figure import Figure

    confusions = collapsed_runs(result, summary)
    columns = min(3, len(confusions))
    rows = -(-len(confusions) // columns)
    figure = Figure(figsize=(8, 0.9 + 2.4 * rows))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, ((variant, seed), counts) in zip(grid, confusions.items(), strict=False):
        image = _draw_one(place, counts)
        place.set_title(f"{variant}, seed {seed}", fontsize=8)
    for place in grid[len(confusions) :]:
        place.set_visible(False)
    figure.colorbar(image, ax=grid.tolist(), label="% of the true class", shrink=0.8)
    figure.supxlabel("predicted class", fontsize=9)
    figure.supylabel("true class", fontsize=9)
    figure.suptitle(f"{result.name}: confusion matrices on the test set", x=0.01, ha="left", fontsize=10)
    return figure


def _draw_one(place: Axes, counts: Counts) -> AxesImage:
    shares = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    place.grid(False)
    place.set_xticks(range(len(counts)))
    place.set_yticks(range(len(counts)))
    place.tick_params(labelsize=6.5)
    return place.imshow(shares, cmap="Blues", vmin=0, vmax=100)
