"""Confusion matrices of runs that give nearly all examples one class, beside one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

SHARE = "test_predicted_class_share"
COLLAPSED = 50.0  # % of the test examples in one class
MOST = 5
Counts = NDArray[np.int64]


def collapsed_runs(result: StudyResult, summary: pd.DataFrame) -> list[tuple[str, int]]:
    """(variant, seed): the first finished run of the first variant that has not collapsed on average, for comparison,
    and those of the variants that have, by their share; [] where none has."""
    rows = summary[(summary["metric"] == SHARE) & summary["mean"].notna()].sort_values("mean", ascending=False)
    fallen = list(rows.loc[rows["mean"] >= COLLAPSED, "variant"])[:MOST]
    sound = [name for name in result.variants if name in set(rows.loc[rows["mean"] < COLLAPSED, "variant"])][:1]
    return [(name, result.runs_of(name, "done")[0][0]) for name in [*sound, *fallen]] if fallen else []


def with_weights(result: StudyResult, summary: pd.DataFrame) -> list[tuple[str, int]]:
    """Those of `collapsed_runs` whose weights are there."""
    if result.weights_of is None or result.confusion_of is None:
        return []
    runs = collapsed_runs(result, summary)
    return [key for key in runs if result.weights_of(result.records[key]["identity"]).exists()]


def confusions_of(result: StudyResult, summary: pd.DataFrame) -> dict[tuple[str, int], Counts]:
    """(variant, seed) -> counts [true class, predicted class] on the test set, of the runs `with_weights`."""
    assert result.confusion_of is not None
    return {key: result.confusion_of(result.records[key]) for key in with_weights(result, summary)}


def confusions_frame(result: StudyResult, summary: pd.DataFrame) -> pd.DataFrame:
    """A row a run, true class and predicted class."""
    confusions = confusions_of(result, summary)
    rows = [
        (variant, seed, true, predicted, int(count))
        for (variant, seed), counts in confusions.items()
        for (true, predicted), count in np.ndenumerate(counts)
    ]
    return pd.DataFrame(rows, columns=["variant", "seed", "true_class", "predicted_class", "count"])


def draw(result: StudyResult, summary: pd.DataFrame) -> Figure:
    """A panel a run: of the examples of each true class (a row), the share that is given each class (a column)."""
    from matplotlib.figure import Figure

    confusions = confusions_of(result, summary)
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
