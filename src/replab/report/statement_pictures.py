"""One picture of a study's statements: a row each, in words, with our runs beside what the report says."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from replab.report.dot_rows import COMPARISONS, NUMBERS, SHARES, DotRow, dot_rows
from replab.report.frames import runs_frame
from replab.report.study import StudyResult
from replab.report.verdict_summary import STATEMENT, of_role

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from replab.judging.judgement import Judgement

OURS, CLAIMED, SOFT = "#0072b2", "#d55e00", "#57606a"
TITLES = {
    NUMBERS: "Printed numbers. Line: the report. Dots: our runs. Band: where 95 % of further runs would lie.",
    COMPARISONS: "Comparisons. Dot: a seed; right of the line it agrees with the report. Band: 95 % interval of mean.",
    SHARES: "How often. Dot: the share of our runs. Band: its 95 % interval. Left: never, right: always.",
}
MOST_WITH_TWO_LINES = 60
WIDTH, CHARACTERS = 8.0, 52
LEFT, RIGHT = 0.40, 0.70  # where the rows begin and end, as shares of the width
HEAD = 0.62  # inches above a group's rows, for its title


def rows_to_draw(result: StudyResult, judgement: Judgement) -> list[DotRow]:
    """A row a part of the primary readings of the reports' statements."""
    parts = of_role(judgement.parts, STATEMENT)
    parts = parts[parts["primary"].astype(bool) & (parts["study"] == result.name)]
    return dot_rows(parts, runs_frame(result)) if len(parts) else []


def labels_of(statements: pd.DataFrame, rows: list[DotRow]) -> list[str]:
    """`3. With tanh and the hinge loss ...`: the number of the statement, and its sentence or, of several, the part."""
    own = of_role(statements, STATEMENT)
    numbers = {id_: number for number, id_ in enumerate(own["id"], 1)}
    sentences = dict(zip(own["id"], own["sentence"], strict=True))
    several = {row.id for row in rows if sum(other.id == row.id for other in rows) > 1}
    return [f"{numbers[row.id]}. {row.part if row.id in several else sentences[row.id].rstrip('.')}" for row in rows]


def draw(result: StudyResult, judgement: Judgement, rows: list[DotRow]) -> Figure:
    """A group a kind of row, each under a line that says how to read it."""
    from matplotlib.figure import Figure

    labels = labels_of(judgement.statements, rows)
    lines = 2 if len(rows) <= MOST_WITH_TWO_LINES else 1
    step = 0.33 if lines == 2 else 0.22
    groups = {name: [place for place, row in enumerate(rows) if row.group == name] for name in TITLES}
    groups = {name: places for name, places in groups.items() if places}
    height = 0.35 + sum(HEAD + step * len(places) for places in groups.values())
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")
    top = height - 0.35
    for name, places in groups.items():
        bottom = top - HEAD - step * len(places)
        box = (LEFT, (bottom + 0.1) / height, RIGHT - LEFT, (step * len(places)) / height)
        figure.text(0.01, (top - 0.18) / height, TITLES[name], fontsize=7.5, color=SOFT, va="center")
        _draw_group(figure.add_axes(box), [rows[place] for place in places], [labels[place] for place in places], lines)
        top = bottom
    figure.suptitle(f"{result.title}: what was said, and our runs", x=0.01, y=1 - 0.12 / height, ha="left", fontsize=10)
    return figure


def _draw_group(place: Axes, rows: list[DotRow], labels: list[str], lines: int) -> None:
    place.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    place.set_axis_off()
    head = {"fontsize": 7, "color": SOFT, "va": "bottom"}
    place.text(1.04, -0.55, "report", **head)  # type: ignore[arg-type]
    place.text(1.32, -0.55, "here", **head)  # type: ignore[arg-type]
    for height, (row, label) in enumerate(zip(rows, labels, strict=True)):
        _draw_row(place, row, height)
        text = textwrap.wrap(label, CHARACTERS, max_lines=lines, placeholder=" …")
        size = 6.8
        place.text(-0.03, height, "\n".join(text), ha="right", va="center", fontsize=size)
        said = row.said if row.group != SHARES else "never" if row.said.startswith("no run") else "always"
        place.text(1.04, height, said, va="center", fontsize=size, color=CLAIMED)
        place.text(1.32, height, row.ours, va="center", fontsize=size, color=OURS)


def _draw_row(place: Axes, row: DotRow, height: int) -> None:
    place.plot([0, 1], [height, height], color="#dddddd", linewidth=0.6, zorder=0)
    if row.band:
        low, high = row.band
        place.fill_between([low, high], height - 0.34, height + 0.34, color=OURS, alpha=0.15, linewidth=0)
    place.plot(row.dots, [height] * len(row.dots), "o", color=OURS, markersize=3.2, alpha=0.65, markeredgewidth=0)
    if row.line is not None:
        colour = CLAIMED if row.group == NUMBERS else SOFT
        place.plot([row.line] * 2, [height - 0.42, height + 0.42], color=colour, linewidth=1.6)
