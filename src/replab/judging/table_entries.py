"""The numbers of a paper's table, column by column: of which variant and metric each is; what is skipped, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import ValidationError

from replab.errors import ReplabError, unknown
from replab.judging.part_kinds import Number
from replab.metric_words import is_share
from replab.readers.paper_cells import Cell
from replab.readers.paper_tables import PaperTable
from replab.readers.runs import metric_name


@dataclass(frozen=True)
class Wanted:
    """What the user says: `metrics` by column ("": of all), `columns` (none: all), units, and the runs behind each
    number: how many, or the column that says it."""

    report: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    runs_per_number: int | str | None = None
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Read:
    """What was skipped of a table, and what was taken for granted, a line each."""

    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """A number of a column, the mean of `runs` runs; `place` is its row, from 0 on; `value` and `spread` are in percent
    where shares are."""

    place: int
    variant: str
    cell: Cell
    value: str
    spread: str = ""
    runs: int = 1


def empty_rows(table: PaperTable) -> list[tuple[int, str]]:
    """(row, why) of the rows without any number, such as a heading between rows."""
    rows = list(zip(*table.columns.values(), strict=True))
    return [(place, row[0].reason) for place, row in enumerate(rows) if not any(cell.number for cell in row)]


def skipped_of(table: PaperTable) -> list[str]:
    """The rows and columns without a number, a line each."""
    return [*(f"{table.file}, row {place + 1}: {reason}" for place, reason in empty_rows(table)), *table.unread]


def columns_of(table: PaperTable, wanted: Wanted) -> list[str]:
    for name in [*wanted.columns, *filter(None, wanted.metrics)]:
        if name not in table.columns:
            raise unknown(f"{table.file}: column", name, table.columns)
    return [name for name in wanted.columns or table.columns if name != wanted.runs_per_number]


def runs_behind(table: PaperTable, wanted: Wanted) -> list[int]:
    """Of how many runs the numbers of each row are means; 0 where the column that should say it does not."""
    if not isinstance(wanted.runs_per_number, str):
        return [wanted.runs_per_number or 1] * len(table.labels)
    if wanted.runs_per_number not in table.columns:
        raise unknown(f"{table.file}: --runs-per-number: column", wanted.runs_per_number, table.columns)
    cells = table.columns[wanted.runs_per_number]
    return [int(cell.number) if cell.number.isdecimal() and not cell.spread else 0 for cell in cells]


def metric_of(column: str, wanted: Wanted) -> str:
    """The metric that a column holds: as it is said, or the column's name without units in brackets, in lower case."""
    said = wanted.metrics.get(column) or wanted.metrics.get("") or re.sub(r"[\[(][^])]*[])]|%", " ", column).lower()
    name, at, step = said.partition("@")
    found = metric_name(name) + (at + step if step.isdecimal() else "")
    if not found:
        raise ReplabError(f"the column '{column}' names no metric: say --metric '{column}=METRIC'")
    return found


def entries_of(table: PaperTable, column: str, metric: str, shared: bool, wanted: Wanted, read: Read) -> list[Entry]:
    """The numbers of a column that can be statements; the others are among what is skipped."""
    cells = table.columns[column]
    _check_spread(table, column, cells, wanted)
    scaled = _is_fraction(table, column, metric, wanted, read)
    found: list[Entry] = []
    empty = {place for place, _ in empty_rows(table)}
    for place, (label, cell, runs) in enumerate(zip(table.labels, cells, runs_behind(table, wanted), strict=True)):
        if place in empty:
            continue
        value, spread = (_in_percent(text) if scaled else text for text in (cell.number, cell.spread))
        variant = f"{label}, {column}" if shared else label
        known = [entry.variant for entry in found]
        reason = cell.reason or _why_not(variant, metric, value, known)
        if not reason and not runs:
            reason = f"'{wanted.runs_per_number}' does not say of how many runs '{cell.text}' is the mean"
        if reason:
            read.skipped.append(f"{table.file}, row {place + 1}, {column}: {reason}")
        else:
            found.append(Entry(place, variant, cell, value, spread, runs))
    return found


def left_out(table: PaperTable, column: str, places: Collection[int]) -> list[tuple[str, str]]:
    """The row and the text of each cell with digits in none of these places; a text across the table is none."""
    rows = enumerate(zip(table.labels, table.columns[column], strict=True))
    others = [(label, cell.text) for place, (label, cell) in rows if place not in places]
    return [(label, text) for label, text in others if text != label and any(map(str.isdigit, text))]


def _in_percent(text: str) -> str:
    return f"{Decimal(text).scaleb(2):f}" if text else ""


def _check_spread(table: PaperTable, column: str, cells: list[Cell], wanted: Wanted) -> None:
    if wanted.runs_per_number is None and any(cell.spread for cell in cells):
        shown = next(cell.text for cell in cells if cell.spread)
        raise ReplabError(f"{table.file}: {column}: '{shown}' is a mean: say --runs-per-number N, the number of runs")


def _is_fraction(table: PaperTable, column: str, metric: str, wanted: Wanted, read: Read) -> bool:
    """Whether it has fractions of a metric that claims have in percent. Raises ReplabError: it can be either."""
    cells = [cell for cell in table.columns[column] if cell.number]
    share = is_share(metric)
    unit = wanted.units.get(metric) or (wanted.units.get("", "") if share else "")
    if unit or not share or not cells or column in table.percent or any(cell.percent for cell in cells):
        return unit == "fraction"
    values = [float(cell.number) for cell in cells]
    if max(values) <= 1:
        raise ReplabError(
            f"{table.file}: {column}: are {min(values):g} to {max(values):g} fractions or percentages?\n"
            f"Say --unit {metric}=fraction or --unit {metric}=percent"
        )
    read.notes.append(f"{column}: {min(values):g} to {max(values):g} is taken as percentages (--unit says otherwise).")
    return False


def _why_not(variant: str, metric: str, value: str, known: Iterable[str]) -> str:
    """Why a number cannot be a statement ("": it can)."""
    if not variant:
        return "the row has no name"
    if variant in known:
        return f"a row above is named '{variant}', too"
    try:
        Number.model_validate({"kind": "number", "variant": variant, "metric": metric, "value": value})
    except ValidationError as error:
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    return ""
