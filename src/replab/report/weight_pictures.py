"""Weights as pictures; the same numbers give the same picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Weights = NDArray[np.floating[Any]]
COLUMNS = 10
MOST_UNITS = 60


def read_weights(path: Path) -> dict[str, Weights]:
    """Parameter name -> trained weights, as a study that keeps its weights leaves them."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def pictures_of_weights(result: StudyResult, summary: pd.DataFrame) -> dict[str, partial[Figure]]:
    """Name -> what draws it: `templates` of a linear classifier, else `first_layer`; {} where no weights are kept, or
    none of a first layer that sees whole images.

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
    if "layers.0.weight" not in weights:
        return {}
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
