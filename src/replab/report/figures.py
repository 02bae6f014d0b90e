"""The pictures of a study: which there are, what draws each, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from replab.report import (
    confusions,
    forests,
    gradient_pictures,
    heat_maps,
    learning_curves,
    path_pictures,
    quantile_bands,
    series_pictures,
    statement_pictures,
    sweeps,
    translations,
    weight_pictures,
)
from replab.report.frames import curves_frame
from replab.report.kept_pictures import drawn_or_kept
from replab.report.markdown_text import metric_words
from replab.report.picture_files import kinds_of
from replab.report.study import StudyResult
from replab.report.tables import main_metrics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from replab.judging.judgement import Judgement

DRAWING = (
    *(confusions, forests, gradient_pictures, heat_maps, learning_curves, path_pictures, quantile_bands),
    *(series_pictures, statement_pictures, sweeps, translations, weight_pictures),
)


def draw_study(result: StudyResult, summary: pd.DataFrame, judgement: Judgement) -> dict[str, bytes]:
    """File name -> content, of every picture as SVG and PNG; `summary` is the study's `summary_frame`."""
    kinds = kinds_of(result)
    return {
        f"{name}.{kind}": content
        for name, draw in drawings(result, summary, judgement).items()
        for kind, content in drawn_or_kept(result, name, draw, kinds).items()
    }


def drawings(result: StudyResult, summary: pd.DataFrame, judgement: Judgement) -> dict[str, partial[Figure]]:
    """Name -> what draws it.

    `statements`: what a report says beside our runs; without one, `forest_<metric>`. `curves_<metric>`: primary metrics
    and the training loss. `grid_<metric>`: by the two settings that a study declares or whose grid its variants are;
    `by_<metric>`: by the one that it declares. `spread_<metric>`: the first curve, where there are many seeds. Weights
    where they are kept; `predictions` and `confusions` of recorded series; `convergence` and `paths` of what probes
    recorded; `attention` of translators.

    A picture without a single point is left out.
    """
    curves = curves_frame(result)
    found: dict[str, partial[Figure]] = {}
    if said := statement_pictures.rows_to_draw(result, judgement):
        found["statements"] = partial(statement_pictures.draw, result, judgement, said)
    for metric in curve_metrics(result, curves):
        found[f"curves_{metric}"] = partial(learning_curves.draw, result, curves, metric)
    for metric in curve_metrics(result, curves)[:1]:
        if len(quantile_bands.with_many_seeds(curves, metric)):
            found[f"spread_{metric}"] = partial(quantile_bands.draw, result, curves, metric)
    grid = result.axes if len(result.axes) == 2 else heat_maps.grid_keys(result)
    for metric in main_metrics(result, summary):
        rows = summary[(summary["metric"] == metric) & summary["mean"].notna()]
        if len(rows):
            found |= {} if said else {f"forest_{metric}": partial(forests.draw, result, rows)}
            found |= _along_settings(result, rows, grid)
    found |= weight_pictures.pictures_of_weights(result, summary)
    if series_pictures.rows_of(result):
        found["predictions"] = partial(series_pictures.draw_predictions, result)
    if confusions.collapsed_runs(result, summary):
        found["confusions"] = partial(confusions.draw, result, summary)
    if len(gradient_pictures.convergence_points(summary)):
        found["convergence"] = partial(gradient_pictures.draw_convergence, summary)
    if path_pictures.paths_of(result):
        found["paths"] = partial(path_pictures.draw_paths, result)
    if translations.attention_example(result)[0]:
        found["attention"] = partial(translations.draw_attention, result)
    return found


def _along_settings(result: StudyResult, rows: pd.DataFrame, grid: Sequence[str] | None) -> dict[str, partial[Figure]]:
    """What draws one metric by the two settings of `grid`, or by the one that the study declares."""
    metric = rows["metric"].iloc[0]
    found: dict[str, partial[Figure]] = {}
    if grid:
        found[f"grid_{metric}"] = partial(heat_maps.draw_heat_map, result, rows, (grid[0], grid[1]))
    if len(result.axes) == 1 and sweeps.lines_of(result, rows, result.axes[0])[0]:
        found[f"by_{metric}"] = partial(sweeps.draw, result, rows, result.axes[0])
    return found


def curve_metrics(result: StudyResult, curves: pd.DataFrame) -> list[str]:
    """The metrics whose curves are drawn: the primary ones that have a curve of two points or more, then the training
    loss."""
    wanted = dict.fromkeys([*result.primary, "train_loss"])
    points = curves.groupby(["metric", "variant"])["epoch"].nunique().groupby("metric").max()
    measured = set(points.index[points > 1])
    return [metric for metric in wanted if metric in measured]


PICTURES = {
    "statements": "what the report says, beside our runs",
    "curves": "{} in the course of the training",
    "forest": "{}: every variant's mean with its 95 % interval, or its median where the table has it",
    "grid": "{} by two settings",
    "by": "{} by one setting",
    "spread": "{}: one seed beside the spread of all",
    "templates": "the weights of each class as a picture",
    "first": "the weights of the first layer as pictures",
    "predictions": "predictions beside the truth",
    "confusions": "confusion matrices",
    "convergence": "the error of the gradient by step",
    "paths": "the ways of the optimizers",
    "attention": "where the attention looks",
}


def picture_words(name: str) -> str:
    """What a picture shows, by the name that `drawings` gives it: its caption, and its words where it is not seen."""
    kind, _, metric = name.partition("_")
    return PICTURES[kind].format(metric_words(metric))
