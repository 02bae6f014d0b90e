"""One picture of all statements about a study: a row for each, with our runs beside what the report says."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from replab.report.dot_rows import COMPARISONS, NUMBERS, SHARES, DotRow, dot_rows
from replab.report.frames import runs_frame
from replab.report.markdown_text import with_units
from replab.report.study import StudyResult
from replab.report.verdict_summary import STATEMENT, of_role

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from replab.judging.judgement import Judgement

OURS, CLAIMED, SOFT = "#0072b2", "#d55e00", "#57606a"
TITLES = {
    NUMBERS: "Printed numbers. Line: the report (orange band: all that is printed like it). Dots: our runs. Blue band: "
    "95 % (or the stated share) of further runs. Each row has its own scale.",
    COMPARISONS: "Comparisons. Dot: one seed; right of the line it shows what the report says. Band: 95 % interval of "
    "the mean (“the same”, “not worse”: 90 %).",
    SHARES: "How often. Dot: the share of our runs, from never (left) to always (right). Band: its 90 % interval.",
}
OFTEN = {"no run": "never", "more than half of the runs": "mostly"}  # what a claim of runs says -> in a word
MOST_WITH_TWO_LINES = 60
WIDTH, CHARACTERS, SIZE = 9.0, 60, 6.8
LEFT, RIGHT = 0.35, 0.55  # where the rows begin and end, as shares of the width
SAID, OURS_AT, VERDICT_AT = 0.56, 0.655, 0.87  # where the columns of texts begin, as shares of the width
LINE, GAP, BAND = 0.115, 0.12, 0.095  # inches: of a line of a label, between two rows, and half a band's height
LONG_NUMBER = re.compile(r"-?\d+\.\d{4,}(?:e[-+]?\d+)?")
HEAD = 0.62  # inches above a group's rows, for its title


def rows_to_draw(result: StudyResult, judgement: Judgement) -> list[DotRow]:
    """A row for each part of the primary readings of the reports' statements."""
    parts = of_role(judgement.parts, STATEMENT)
    parts = parts[parts["primary"].astype(bool) & (parts["study"] == result.name)]
    return dot_rows(parts, runs_frame(result)) if len(parts) else []


def labels_of(statements: pd.DataFrame, rows: list[DotRow], lines: int) -> list[str]:
    """A label a row, of at most `lines` lines: `3. With tanh ...`, a statement's number and sentence.

    A statement of several parts has its sentence at its first row, with the part below it where there are two lines;
    its other rows in a group have the part alone.
    """
    own = of_role(statements, STATEMENT)
    numbers = {id_: number for number, id_ in enumerate(own["id"], 1)}
    sentences = dict(zip(own["id"], own["sentence"], strict=True))
    count = Counter(row.id for row in rows)
    labels, before = [], ("", "")
    for row in rows:
        sentence = f"{numbers[row.id]}. {sentences[row.id].rstrip('.')}"
        if count[row.id] == 1:
            labels.append(_wrapped(sentence, lines))
        elif (row.id, row.group) == before:
            labels.append(_wrapped(row.part, lines))
        else:
            first = f"{_wrapped(sentence, lines)}\n{_wrapped(row.part, lines)}"
            labels.append(first if lines > 1 else _wrapped(f"{numbers[row.id]}. {row.part}", 1))
        before = (row.id, row.group)
    return labels


def said_in_short(row: DotRow) -> str:
    """What the report says, for a narrow column: four digits of a number, ≥ and ≤ of a bound, no margin."""
    if row.group == SHARES:
        return next((short for words, short in OFTEN.items() if words in row.said), "always")
    if row.said.startswith("the same"):
        return "the same"
    if row.said.startswith("worse by less"):
        return "not worse"
    said = row.said.replace("at least ", "≥ ").replace("at most ", "≤ ")
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.4g}", said)


def _wrapped(text: str, lines: int) -> str:
    """At most so many lines, cut between two words."""
    return "\n".join(textwrap.wrap(with_units(text), CHARACTERS, max_lines=lines, placeholder=" …"))


def draw(result: StudyResult, judgement: Judgement, rows: list[DotRow]) -> Figure:
    """A group a kind of row, each under a line that says how to read it."""
    from matplotlib.figure import Figure

    lines = 2 if len(rows) <= MOST_WITH_TWO_LINES else 1
    labels = labels_of(judgement.statements, rows, lines)
    groups = {name: [place for place, row in enumerate(rows) if row.group == name] for name in TITLES}
    heights = {name: [_height(labels[place]) for place in places] for name, places in groups.items() if places}
    height = 0.35 + sum(HEAD + sum(own) for own in heights.values())
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")
    top = height - 0.35
    for name, own in heights.items():
        figure.text(0.01, (top - 0.18) / height, TITLES[name], fontsize=7.5, color=SOFT, va="center")
        top -= HEAD + sum(own)
        place = figure.add_axes((0, (top + 0.1) / height, 1, sum(own) / height))
        _draw_group(place, own, [rows[place] for place in groups[name]], [labels[place] for place in groups[name]])
    figure.suptitle(f"{result.title}: what was said, and our runs", x=0.01, y=1 - 0.12 / height, ha="left", fontsize=10)
    return figure


def _height(label: str) -> float:
    """Of a row, in inches: as its label needs."""
    return GAP + LINE * (label.count("\n") + 1)


def _draw_group(place: Axes, heights: list[float], rows: list[DotRow], labels: list[str]) -> None:
    """Across, the axes go from 0 to 1, the picture's width; down, in inches from the first row's upper end."""
    place.set(xlim=(0, 1), ylim=(sum(heights), 0))
    place.set_axis_off()
    for start, head in ((SAID, "report"), (OURS_AT, "our runs"), (VERDICT_AT, "verdict")):
        place.text(start, -0.02, head, fontsize=7, color=SOFT, va="bottom")
    top = 0.0
    for height, row, label in zip(heights, rows, labels, strict=True):
        middle, style = top + height / 2, {"va": "center", "fontsize": SIZE}
        top += height
        _draw_row(place, row, middle)
        place.text(LEFT - 0.007, middle, label, ha="right", **style)  # type: ignore[arg-type]
        place.text(SAID, middle, said_in_short(row), color=CLAIMED, **style)  # type: ignore[arg-type]
        place.text(OURS_AT, middle, row.ours, color=OURS, **style)  # type: ignore[arg-type]
        place.text(VERDICT_AT, middle, row.verdict.lower(), color=SOFT, **style)  # type: ignore[arg-type]


def _draw_row(place: Axes, row: DotRow, height: float) -> None:
    width = RIGHT - LEFT
    place.plot([LEFT, RIGHT], [height, height], color="#dddddd", linewidth=0.6, zorder=0)
    if row.band:
        low, high = (LEFT + width * end for end in row.band)
        place.fill_between([low, high], height - BAND, height + BAND, color=OURS, alpha=0.15, linewidth=0)
    dots = [LEFT + width * dot for dot in row.dots]
    place.plot(dots, [height] * len(dots), "o", color=OURS, markersize=3.2, alpha=0.65, markeredgewidth=0)
    if row.digits:
        low, high = (LEFT + width * end for end in row.digits)
        place.fill_between([low, high], height - BAND, height + BAND, color=CLAIMED, alpha=0.2, linewidth=0)
    if row.line is not None:
        colour, line = CLAIMED if row.group == NUMBERS else SOFT, LEFT + width * row.line
        place.plot([line] * 2, [height - 1.25 * BAND, height + 1.25 * BAND], color=colour, linewidth=1.6)
