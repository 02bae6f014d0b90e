"""A paper's table with a row for each variant: one that has a column for each is turned round, and says so."""

from __future__ import annotations

from dataclasses import replace

from replab.metric_words import direction
from replab.readers.paper_cells import Cell
from replab.readers.paper_tables import PaperTable
from replab.readers.runs import metric_name

SHOWN = 3  # names in the note


def upright(table: PaperTable) -> PaperTable:
    """The table itself, or turned round where its rows are surely metrics or data sets, and its columns variants.

    They are so where the names of all rows say what is better and no column's does; or where each row has one bold
    number, its least or greatest, and the bold numbers of the columns are not one a column.
    """
    rows = _rows(table)
    names = [label for label, _ in rows]
    known = [*table.lower, *(name for name in table.columns if direction(metric_name(name)))]
    if len(rows) < 2 or len(table.columns) < 2 or known or len(set(names)) < len(names) or "" in names:
        return table
    if all(name in table.lower_rows or direction(metric_name(name)) for name in names):
        return _turned(table, "Their names say so")
    return _turned(table, "Each row has its bold number") if _bold_by_row(table) else table


def _rows(table: PaperTable) -> list[tuple[str, list[Cell]]]:
    """(name, cells) of the rows with numbers."""
    rows = zip(table.labels, zip(*table.columns.values(), strict=True), strict=True)
    return [(label, list(cells)) for label, cells in rows if any(cell.number for cell in cells)]


def _bold_by_row(table: PaperTable) -> bool:
    rows = [cells for _, cells in _rows(table)]
    by_column = [sum(cell.bold and bool(cell.number) for cell in column) for column in table.columns.values()]
    return all(map(_has_its_best, rows)) and set(by_column) != {1}


def _has_its_best(cells: list[Cell]) -> bool:
    """Whether one number is bold, and it is the least or the greatest."""
    numbers = [float(cell.number) for cell in cells if cell.number]
    bold = [float(cell.number) for cell in cells if cell.number and cell.bold]
    return len(bold) == 1 and len(numbers) > 1 and bold[0] in (min(numbers), max(numbers))


def _turned(table: PaperTable, why: str) -> PaperTable:
    rows, variants = _rows(table), list(table.columns)
    note = (
        f"The rows ({_some([label for label, _ in rows])}) are taken as metrics or data sets, and the columns "
        f"({_some(variants)}) as variants: the table was turned round. {why}."
    )
    by_variant = zip(variants, zip(*(cells for _, cells in rows), strict=True), strict=True)
    return replace(
        table,
        labels=variants,
        columns=dict(rows),
        quotes=[" | ".join([name, *(cell.text or "-" for cell in cells)]) for name, cells in by_variant],
        percent={label for label, _ in rows if "%" in label},
        lower={label: lower for label, lower in table.lower_rows.items() if label in dict(rows)},
        lower_rows=table.lower,
        notes=[note],
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
