"""A paper's table as means with their spreads: `97.8 ± 0.2`, each of n runs, column by column."""

from __future__ import annotations

import math
from dataclasses import dataclass

from replab.errors import ReplabError, unknown
from replab.judging.claims_draft_orders import lower_of
from replab.judging.scales import Printed, lower_is_better, printed
from replab.judging.table_entries import Entry, Read, Wanted, columns_of, empty_rows, entries_of, metric_of
from replab.judging.two_samples import Moments
from replab.metric_words import is_share
from replab.readers.paper_tables import PaperTable

SD, SE, CI95 = "sd", "se", "ci95"
SPREADS = {
    SD: "the standard deviation of the runs",
    SE: "the standard error of the mean",
    CI95: "half of a 95 % interval of the mean",
}
NORMAL_95 = 1.96


@dataclass(frozen=True)
class PrintedMean:
    """A cell: a mean of `runs` runs and what stands behind ±, both as printed, in the metric's unit."""

    variant: str
    mean: Printed
    spread: Printed
    kind: str
    runs: int

    @property
    def moments(self) -> Moments:
        """(mean, standard deviation of a run, n). A spread that is printed as 0 is half a unit of its last digit."""
        return self.mean.value, self._deviation(self.spread.value or self.spread.half), self.runs

    @property
    def most(self) -> Moments:
        """The same with the greatest deviation that the digits allow, if it was divided by n in place of n - 1."""
        by_n = math.sqrt(self.runs / (self.runs - 1))
        return self.mean.value, by_n * self._deviation(self.spread.value + self.spread.half), self.runs

    def _deviation(self, spread: float) -> float:
        of_a_run = {SD: 1.0, SE: math.sqrt(self.runs), CI95: math.sqrt(self.runs) / NORMAL_95}
        return spread * of_a_run[self.kind]


@dataclass(frozen=True)
class Column:
    """The means of a column that can be compared; `side`: 1 where more is better, -1 where less is, 0: not known."""

    name: str
    metric: str
    unit: str
    side: int
    means: list[PrintedMean]


def columns_of_means(table: PaperTable, wanted: Wanted, kind: str, read: Read) -> list[Column]:
    """The columns with two means or more; what is skipped is in `read`.

    `wanted.runs_per_number` is how many runs each mean is of, 2 or more. Raises ReplabError where nothing is left.
    """
    assert wanted.runs_per_number is not None
    found = []
    read.skipped += [f"{table.file}, row {place + 1}: {reason}" for place, reason in empty_rows(table)]
    for name in columns_of(table, wanted):
        metric = metric_of(name, wanted)
        entries = entries_of(table, name, metric, False, wanted, read)
        means = [mean for entry in entries if (mean := _mean(table, name, entry, kind, wanted.runs_per_number, read))]
        unit = "%" if is_share(metric) else ""
        if len(means) > 1:
            found.append(Column(name, metric, unit, _side(table, name, metric, entries), means))
        else:
            read.skipped.append(f"{table.file}, {name}: fewer than two means with a spread: nothing to compare")
    if not found:
        raise ReplabError(f"{table.file}: no column has two means with a spread, such as 97.8 ± 0.2: {read.skipped[0]}")
    return found


def check_baseline(columns: list[Column], baseline: str, file: str) -> None:
    """Raises ReplabError where no column has such a row."""
    rows = list(dict.fromkeys(mean.variant for column in columns for mean in column.means))
    if baseline not in rows:
        raise unknown(f"{file}: --baseline: row", baseline, rows)


def _mean(table: PaperTable, column: str, entry: Entry, kind: str, runs: int, read: Read) -> PrintedMean | None:
    if not entry.spread:
        read.skipped.append(f"{table.file}, row {entry.place + 1}, {column}: '{entry.cell.text}' has no spread")
        return None
    spread = printed(entry.spread)
    if spread.value < 0:
        read.skipped.append(f"{table.file}, row {entry.place + 1}, {column}: '{entry.cell.text}' has a negative spread")
        return None
    return PrintedMean(entry.variant, printed(entry.value), spread, kind, runs)


def _side(table: PaperTable, column: str, metric: str, entries: list[Entry]) -> int:
    """By an arrow in the head, by what is bold, or by the metric's name."""
    lower = lower_of(table, column, metric, entries).get(metric.partition("@")[0], lower_is_better(metric))
    return 0 if lower is None else -1 if lower else 1
