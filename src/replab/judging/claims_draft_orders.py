"""The orders of a drafted claims file: what a table prints bold is better than the other rows."""

from __future__ import annotations

from decimal import Decimal

from replab.errors import ReplabError
from replab.judging.claims_draft_text import quoted, statement
from replab.judging.table_entries import Entry, left_out
from replab.judging.words import listed, spelled
from replab.metric_words import without_step
from replab.readers.paper_tables import PaperTable


def order_of(table: PaperTable, column: str, metric: str, entries: list[Entry], report: str) -> str:
    """That the bold numbers of a column are better than the others ("": none is, or all are).

    Raises ReplabError where they are neither above nor below all the rest.
    """
    bold, others = _bold_and_others(entries)
    if not bold or not others:
        return ""
    higher = _bold_is_higher(bold, others)
    if higher is None:
        raise ReplabError(f"{table.file}, {column}: the bold numbers are neither above nor below all others: no order")
    pairs = ", ".join(f"[{quoted(one.variant)}, {quoted(other.variant)}]" for one in bold for other in others)
    best = listed(entry.variant for entry in bold)
    rest = _names(others) if left_out(table, column, {entry.place for entry in entries}) else "the other rows"
    sentence = f"{best} {'is' if len(bold) == 1 else 'are'} better in {spelled(metric)} than {rest}."
    part = f"kind: ranking, pairs: [{pairs}], metric: {quoted(metric)}, higher_is_better: {str(higher).lower()}"
    place = [entry.place for entry in bold]
    name = f"best {column} {metric}" if column in bold[0].variant else f"best {metric}"
    return statement(table, place, name, sentence, part, report, "EDIT: bold in the table.")


def lower_of(table: PaperTable, column: str, metric: str, entries: list[Entry]) -> dict[str, bool]:
    """{the metric: whether less is better}, by the arrow in the head or by what is bold; {} where neither says so."""
    bold, others = _bold_and_others(entries)
    higher = _bold_is_higher(bold, others) if bold and others else None
    lower = table.lower.get(column, None if higher is None else not higher)
    return {} if lower is None else {without_step(metric): lower}


def _bold_and_others(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    return [entry for entry in entries if entry.cell.bold], [entry for entry in entries if not entry.cell.bold]


def _bold_is_higher(bold: list[Entry], others: list[Entry]) -> bool | None:
    """Whether every bold number is above all others; None where it is neither so nor the reverse."""
    first, rest = ([Decimal(entry.value) for entry in group] for group in (bold, others))
    return True if min(first) > max(rest) else False if max(first) < min(rest) else None


def _names(entries: list[Entry]) -> str:
    """The names, in quotes where a comma would blur them."""
    names = [entry.variant for entry in entries]
    return listed([f"“{name}”" for name in names] if any("," in name for name in names) else names)
