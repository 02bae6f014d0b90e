"""Means against a number of the variants' settings, such as the power of a penalty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.report.forests import CLAIMED, possible_limits
from replab.report.frames import as_rows
from replab.report.markdown_text import metric_words
from replab.report.settings import Setting, setting_words, settings_of, value_words
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADES = 30  # from the least to the greatest number; above it the axis is logarithmic


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
    return ", ".join(f"{setting_words(key).rpartition(' ')[2]} {value_words(own[key])}" for key in varied) or "mean"


def draw(result: StudyResult, rows: pd.DataFrame, key: str) -> Figure:
    """A line for the variants that differ in the number at `key` alone, with 95 % intervals and what is claimed; a
    dashed line at the mean of a variant that has no such setting."""
    from matplotlib.figure import Figure

    metric, unit = str(rows["metric"].iloc[0]), str(rows["unit"].iloc[0])
    lines, without = lines_of(result, rows, key)
    figure = Figure(figsize=(8, 3.6))
    place = figure.subplots()
    for line in lines:
        _draw_line(place, line)
    for number, row in enumerate(without):
        place.axhline(row["mean"], color=f"C{len(lines) + number}", linestyle="--", linewidth=1, label=row["variant"])
    claimed = [(x, row["claimed"]) for line in lines for x, row in line.points if pd.notna(row["claimed"])]
    if claimed:
        place.plot(*zip(*claimed, strict=True), "D", color=CLAIMED, markerfacecolor="none", label="claimed")
    numbers = sorted({x for line in lines for x, _ in line.points})
    if numbers[0] > 0 and numbers[-1] > DECADES * numbers[0]:
        place.set_xscale("log")
    place.set_xticks(numbers, [f"{x:g}" for x in numbers])
    place.minorticks_off()
    place.set(xlabel=setting_words(key), ylabel=metric_words(metric, unit))
    place.set_ylim(possible_limits(place.get_ylim(), unit))
    place.legend(fontsize=7.5)
    figure.suptitle(f"{result.name}: {metric_words(metric)} by {setting_words(key)}", x=0.01, ha="left", fontsize=10)
    return figure


def _draw_line(place: Axes, line: Line) -> None:
    x = [point for point, _ in line.points]
    means = [row["mean"] for _, row in line.points]
    below = [_length(row["mean"] - row["ci_low"]) for _, row in line.points]
    above = [_length(row["ci_high"] - row["mean"]) for _, row in line.points]
    place.errorbar(x, means, yerr=[below, above], marker="o", markersize=4, capsize=3, linewidth=1.3, label=line.name)


def _length(value: float) -> float:
    """0 where there is no interval."""
    return 0.0 if pd.isna(value) else float(value)
