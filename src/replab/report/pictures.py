"""Weights as pictures, and a grid of variants as a heat map; the same numbers give the same picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from replab.report.study import StudyResult
from replab.report.wording import metric_words, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Weights = NDArray[np.floating[Any]]
CLAIMED = "#d55e00"
COLUMNS = 10
MOST_UNITS = 60


def read_weights(path: Path) -> dict[str, Weights]:
    """Parameter name -> trained weights, as a study that keeps its weights leaves them."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def kept_pictures(result: StudyResult, summary: pd.DataFrame) -> dict[str, Callable[[], Figure]]:
    """Name -> what draws it: `templates` of a linear classifier, else `first_layer`; {} without kept weights or images.

    Drawn is the first seed of the variant with the best mean of the study's first metric. The manifest of its data
    has the shape of an image and the classes.
    """
    rows = summary[(summary["metric"] == result.primary[0]) & summary["mean"].notna()]
    if rows.empty or result.weights_of is None:
        return {}
    variant = str(rows["variant"].iloc[int(rows["mean"].to_numpy(dtype=float).argmax())])
    seed, run = result.runs_of(variant, "done")[0]
    path, name = result.weights_of(run["identity"]), run["spec"]["data"]["name"]
    manifest = next((manifest for manifest in result.data if manifest["name"] == name), None)
    if manifest is None or "train_x.npy" not in manifest["arrays"] or not path.exists():
        return {}
    weights, shape = read_weights(path), tuple(manifest["arrays"]["train_x.npy"]["shape"][1:])
    first, title = weights["layers.0.weight"], f"{result.name}: {variant}, seed {seed}"
    if first.shape != (len(manifest["classes"]), math.prod(shape)):
        return {"first_layer": partial(draw_first_layer, first, shape, f"{title}, weights of the first layer")}
    return {"templates": partial(draw_templates, first, shape, manifest["classes"], f"{title}, templates")}


def draw_templates(weights: Weights, shape: tuple[int, ...], classes: Sequence[str], title: str) -> Figure:
    """A linear classifier's rows W [K, D] as pictures of `shape`, the template of each class."""
    return _gallery(pictures_of(weights, shape), math.ceil(len(classes) / 2), title, classes)


def draw_first_layer(weights: Weights, shape: tuple[int, ...], title: str) -> Figure:
    """A first layer's rows W_1 [H, D] as pictures of `shape`: the first MOST_UNITS in the order of the units."""
    shown_units = weights[:MOST_UNITS]
    of = f" (units 1 to {MOST_UNITS} of {len(weights)})" if len(weights) > MOST_UNITS else ""
    return _gallery(pictures_of(shown_units, shape), COLUMNS, title + of, [""] * len(shown_units))


def pictures_of(weights: Weights, shape: tuple[int, ...]) -> Weights:
    """Rows [N, D] as pictures [N, H, W] or [N, H, W, C] in 0..1, each row from its least to its greatest weight."""
    low, high = weights.min(1, keepdims=True), weights.max(1, keepdims=True)
    scaled = ((weights - low) / np.where(high > low, high - low, 1)).reshape(len(weights), *shape)
    return np.moveaxis(scaled, 1, -1) if len(shape) == 3 else scaled


def _gallery(pictures: Weights, columns: int, title: str, labels: Sequence[str]) -> Figure:
    from matplotlib.figure import Figure

    rows = math.ceil(len(pictures) / columns)
    figure = Figure(figsize=(8, 0.4 + 8 / columns * rows * (1.15 if any(labels) else 1)))
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for place in places:
        place.set_axis_off()
    for place, picture, label in zip(places, pictures, labels, strict=False):
        place.imshow(picture, cmap="gray", interpolation="nearest")
        place.set_title(label)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def grid_keys(result: StudyResult) -> tuple[str, str] | None:
    """The two numbers in which all variants of a study differ and that make a grid; None where there are no such."""
    specs = [dict(numbers_in(spec)) for spec in _specs(result).values()]
    keys = sorted(set().union(*specs)) if specs else []
    varied = [key for key in keys if len({spec.get(key) for spec in specs}) > 1]
    if len(varied) != 2 or not all(key in spec for key in varied for spec in specs):
        return None
    cells = {(spec[varied[0]], spec[varied[1]]) for spec in specs}
    return (varied[0], varied[1]) if len(cells) == len(result.variants) == len(specs) else None


def numbers_in(block: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """(dotted key, value) of each number in a spec; an item of a list goes by its place."""
    if isinstance(block, Mapping | list):
        items = block.items() if isinstance(block, Mapping) else enumerate(block)
        for key, value in items:
            yield from numbers_in(value, f"{path}.{key}" if path else str(key))
    elif isinstance(block, int | float) and not isinstance(block, bool):
        yield path, float(block)


def _specs(result: StudyResult) -> dict[str, Any]:
    return {variant: run["spec"] for variant, _, run in result.runs()}


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
    place.set_xticks(range(len(across)), [f"{value:g}" for value in across])
    place.set_yticks(range(len(down)), [f"{value:g}" for value in down])
    place.set(xlabel=setting_words(keys[1]), ylabel=setting_words(keys[0]))
    figure.colorbar(image, label=metric_words(metric, unit))
    framed = "; framed: with a claimed level" if rows["claimed"].notna().any() else ""
    figure.suptitle(f"{result.name}: {metric_words(metric)}{framed}", x=0.01, ha="left", fontsize=10)
    return figure


def _cells(
    result: StudyResult, rows: pd.DataFrame, keys: tuple[str, str]
) -> tuple[dict[tuple[float, float], dict[str, Any]], list[list[float]]]:
    """(down, across) -> the variant's row of the summary; and the values of both settings, in order."""
    settings = {variant: dict(numbers_in(spec)) for variant, spec in _specs(result).items()}
    cells = {
        (settings[row["variant"]][keys[0]], settings[row["variant"]][keys[1]]): {str(k): v for k, v in row.items()}
        for row in rows.to_dict("records")
        if row["variant"] in settings
    }
    return cells, [sorted({cell[axis] for cell in cells}) for axis in (0, 1)]


def _write_cell(place: Any, where: tuple[int, int], row: dict[str, Any], unit: str, dark: bool) -> None:
    from matplotlib.patches import Rectangle

    half = (row["ci_high"] - row["ci_low"]) / 2
    text = shown(row["mean"], unit) + (f"\n± {shown(half, unit)}" if math.isfinite(half) else "")
    place.text(*where, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    if math.isfinite(row["claimed"]):
        corner = where[0] - 0.48, where[1] - 0.48
        place.add_patch(Rectangle(corner, 0.96, 0.96, fill=False, edgecolor=CLAIMED, linewidth=2))


def setting_words(key: str) -> str:
    """A dotted key as an axis says it: `optimizer lr`, `regularizers strength`."""
    *parents, last = key.split(".")
    parent = next((word for word in reversed(parents) if not word.isdigit()), "")
    return f"{parent} {last}".strip().replace("_", " ")
