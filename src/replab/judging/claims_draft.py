"""Drafts a claims file from a paper's table: a statement for each number, and an order where a number is bold."""

from __future__ import annotations

from dataclasses import dataclass

from replab.errors import ReplabError
from replab.judging.claims_draft_orders import lower_of, order_of
from replab.judging.claims_draft_text import head, quoted, resolution, statement, with_own_ids
from replab.judging.scales import lower_is_better
from replab.judging.table_entries import Entry, Read, Wanted, columns_of, entries_of, metric_of, skipped_of
from replab.judging.words import spelled
from replab.metric_words import is_share, without_step
from replab.readers.paper_tables import PaperTable


@dataclass
class Draft(Read):
    """The claims file as text; how many statements it has; what was skipped or taken for granted, a line each."""

    text: str = ""
    numbers: int = 0
    orders: int = 0


def draft_of(table: PaperTable, wanted: Wanted) -> Draft:
    """The draft. Raises ReplabError where units or the runs behind the numbers must be said, or nothing is left."""
    draft = Draft(skipped=skipped_of(table), notes=list(table.notes))
    columns = columns_of(table, wanted)
    metrics = {column: metric_of(column, wanted) for column in columns}
    shared = len(columns) > 1 and "" in wanted.metrics
    statements: list[str] = []
    numbers: dict[str, list[Entry]] = {}
    lower: dict[str, bool] = {}
    for column in columns:
        metric = metrics[column]
        entries = entries_of(table, column, metric, shared, wanted, draft)
        numbers.setdefault(without_step(metric), []).extend(entries)
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


def _number(table: PaperTable, entry: Entry, metric: str, wanted: Wanted) -> str:
    mean = f", as a mean of {entry.runs} runs" if entry.runs > 1 else ""
    unit = " %" if is_share(metric) else ""
    sentence = f"The {spelled(metric)} of {entry.variant} is {entry.value}{unit}{mean}."
    part = f"kind: number, variant: {quoted(entry.variant)}, metric: {quoted(metric)}, value: {quoted(entry.value)}"
    printed = f"Printed as {entry.cell.text}." if entry.cell.spread or entry.value != entry.cell.number else ""
    return statement(
        table,
        [entry.place],
        f"{entry.variant} {metric}",
        sentence,
        f"{part}, of_runs: {entry.runs}",
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
