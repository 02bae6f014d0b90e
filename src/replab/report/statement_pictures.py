"""One picture of all statements about a study: a row for each, with our runs beside what the report says."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
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
    NUMBERS: "Printed numbers. Line: the report. Dots: our runs. Band: 95 % (or the stated share) of further runs.",
    COMPARISONS: "Comparisons. Dot: a seed; right of the line it agrees with the report. Band: interval of mean, "
    "95 % (“the same”, “not worse”: 90 %).",
    SHARES: "How often. Dot: the share of our runs. Band: its 90 % interval. Left: never, right: always.",
}
OFTEN = {"no run": "never", "more than half of the runs": "mostly"}  # what a claim of runs says -> in a word
MOST_WITH_TWO_LINES = 60
WIDTH, CHARACTERS, SIZE = 9.0, 58, 6.8
LEFT, RIGHT = 0.39, 0.64  # where the rows begin and end, as shares of the width
SAID, OURS_AT = 1.04, 1.44  # where the two columns of texts begin, as shares of a row
LONG_NUMBER = re.compile(r"-?\d+\.\d{4,}(?:e[-+]?\d+)?")
HEAD = 0.62  # inches above a group's rows, for its title


def rows_to_draw(result: StudyResult, judgement: Judgement) -> list[DotRow]:
    """A row for each part of the primary readings of the reports' statements."""
    parts = of_role(judgement.parts, STATEMENT)
    parts = parts[parts["primary"].astype(bool) & (parts["study"] == result.name)]
    return dot_rows(parts, runs_frame(result)) if len(parts) else []


def labels_of(statements: pd.DataFrame, rows: list[DotRow], lines: int) -> list[str]:
    """A label a row, of at most `lines` lines: `3. With tanh ...`, a statement's number and sentence.

    A statement of several parts has its sentence at its first row, cut to leave a line for the part where there are
    two; its other rows in a group have the part alone.
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
            first = f"{_wrapped(sentence, 1)}\n{_wrapped(row.part, 1)}"
            labels.append(first if lines > 1 else _wrapped(f"{numbers[row.id]}. {row.part}", 1))
        before = (row.id, row.group)
    return labels


def said_in_short(row: DotRow) -> str:
    """What the report says, for a narrow column: four digits of a number, `the same` without its margin."""
    if row.group == SHARES:
        return next((short for words, short in OFTEN.items() if words in row.said), "always")
    if row.said.startswith("the same"):
        return "the same"
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.4g}", row.said)


def _wrapped(text: str, lines: int) -> str:
    """At most so many lines, cut between two words."""
    return "\n".join(textwrap.wrap(text, CHARACTERS, max_lines=lines, placeholder=" …"))


def draw(result: StudyResult, judgement: Judgement, rows: list[DotRow]) -> Figure:
    """A group a kind of row, each under a line that says how to read it."""
    from matplotlib.figure import Figure

    lines = 2 if len(rows) <= MOST_WITH_TWO_LINES else 1
    labels = labels_of(judgement.statements, rows, lines)
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
        _draw_group(figure.add_axes(box), [rows[place] for place in places], [labels[place] for place in places])
        top = bottom
    figure.suptitle(f"{result.title}: what was said, and our runs", x=0.01, y=1 - 0.12 / height, ha="left", fontsize=10)
    return figure


def _draw_group(place: Axes, rows: list[DotRow], labels: list[str]) -> None:
    place.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    place.set_axis_off()
    head = {"fontsize": 7, "color": SOFT, "va": "bottom"}
    place.text(SAID, -0.55, "report", **head)  # type: ignore[arg-type]
    place.text(OURS_AT, -0.55, "here", **head)  # type: ignore[arg-type]
    for height, (row, label) in enumerate(zip(rows, labels, strict=True)):
        _draw_row(place, row, height)
        place.text(-0.03, height, label, ha="right", va="center", fontsize=SIZE)
        place.text(SAID, height, said_in_short(row), va="center", fontsize=SIZE, color=CLAIMED)
        place.text(OURS_AT, height, row.ours, va="center", fontsize=SIZE, color=OURS)


def _draw_row(place: Axes, row: DotRow, height: int) -> None:
    place.plot([0, 1], [height, height], color="#dddddd", linewidth=0.6, zorder=0)
    if row.band:
        low, high = row.band
        place.fill_between([low, high], height - 0.34, height + 0.34, color=OURS, alpha=0.15, linewidth=0)
    place.plot(row.dots, [height] * len(row.dots), "o", color=OURS, markersize=3.2, alpha=0.65, markeredgewidth=0)
    if row.line is not None:
        colour = CLAIMED if row.group == NUMBERS else SOFT
        place.plot([row.line] * 2, [height - 0.42, height + 0.42], color=colour, linewidth=1.6)
