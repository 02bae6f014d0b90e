"""What the reports say and what the runs show, statement by statement, as markdown."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from replab.judging.words import Row, names_of
from replab.report.dot_rows import estimate_text
from replab.report.frames import as_rows
from replab.report.markdown_text import code, escaped, metric_words, p_text, table
from replab.report.marks import marks, marks_of
from replab.report.verdict_summary import HYPOTHESIS, STATEMENT, of_role


def statements_table(statements: pd.DataFrame) -> str:
    """A row for each statement: what was said, what we found, the verdict, and why; "" without one."""
    rows = [
        [str(place), escaped(row["sentence"]), escaped(row["found"]), f"**{row['verdict']}**{marks(row)}", why(row)]
        for place, row in enumerate(as_rows(of_role(statements, STATEMENT)), 1)
    ]
    return table(["", "what was said", "what we found", "verdict", "why"], rows, right="r") if rows else ""


def questions_table(statements: pd.DataFrame) -> str:
    """A row a question of our own, numbered Q1, Q2, ...; "" without one."""
    rows = [
        [f"Q{place}", escaped(row["sentence"]), escaped(row["found"]), f"**{row['verdict']}**", why(row)]
        for place, row in enumerate(as_rows(of_role(statements, HYPOTHESIS)), 1)
    ]
    return table(["", "what we asked", "what we found", "answer", "why"], rows) if rows else ""


def why(row: Row) -> str:
    """The reason, what other readings come to, its marks, and what is to be known besides."""
    texts = [row["why"], row["other_readings"], *marks_of(row).values(), row["note"]]
    return " ".join(escaped(text) for text in texts if text)


def readings_list(statements: pd.DataFrame) -> list[str]:
    """The settings that the runs of each statement have, and other studies that judge another reading of it.

    Statements that are read alike share a line.
    """
    return [text for key in ("read_as", "elsewhere") for text in _numbered(statements, key)]


def sources_list(statements: pd.DataFrame) -> list[str]:
    """Where each statement stands, in the report's words and in English; those from one place share a line."""
    texts = [_source(row) for row in as_rows(statements)]
    return _numbered(statements.assign(source=texts), "source")


def _source(row: Row) -> str:
    quoted = f"“{row['quote']}”" if row["quote"] else ""
    translated = f"(“{row['translation']}”)" if row["translation"] else ""
    place = f"{row['place']}:" if row["place"] else ""
    return " ".join(filter(None, [place, quoted, translated])) or "no quote"


def _numbered(statements: pd.DataFrame, column: str) -> list[str]:
    """A line for each text of a column, after the numbers of the statements that have it."""
    numbers: dict[str, list[str]] = {}
    for number, row in enumerate(as_rows(of_role(statements, STATEMENT)), 1):
        numbers.setdefault(row[column], []).append(str(number))
    return [f"**{', '.join(those)}** {escaped(text)}" for text, those in numbers.items() if text]


def parts_table(judged: pd.DataFrame, statements: pd.DataFrame) -> str:
    """A row for each part of a reading, with the numbers that its verdict rests on; "" without one."""
    places = places_of(statements)
    rows = [_part_cells(row, places) for row in as_rows(judged) if row["id"] in places]
    header = ["", "reading", "part", "metric", "variants", "n", "ours [interval]", "report", "p", "p (Holm)"]
    header += ["pairs of single runs", "seeds needed", "how", "verdict"]
    kept = [column for column in range(len(header)) if column in {0, 2, 5, 6} or any(row[column] for row in rows)]
    right = "".join(" " if column in {1, 2, 3, 4, 12, 13} else "r" for column in kept)
    cells = [[row[column] for column in kept] for row in rows]
    return table([header[column] for column in kept], cells, right=right) if rows else ""


def places_of(statements: pd.DataFrame) -> dict[str, str]:
    """id -> its number: 1, 2, ... for statements, Q1, Q2, ... for questions of our own."""
    found: dict[str, str] = {}
    for role, letter in ((STATEMENT, ""), (HYPOTHESIS, "Q")):
        ids = of_role(statements, role)["id"]
        found |= {id_: f"{letter}{number}" for number, id_ in enumerate(ids, 1)}
    return found


def _part_cells(row: Row, places: Mapping[str, str]) -> list[str]:
    reading = escaped(row["reading"]) + ("" if row["primary"] else " (other)") if row["reading"] else ""
    diverged = f" ({int(row['n_diverged'])} diverged)" if row["n_diverged"] else ""
    names = ", ".join(code(name) for name in names_of(str(row["variants"])))
    return [
        places[row["id"]],
        reading,
        escaped(row["part"]),
        escaped(metric_words(row["metric"], row["unit"])),
        names,
        f"{int(row['n'])}{diverged}",
        counted_text(row) if row["center"] == "share" else estimate_text(row),
        escaped(row["claimed_text"]),
        p_text(row["p_value"]),
        p_text(row["p_holm"]),
        pairs_text(row),
        "" if pd.isna(row["seeds_needed"]) else f"{int(row['seeds_needed']):,}",
        escaped(row["method"]),
        row["verdict"],
    ]


def counted_text(row: Row) -> str:
    """`52 of 100` runs."""
    return f"{int(row['k'])} of {int(row['n'])}" if row["n"] and not pd.isna(row["k"]) else ""


def pairs_text(row: Row) -> str:
    """`52 of 100`: of so many pairs of single runs, so many show what the report says."""
    if pd.isna(row["pair_share_n"]):
        return ""
    return f"{int(row['pair_share_k']):,} of {int(row['pair_share_n']):,}"
