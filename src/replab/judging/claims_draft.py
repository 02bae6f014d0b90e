"""Drafts a claims file from a paper's table: a statement for each number, and an order where a number is bold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import ValidationError

from replab.errors import ReplabError, unknown
from replab.judging.claims_draft_orders import Entry, empty_rows, lower_of, order_of
from replab.judging.claims_draft_text import head, quoted, resolution, statement, with_own_ids
from replab.judging.part_kinds import Number
from replab.judging.scales import lower_is_better
from replab.judging.words import spelled
from replab.metric_words import is_share
from replab.readers.paper_cells import Cell
from replab.readers.paper_tables import PaperTable
from replab.readers.runs import metric_name


@dataclass(frozen=True)
class Wanted:
    """What the user says: `metrics` by column ("": of all), `columns` (none: all), runs behind each number, units."""

    report: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    runs_per_number: int | None = None
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Draft:
    """The claims file as text; how many statements it has; what was skipped or taken for granted, a line each."""

    text: str = ""
    numbers: int = 0
    orders: int = 0
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draft_of(table: PaperTable, wanted: Wanted) -> Draft:
    """The draft. Raises ReplabError where units or the runs behind the numbers must be said, or nothing is left."""
    draft = Draft(skipped=[f"{table.file}, row {place + 1}: {reason}" for place, reason in empty_rows(table)])
    columns = _columns(table, wanted)
    metrics = {column: _metric(column, wanted) for column in columns}
    shared = len(columns) > 1 and "" in wanted.metrics
    statements: list[str] = []
    numbers: dict[str, list[Entry]] = {}
    lower: dict[str, bool] = {}
    for column in columns:
        metric = metrics[column]
        entries = _entries(table, column, metric, shared, wanted, draft)
        numbers.setdefault(metric.partition("@")[0], []).extend(entries)
        lower |= lower_of(table, column, metric, entries)
        statements += [_number(table, entry, metric, wanted) for entry in entries]
        order = _order(table, column, metric, entries, wanted, draft)
        statements += [order] if order else []
        draft.numbers += len(entries)
        draft.orders += bool(order)
    if not draft.numbers:
        raise ReplabError(f"{table.file}: no number can be a statement: {draft.skipped[0]}")
    kept = {metric: [entry.value for entry in entries] for metric, entries in numbers.items() if entries}
    draft.text = head(table, wanted.report) + "".join(
        resolution(metric, values, lower.get(metric, lower_is_better(metric))) for metric, values in kept.items()
    )
    draft.text += (
        "\nstatements:\n" + "".join(with_own_ids(statements)) + "".join(f"# Skipped: {s}\n" for s in draft.skipped)
    )
    return draft


def _columns(table: PaperTable, wanted: Wanted) -> list[str]:
    for name in [*wanted.columns, *filter(None, wanted.metrics)]:
        if name not in table.columns:
            raise unknown(f"{table.file}: column", name, table.columns)
    return list(wanted.columns or table.columns)


def _metric(column: str, wanted: Wanted) -> str:
    """The metric that a column holds: as it is said, or the column's name without units in brackets, in lower case."""
    said = wanted.metrics.get(column) or wanted.metrics.get("") or re.sub(r"[\[(][^])]*[])]|%", " ", column).lower()
    name, at, step = said.partition("@")
    found = metric_name(name) + (at + step if step.isdecimal() else "")
    if not found:
        raise ReplabError(f"the column '{column}' names no metric: say --metric '{column}=METRIC'")
    return found


def _entries(table: PaperTable, column: str, metric: str, shared: bool, wanted: Wanted, draft: Draft) -> list[Entry]:
    """The numbers of a column that can be statements; the others are among what is skipped."""
    cells = table.columns[column]
    _check_spread(table, column, cells, wanted)
    scaled = _is_fraction(table, column, metric, wanted, draft)
    found: list[Entry] = []
    empty = {place for place, _ in empty_rows(table)}
    for place, (label, cell) in enumerate(zip(table.labels, cells, strict=True)):
        if place in empty:
            continue
        value = f"{Decimal(cell.number).scaleb(2):f}" if scaled and cell.number else cell.number
        variant = f"{label}, {column}" if shared else label
        known = [entry.variant for entry in found]
        reason = cell.reason or _why_not(variant, metric, value, known)
        if reason:
            draft.skipped.append(f"{table.file}, row {place + 1}, {column}: {reason}")
        else:
            found.append(Entry(place, variant, cell, value))
    return found


def _check_spread(table: PaperTable, column: str, cells: list[Cell], wanted: Wanted) -> None:
    if wanted.runs_per_number is None and any(cell.spread for cell in cells):
        shown = next(cell.text for cell in cells if cell.spread)
        raise ReplabError(f"{table.file}: {column}: '{shown}' is a mean: say --runs-per-number N, of how many runs")


def _is_fraction(table: PaperTable, column: str, metric: str, wanted: Wanted, draft: Draft) -> bool:
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
    draft.notes.append(f"{column}: {min(values):g} to {max(values):g} is taken as percentages (--unit says otherwise).")
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


def _number(table: PaperTable, entry: Entry, metric: str, wanted: Wanted) -> str:
    of_runs = wanted.runs_per_number or 1
    mean = f", as a mean of {of_runs} runs" if of_runs > 1 else ""
    unit = " %" if is_share(metric) else ""
    sentence = f"The {spelled(metric)} of {entry.variant} is {entry.value}{unit}{mean}."
    part = f"kind: number, variant: {quoted(entry.variant)}, metric: {quoted(metric)}, value: {quoted(entry.value)}"
    printed = f"Printed as {entry.cell.text}." if entry.cell.spread or entry.value != entry.cell.number else ""
    return statement(
        table,
        [entry.place],
        f"{entry.variant} {metric}",
        sentence,
        f"{part}, of_runs: {of_runs}",
        wanted.report,
        printed,
    )


def _order(table: PaperTable, column: str, metric: str, entries: list[Entry], wanted: Wanted, draft: Draft) -> str:
    """The order of a column; where it can be none, the reason is among what is skipped."""
    try:
        return order_of(table, column, metric, entries, wanted.report)
    except ReplabError as error:
        draft.skipped.append(str(error))
        return ""
