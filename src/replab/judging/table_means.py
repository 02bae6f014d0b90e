"""A paper's table as means with their spreads: `97.8 ± 0.2`, each of n runs, column by column."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from replab.errors import ReplabError, unknown
from replab.judging.claims_draft_orders import lower_of
from replab.judging.scales import Printed, lower_is_better, printed
from replab.judging.table_entries import Entry, Read, Wanted, columns_of, entries_of, left_out, metric_of, skipped_of
from replab.judging.two_samples import Moments
from replab.metric_words import is_share, without_step
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
    """A cell: a mean of `runs` runs and what stands behind ±, both as printed, in the metric's unit.

    `place` is its row, from 0 on.
    """

    place: int
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
    """The means of a column that can be compared; `side`: 1 where more is better, -1 where less is, 0: not known.

    `left_out`: the row and the text of each cell with digits that is no such mean.
    """

    name: str
    metric: str
    unit: str
    side: int
    means: list[PrintedMean]
    left_out: list[tuple[str, str]] = field(default_factory=list)


def columns_of_means(table: PaperTable, wanted: Wanted, kind: str, read: Read) -> list[Column]:
    """The columns with two means or more; what is skipped is in `read`.

    `wanted` says of how many runs each mean is, 2 or more. Raises ReplabError where nothing is left.
    """
    assert wanted.runs_per_number is not None
    found = []
    read.skipped += skipped_of(table)
    empty = len(read.skipped)
    for name in columns_of(table, wanted):
        metric = metric_of(name, wanted)
        if not any(cell.spread for cell in table.columns[name]):
            read.skipped.append(f"{table.file}, {name}: no number has a spread")
            continue
        entries = entries_of(table, name, metric, False, wanted, read)
        means = [mean for entry in entries if (mean := _mean(table, name, entry, kind, read))]
        unit = "%" if is_share(metric) else ""
        if len(means) > 1:
            side, others = _side(table, name, metric, entries), left_out(table, name, {mean.place for mean in means})
            found.append(Column(name, metric, unit, side, means, others))
        else:
            read.skipped.append(f"{table.file}, {name}: fewer than two means with a spread: nothing to compare")
    if not found:
        reason = [*read.skipped[empty:], *read.skipped][0].removeprefix(f"{table.file}, ")
        raise ReplabError(
            f"{table.file}: no column has two means with a spread, such as 97.8 ± 0.2. Skipped: {reason}\n"
            "A table of numbers without spreads does not show which differences may be luck"
        )
    read.notes += [*table.notes, *_better(table, found), *_blocks(table)]
    return found


def check_baseline(columns: list[Column], baseline: str, file: str) -> None:
    """Raises ReplabError where no column has such a row."""
    rows = list(dict.fromkeys(mean.variant for column in columns for mean in column.means))
    if baseline in {row for column in columns for row, _ in column.left_out} - set(rows):
        raise ReplabError(f"{file}: --baseline {baseline}: the row has no number with a spread, such as 97.8 ± 0.2")
    if baseline not in rows:
        raise unknown(f"{file}: --baseline: row", baseline, rows)


def _mean(table: PaperTable, column: str, entry: Entry, kind: str, read: Read) -> PrintedMean | None:
    lacking = ""
    if not entry.spread:
        lacking = "has no spread"
    elif printed(entry.spread).value < 0:
        lacking = "has a negative spread"
    elif entry.runs < 2:
        lacking = "is of one run, which has no spread"
    if lacking:
        read.skipped.append(f"{table.file}, row {entry.place + 1}, {column}: '{entry.cell.text}' {lacking}")
        return None
    return PrintedMean(entry.place, entry.variant, printed(entry.value), printed(entry.spread), kind, entry.runs)


def _side(table: PaperTable, column: str, metric: str, entries: list[Entry]) -> int:
    """By an arrow in the head, else by what is bold and by the metric's name; 0 where these two disagree."""
    named = lower_is_better(metric)
    lower = lower_of(table, column, metric, entries).get(without_step(metric), named)
    disagree = column not in table.lower and named is not None and lower != named
    return 0 if lower is None or disagree else -1 if lower else 1


def _better(table: PaperTable, columns: list[Column]) -> list[str]:
    """What is taken as better in the columns whose head has no arrow, a line for each side and reason."""
    guessed: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        if column.side and column.name not in table.lower:
            by = "what is bold" if lower_is_better(column.metric) is None else "the name"
            guessed.setdefault(("more" if column.side > 0 else "less", by), []).append(column.name)
    return [
        f"{', '.join(names)}: {side} is taken as better, by {by} (an arrow in the head, ↑ or ↓, says otherwise)."
        for (side, by), names in guessed.items()
    ]


def _blocks(table: PaperTable) -> list[str]:
    """A line where rows have the same names under several headings, such as `MNIST, CNN` and `SVHN, CNN`."""
    parts = [label.partition(", ") for label in table.labels]
    rows = [(block, name) for block, _, name in parts if name]
    blocks, names = dict.fromkeys(block for block, _ in rows), {name for _, name in rows}
    if len(blocks) < 2 or len(names) == len(set(rows)):
        return []
    return [
        f"The rows have the same names in several blocks ({', '.join(blocks)}). Rows of different blocks are compared, "
        "too. If the blocks are data sets, make a table of each."
    ]
