"""What translators wrote: how their scores are computed, a few sentences, and where attention looked as it wrote."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from replab.report.markdown_text import code, escaped, metric_words, table
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Example = Mapping[str, Any]
COLUMNS = 2


def signatures_table(result: StudyResult) -> str:
    """A row for each metric that a program computed by a recipe: sacrebleu's signature; "" without one.

    Where runs of a metric have several recipes, each has a row: their numbers must not be compared.
    """
    found: dict[str, set[str]] = {}
    for _, _, run in result.runs():
        for metric, entry in (run.get("metrics") or {}).items():
            if "signature" in entry:
                found.setdefault(metric, set()).add(entry["signature"])
    rows = [[escaped(metric_words(metric)), code(one)] for metric in sorted(found) for one in sorted(found[metric])]
    return table(["metric", "sacrebleu's signature"], rows) if rows else ""


def examples_table(result: StudyResult) -> str:
    """The first sentences of the test text as each variant's first finished run translates them, beside the reference;
    "" where no run translates."""
    rows: dict[str, list[list[str]]] = {}
    for variant, examples in _examples(result):
        for example in examples:
            said = rows.setdefault(example["reference"], [["reference", escaped(example["reference"])]])
            said.append([code(variant), escaped(example["translation"])])
    return table(["by", "text"], [row for sentence in rows.values() for row in sentence]) if rows else ""


def attention_example(result: StudyResult) -> tuple[str, list[Example]]:
    """The first variant with attention, and its examples; ("", []) where there is none."""
    for variant, examples in _examples(result):
        if examples and all("attention" in example for example in examples):
            return variant, examples
    return "", []


def _examples(result: StudyResult) -> Iterator[tuple[str, list[Example]]]:
    """(variant, examples) of each variant's first finished run that has some."""
    for variant in result.variants:
        for _, run in result.runs_of(variant, "done")[:1]:
            examples = (run.get("metrics") or {}).get("test_bleu", {}).get("examples")
            if examples:
                yield variant, examples


def draw_attention(result: StudyResult) -> Figure:
    """A panel a sentence: the pieces of the translation down, those of the source across, weights from 0 to 1."""
    from matplotlib.figure import Figure

    variant, examples = attention_example(result)
    rows = math.ceil(len(examples) / COLUMNS)
    figure = Figure(figsize=(8, 0.4 + 4 * rows))
    places = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for place, example in zip(places, examples, strict=False):
        _draw_weights(place, example)
    for place in places[len(examples) :]:
        place.set_visible(False)
    title = f"{result.name}: where {variant} looks (dark) as it writes each piece of the translation (down) "
    title += "from the source sentence (across)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _draw_weights(place: Axes, example: Example) -> None:
    place.imshow(np.array(example["attention"]), cmap="gray_r", vmin=0, vmax=1, aspect="auto")
    place.grid(False)
    for axis, side in (("x", "source"), ("y", "target")):
        words = [piece.replace("$", r"\$") for piece in example[side]]
        getattr(place, f"set_{axis}ticks")(range(len(words)), words, fontsize=6.5)
    place.tick_params(axis="x", rotation=90)
