"""The marks behind a verdict: † of a statement that came late, ‡ of one that mathematics decides."""

from __future__ import annotations

import pandas as pd

from replab.judging.words import Row, count
from replab.report.frames import as_rows
from replab.report.verdict_summary import counts_of, told

LATE, CERTAIN = "†", "‡"
MEANINGS = {
    LATE: "We wrote this statement, or changed its reading, when our runs were known.",
    CERTAIN: "Mathematics or arithmetic decides this: no training and no seed can change it.",
}
AFTER_RESULTS = {
    "statement": "We wrote this statement when our runs were known.",
    "reading": "We changed its reading or its criterion when our runs were known.",
}
COUNTED = {
    LATE: (
        "was written, or got another reading, when our runs were known",
        "were written, or got another reading, when our runs were known",
    ),
    CERTAIN: ("is decided by mathematics or arithmetic", "are decided by mathematics or arithmetic"),
}


def marks_of(row: Row) -> dict[str, str]:
    """Mark -> what it means for a statement, of each mark that it has."""
    certain = row.get("needs_no_run")
    found = {
        LATE: AFTER_RESULTS.get(row.get("after_results") or "", ""),
        CERTAIN: f"Mathematics or arithmetic decides this. {certain}" if isinstance(certain, str) and certain else "",
    }
    return {mark: words for mark, words in found.items() if words}


def marks(row: Row) -> str:
    """` †`, ` ‡`, both or nothing, to stand after a verdict."""
    return "".join(f" {mark}" for mark in marks_of(row))


def legend(statements: pd.DataFrame) -> list[str]:
    """What the marks of these statements mean, a sentence or two each."""
    seen = {mark for row in as_rows(statements) for mark in marks_of(row)}
    return [f"{mark}: {meaning}" for mark, meaning in MEANINGS.items() if mark in seen]


def counted_marks(statements: pd.DataFrame) -> list[str]:
    """How many statements have each mark, by verdict; no sentence of a mark that none has."""
    rows = as_rows(statements)
    own = {mark: [row["verdict"] for row in rows if mark in marks_of(row)] for mark in MEANINGS}
    return [_counted(mark, verdicts) for mark, verdicts in own.items() if verdicts]


def _counted(mark: str, verdicts: list[str]) -> str:
    said = told(counts_of(pd.Series(verdicts)))
    return f"{count(len(verdicts), 'statement')}, marked {mark}, {COUNTED[mark][len(verdicts) != 1]}: {said}."
