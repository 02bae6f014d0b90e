"""A grid of variants as a heat map: means by two settings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from replab.report.forests import CLAIMED
from replab.report.frames import as_rows
from replab.report.markdown_text import metric_words, shown
from replab.report.settings import Setting, in_order, setting_words, settings_of, value_words
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def grid_keys(result: StudyResult) -> tuple[str, str] | None:
    """The two numbers in which all variants of a study differ and that are crossed; None where there are no such."""
    specs = [
        {key: value for key, value in settings.items() if not isinstance(value, str)}
        for settings in settings_of(result).values()
    ]
    keys = sorted(set().union(*specs)) if specs else []
    varied = [key for key in keys if len({spec.get(key) for spec in specs}) > 1]
    if len(varied) != 2 or not all(key in spec for key in varied for spec in specs):
        return None
    cells = {(spec[varied[0]], spec[varied[1]]) for spec in specs}
    crossed = all(len({cell[axis] for cell in cells}) < len(cells) for axis in (0, 1))
    return (varied[0], varied[1]) if crossed and len(cells) == len(result.variants) == len(specs) else None


def draw_heat_map(result: StudyResult, rows: pd.DataFrame, keys: tuple[str, str]) -> Figure:
    """Means of one metric (`rows` of the summary) by two settings: down and across, as the dotted `keys` say.

    Each cell has its mean and half the width of its 95 % interval; a frame is around what a claim is about.
    """
    from matplotlib.figure import Figure

    metric, unit = str(rows["metric"].iloc[0]), str(rows["unit"].iloc[0])
    cells, (down, across) = _cells(result, rows, keys)
    figure = Figure(figsize=(8, 1.4 + 0.55 * len(down)))
    place = figure.subplots()
    means = np.array([[cells.get((a, b), {}).get("mean", math.nan) for b in across] for a in down])
    image = place.imshow(means, cmap="viridis", aspect="auto")
    bright = 0.4 * np.nanmin(means) + 0.6 * np.nanmax(means)
    for (i, j), mean in np.ndenumerate(means):
        if math.isfinite(mean):
            _write_cell(place, (j, i), cells[down[i], across[j]], unit, dark=bool(mean < bright))
    place.grid(False)
    place.set_xticks(range(len(across)), [value_words(value) for value in across])
    place.set_yticks(range(len(down)), [value_words(value) for value in down])
    place.set(xlabel=setting_words(keys[1]), ylabel=setting_words(keys[0]))
    figure.colorbar(image, label=metric_words(metric, unit))
    framed = ". Framed: the report prints a number" if rows["claimed"].notna().any() else ""
    title = f"{result.name}: {metric_words(metric)}, mean and half its 95 % interval{framed}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _cells(
    result: StudyResult, rows: pd.DataFrame, keys: tuple[str, str]
) -> tuple[dict[tuple[Setting, Setting], dict[str, Any]], list[list[Setting]]]:
    """(down, across) -> the summary's row of the first variant there; and the values of both settings, in order."""
    settings = settings_of(result)
    cells: dict[tuple[Setting, Setting], dict[str, Any]] = {}
    for row in as_rows(rows):
        own = settings.get(row["variant"], {})
        if all(key in own for key in keys):
            cells.setdefault((own[keys[0]], own[keys[1]]), row)
    return cells, [in_order(cell[axis] for cell in cells) for axis in (0, 1)]


def _write_cell(place: Any, where: tuple[int, int], row: dict[str, Any], unit: str, dark: bool) -> None:
    from matplotlib.patches import Rectangle

    half = (row["ci_high"] - row["ci_low"]) / 2
    text = shown(row["mean"], unit) + (f"\n± {shown(half, unit)}" if math.isfinite(half) else "")
    place.text(*where, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    if math.isfinite(row["claimed"]):
        corner = where[0] - 0.48, where[1] - 0.48
        place.add_patch(Rectangle(corner, 0.96, 0.96, fill=False, edgecolor=CLAIMED, linewidth=2))
