"""Tables that stand in the report of a study and on the HTML page alike. To add one, add its line to EXTRA_TABLES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from replab.report import background_tables, tables
from replab.report.study import StudyResult


@dataclass(frozen=True)
class ExtraTable:
    """`make` gives the table in markdown from a study and its `summary_frame`; where it gives "", there is no heading.

    `note` says below the table what its columns mean.
    """

    title: str
    make: Callable[[StudyResult, pd.DataFrame], str]
    note: str


EXTRA_TABLES = [
    ExtraTable(
        "The last epoch, and the best one",
        tables.protocol_table,
        "Choosing the epoch by its test accuracy, as some reports do, makes the number too high; the table says by how "
        "much.",
    ),
    ExtraTable(
        "Cost",
        lambda result, _: background_tables.cost_table(result) if result.records else "",
        "Runs that were trained together share their seconds evenly. Peak memory is the process's, with everything "
        "trained in it.",
    ),
]


def extra_tables(result: StudyResult, summary: pd.DataFrame) -> Iterator[tuple[ExtraTable, str]]:
    """Each table that the study has, with its text."""
    for table in EXTRA_TABLES:
        if text := table.make(result, summary):
            yield table, text
