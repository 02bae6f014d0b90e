"""Means against a number of the variants' settings, such as the power of a penalty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.report.curve_panels import DASHES, PALETTE
from replab.report.forests import CLAIMED, possible_limits
from replab.report.frames import as_rows
from replab.report.markdown_text import metric_words
from replab.report.settings import Setting, setting_words, settings_of, value_words
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADES = 30  # from the least to the greatest number; above it the axis is logarithmic
APART = 0.04  # how far the numbers along the axis that are written stand from each other, as a share of it
MARKERS = "os^vP<>X"


@dataclass
class Line:
    """The variants that differ in the number alone: `name` is what they share; rows by the number."""

    name: str
    points: list[tuple[float, dict[str, Any]]] = field(default_factory=list)


def lines_of(result: StudyResult, rows: pd.DataFrame, key: str) -> tuple[list[Line], list[dict[str, Any]]]:
    """The lines, and the rows of variants without this setting; `rows` is one metric of the summary.

    Where the names of all variants end in the number (`frozen_20`), what stands before it tells the lines apart.
    """
    settings = settings_of(result)
    seen = [row for row in as_rows(rows) if row["variant"] in settings]
    numbers = {row["variant"]: settings[row["variant"]].get(key) for row in seen}
    along = {name: number for name, number in numbers.items() if isinstance(number, float)}
    stems = {name: name.removesuffix(f"_{number:g}") for name, number in along.items()}
    if any(stem == name for name, stem in stems.items()):
        stems = _told_apart({name: settings[name] for name in along}, key)
    lines = {stem: Line(stem.replace("_", " ")) for stem in stems.values()}
    for row in seen:
        if row["variant"] in along:
            lines[stems[row["variant"]]].points.append((along[row["variant"]], row))
    for line in lines.values():
        line.points.sort(key=lambda point: point[0])
    return list(lines.values()), [row for row in seen if row["variant"] not in along]


def _told_apart(settings: Mapping[str, Mapping[str, Setting]], key: str) -> dict[str, str]:
    """variant -> its line's name: the settings beside `key` by which lines differ."""
    others = {variant: {name: own[name] for name in own if name != key} for variant, own in settings.items()}
    return {variant: _name(own, list(others.values())) for variant, own in others.items()}


def _name(own: Mapping[str, Setting], all_lines: list[dict[str, Setting]]) -> str:
    """What tells a line from the others: `strength 0.001`."""
    varied = [key for key in own if len({line.get(key) for line in all_lines}) > 1]
    words = {key: key.rpartition(".")[2].replace("_", " ") for key in varied}
    return ", ".join(f"{words[key]} {value_words(own[key])}" for key in varied) or "mean"


def draw(result: StudyResult, rows: pd.DataFrame, key: str) -> Figure:
    """A line for the variants that differ in the number at `key` alone, with 95 % intervals and what is claimed; a
    dashed line at the mean of a variant that has no such setting."""
    from matplotlib.figure import Figure

    metric, unit = str(rows["metric"].iloc[0]), str(rows["unit"].iloc[0])
    lines, without = lines_of(result, rows, key)
    figure = Figure(figsize=(8, 3.6))
    place = figure.subplots()
    for number, line in enumerate(lines):
        _draw_line(place, line, number)
    for number, row in enumerate(without, len(lines)):
        colour = PALETTE[number % len(PALETTE)]
        place.axhline(row["mean"], color=colour, linestyle=":", linewidth=1.2, label=row["variant"])
    claimed = [(x, row["claimed"]) for line in lines for x, row in line.points if pd.notna(row["claimed"])]
    if claimed:
        place.plot(
            *zip(*claimed, strict=True), "D", color=CLAIMED, markerfacecolor="none", label="printed in the report"
        )
    numbers = sorted({x for line in lines for x, _ in line.points})
    if numbers[0] > 0 and numbers[-1] > DECADES * numbers[0]:
        place.set_xscale("log")
    place.set_xticks(*_ticks(numbers, place.get_xscale() == "log"))
    place.minorticks_off()
    place.set(xlabel=setting_words(key), ylabel=metric_words(metric, unit))
    place.set_ylim(possible_limits(place.get_ylim(), metric, unit))
    place.legend(fontsize=7.5)
    title = f"{result.name}: {metric_words(metric)} by {setting_words(key)}, mean and 95 % interval over seeds"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _ticks(numbers: list[float], logarithmic: bool) -> tuple[list[float], list[str]]:
    """The sorted numbers, and what is written at each: nothing at one too near to the last that is written."""
    places = [math.log(number) for number in numbers] if logarithmic else numbers
    width, last, texts = places[-1] - places[0], -math.inf, []
    for number, place in zip(numbers, places, strict=True):
        written = place - last >= APART * width
        last = place if written else last
        texts.append(f"{number:g}" if written else "")
    return numbers, texts


def _draw_line(place: Axes, line: Line, number: int) -> None:
    """Lines differ in their colours, markers and dashes."""
    x = [point for point, _ in line.points]
    means = [row["mean"] for _, row in line.points]
    below = [_length(row["mean"] - row["ci_low"]) for _, row in line.points]
    above = [_length(row["ci_high"] - row["mean"]) for _, row in line.points]
    style: Any = {"color": PALETTE[number % len(PALETTE)], "marker": MARKERS[number % len(MARKERS)], "markersize": 4.5}
    style |= {"linestyle": DASHES[number % 2], "linewidth": 1.3, "capsize": 3, "label": line.name}
    place.errorbar(x, means, yerr=[below, above], **style)


def _length(value: float) -> float:
    """0 where there is no interval."""
    return 0.0 if pd.isna(value) else float(value)
