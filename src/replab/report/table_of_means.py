"""The report on a paper's table without runs: report.md, index.html, means.csv and against.csv."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from replab.judging.table_comparisons import AS_PRINTED, SURE
from replab.judging.table_entries import Read
from replab.judging.table_means import SPREADS, Column
from replab.judging.words import count
from replab.report.existing import blocks_of, csv_text, write_files
from replab.report.existing_page import existing_html
from replab.report.existing_tables import p_shown
from replab.report.frames import as_rows
from replab.report.markdown_text import code, escaped, points_words, shown, shown_interval, table

MEANS_COLUMNS = ["variant", "column", "metric", "unit", "runs", "mean", "spread", "deviation"]


@dataclass(frozen=True)
class TableOfMeans:
    """What the report is told: the columns of `file`, their comparisons, what ± is (`kind`), and of how many `runs` the
    numbers are, or the column that says it."""

    file: str
    columns: list[Column]
    compared: pd.DataFrame
    baseline: str
    kind: str
    runs: int | str
    read: Read

    @property
    def of_runs(self) -> str:
        """`5 runs`, or `the number of runs that its row has in the column 'n'`."""
        return f"{self.runs} runs" if isinstance(self.runs, int) else f"as many runs as '{self.runs}' says of its row"

    @property
    def answer(self) -> str:
        """How many differences are more than luck explains, in a sentence."""
        counts, all_ = self.compared["answer"].value_counts(), len(self.compared)
        sure, printed = int(counts.get(SURE, 0)), int(counts.get(AS_PRINTED, 0))
        only = f"; {printed} of these only if the printed digits are exact" if printed else ""
        if printed == sure + printed:
            only = ", but only if the printed digits are exact" if printed else ""
        left = sum(len(column.left_out) for column in self.columns)
        lost = f" {count(left, 'number')} {'was' if left == 1 else 'were'} left out." if left else ""
        if self.baseline:
            are = "is" if sure + printed == 1 else "are"
            differences = f"{sure + printed} of {count(all_, 'difference')} to {self.baseline}"
            return f"{differences} {are} more than luck explains{only}.{lost}"
        what = "the best row is better than all others by more than luck explains"
        return f"In {sure + printed} of {count(all_, 'column')}, {what}{only}.{lost}"

    @property
    def notes(self) -> list[str]:
        """How the table was read, and what was skipped of it, a line each."""
        taken = f"{self.file}: each number is the mean of {self.of_runs}, and ± is {SPREADS[self.kind]} (as said)."
        there = set(self.compared["column"])
        lacking = [
            f"{c.name}: no '{self.baseline}' with a spread: not compared." for c in self.columns if c.name not in there
        ]
        skipped = [f"Skipped: {line}" for line in self.read.skipped]
        return list(dict.fromkeys([taken, *self.read.notes, *_zeros(self.columns), *lacking, *skipped]))


def _zeros(columns: list[Column]) -> Iterator[str]:
    for column in columns:
        zeros = [mean.variant for mean in column.means if not mean.spread.value]
        if zeros:
            rows = ", ".join(zeros)
            yield f"{column.name}: a spread that is printed as 0 counts as half a unit of its last digit ({rows})."


def write_table_of_means(found: TableOfMeans, folder: Path) -> None:
    """Write all files into `folder`, report.md last."""
    blocks = blocks_of("table_of_means.md.j2", _context(found))
    title = f"Differences in {found.file}"
    html = existing_html(title, blocks | {"picture": "", "untested": ""}, {}, None)
    texts = {"means.csv": csv_text(_means(found)), "against.csv": csv_text(found.compared)}
    write_files(folder, texts, {}, html, blocks)


def _context(found: TableOfMeans) -> dict[str, Any]:
    return dict(
        title=escaped(f"Differences in {found.file}"),
        answer=escaped(found.answer),
        of_runs=escaped(found.of_runs),
        runs=found.runs if isinstance(found.runs, int) else f"what '{escaped(found.runs)}' says",
        spread=SPREADS[found.kind],
        kind=found.kind,
        baseline=code(found.baseline) if found.baseline else "",
        columns=[
            {
                "words": escaped(column.name),
                "table": _table(own),
                "luck": [escaped(row["luck"]) for row in as_rows(own)],
                "left_out": escaped("; ".join(f"{row} ({text})" for row, text in column.left_out)),
            }
            for column in found.columns
            if len(own := found.compared[found.compared["column"] == column.name])
        ],
        notes=[escaped(note) for note in found.notes],
    )


def _means(found: TableOfMeans) -> pd.DataFrame:
    rows = [
        [mean.variant, column.name, column.metric, column.unit, mean.runs, mean.mean.text, mean.spread.text,
         mean.moments[1]]
        for column in found.columns
        for mean in column.means
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=MEANS_COLUMNS)


def _table(compared: pd.DataFrame) -> str:
    rows, whole = [], "p_holm" if "p_holm" in compared else "p_all"
    for row in as_rows(compared):
        unit = str(row["unit"])
        interval = f"{shown(row['difference'], unit, signed=True)} {shown_interval(row['low'], row['high'], unit)}"
        ps = [p_shown(row[name]) for name in ("p_value", whole, "p_careful")]
        sizes = [shown(row[name], unit) for name in ("least_difference", "detectable")]
        rows.append([code(row["variant"]), code(row["against"]), interval, *ps, *sizes, row["answer"]])
    points = points_words(str(compared["unit"].iloc[0]))
    header = ["row", "against", f"difference [95 % interval]{points}", "p"]
    header += [
        "p (Holm)" if whole == "p_holm" else "p, all others",
        "p, careful",
        "least difference",
        "smallest detectable",
        "answer",
    ]
    return table(header, rows, right="  rrrrrr")
