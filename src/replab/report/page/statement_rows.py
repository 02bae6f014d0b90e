"""What the page has of each statement: its words, its verdict, and a row of dots for each part."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.report.background_tables import PROVENANCE
from replab.report.dot_rows import DotRow, rows_of_parts
from replab.report.frames import as_rows, runs_frame
from replab.report.markdown_text import metric_words, p_text, with_units
from replab.report.marks import marks_of
from replab.report.page.rendered import unbroken
from replab.report.profile_pages import ReportPart, gist
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement

WIDTH, MIDDLE = 240, 11  # of a row of dots, in pixels
MOST_DOTS = 40
Row = dict[str, Any]


def anchor(id_: str) -> str:
    """The element's id of a statement."""
    return f"statement-{id_}"


def rows_of_reports(
    parts: Iterable[ReportPart], results: Iterable[StudyResult], judgements: Mapping[str, Judgement]
) -> list[Row]:
    """A dict a report: its name, title, and its statements and hypotheses as the page shows them."""
    by_id: dict[str, list[Row]] = {}
    for result in results:
        for row in _parts_of(result, judgements[result.name].parts):
            by_id.setdefault(row["id"], []).append(row)
    return [
        {
            "name": part.name,
            "title": part.title,
            "known": part.known,
            "other_data": part.other_data,
            "counts": part.counts,
            "statements": [_row(row, by_id) for row in as_rows(part.statements)],
            "hypotheses": [_row(row, by_id) for row in as_rows(part.questions)],
        }
        for part in parts
    ]


def _parts_of(result: StudyResult, parts: pd.DataFrame) -> list[Row]:
    """The parts, each with its row of dots: None without runs."""
    drawn = rows_of_parts(parts, runs_frame(result))
    return [row | {"dots": dots} for row, dots in zip(as_rows(parts), drawn, strict=True)]


def _row(row: Row, by_id: Mapping[str, list[Row]]) -> Row:
    readings: dict[str, list[Row]] = {}
    for part in sorted(by_id.get(row["id"], []), key=lambda part: not part["primary"]):
        readings.setdefault(part["reading"], []).append(part)
    texts = ("id", "report", "study", "sentence", "quote", "translation", "place", "verdict", "why")
    shown = {key: row.get(key) or "" for key in (*texts, "read_as", "other_readings", "note")}
    return shown | {
        "gist": gist(row),
        "marks": marks_of(row),
        "anchor": anchor(row["id"]),
        "readings": [_reading(name, parts) for name, parts in readings.items()],
    }


def _reading(name: str, parts: list[Row]) -> Row:
    first = parts[0]
    return {
        "name": name,
        "primary": bool(first["primary"]),
        "mark": PROVENANCE[first["mark"]],
        "study": first["study"],
        "parts": [_part(part) for part in parts],
    }


def _part(part: Row) -> Row:
    dots = part["dots"]
    needed = part["seeds_needed"]
    return {
        "name": part["part"],
        "metric": metric_words(part["metric"], part["unit"]) if part["metric"] else "",
        "n": int(part["n"]),
        "said": with_units(part["claimed_text"]),
        "ours": unbroken(dots.ours) if dots else "",
        "p": p_text(part["p_holm"]),
        "needed": "" if pd.isna(needed) else f"{int(needed):,} {'seeds' if part['paired'] else 'runs of each'}",
        "verdict": part["verdict"],
        "picture": _picture(dots) if dots else None,
    }


def _picture(row: DotRow) -> Row:
    """Places in pixels: `dots` as the path of a round pen, the band, the digits, the line, and the row in words."""
    step = math.ceil(len(row.dots) / MOST_DOTS)
    places = sorted({round(WIDTH * dot) for dot in row.dots[:: step or 1]})
    return {
        "dots": "".join(f"M{place} {MIDDLE}h0" for place in places),
        "band": _start_and_width(row.band),
        "digits": _start_and_width(row.digits),
        "line": None if row.line is None else round(WIDTH * row.line),
        "said": row.group == "numbers",
        "words": row.words,
    }


def _start_and_width(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    """Of a rectangle, in pixels."""
    low, high = (round(WIDTH * end, 1) for end in ends or (0, 0))
    return (low, round(high - low, 1)) if ends else None
