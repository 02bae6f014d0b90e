"""A paper's table with a row for each variant: one that has a column for each, or a block of rows for each data set.

Both are made so where the bold numbers show that the table is of this kind, and a line says so.
"""

from __future__ import annotations

from dataclasses import replace

from replab.errors import shortened
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


def with_a_column_for_each_block(table: PaperTable) -> PaperTable:
    """The table itself, or one with the columns `ROUGE (XSum)` and `ROUGE (CNN)` where its rows are in blocks.

    They are so where all rows have names such as `XSum, BART` and `CNN, BART`, the names in all blocks are the same,
    and each block has its bold number in every column that has any.
    """
    blocks = _blocks(table)
    first = next(iter(blocks.values()), {})
    alike = all(places.keys() == first.keys() for places in blocks.values())
    if len(blocks) < 2 or len(first) < 2 or not alike or not _bold_by_block(table, blocks):
        return table
    own = {f"{column} ({block})": (column, block) for column in table.columns for block in blocks}
    note = (
        f"The rows are in blocks ({shortened(list(blocks), SHOWN)}) with the same names "
        f"({shortened(list(first), SHOWN)}), and each block has its bold number: each is compared by itself."
    )
    return replace(
        table,
        labels=list(first),
        columns={name: [table.columns[of][blocks[block][row]] for row in first] for name, (of, block) in own.items()},
        quotes=list(first),
        percent={name for name, (of, _) in own.items() if of in table.percent},
        lower={name: table.lower[of] for name, (of, _) in own.items() if of in table.lower},
        notes=[*table.notes, note],
    )


def _blocks(table: PaperTable) -> dict[str, dict[str, int]]:
    """block -> name -> row, of labels such as `XSum, BART`; {} where a row with numbers has no such label."""
    found: dict[str, dict[str, int]] = {}
    for place, (label, cells) in enumerate(_all_rows(table)):
        block, _, name = label.partition(", ")
        if name:
            found.setdefault(block, {})[name] = place
        elif any(cell.number for cell in cells):
            return {}
    return found


def _bold_by_block(table: PaperTable, blocks: dict[str, dict[str, int]]) -> bool:
    """Whether a column has bold numbers, and each that has any has one in each block."""
    places = [list(rows.values()) for rows in blocks.values()]
    found = [[any(column[place].bold for place in block) for block in places] for column in table.columns.values()]
    return any(map(any, found)) and all(map(all, filter(any, found)))


def _all_rows(table: PaperTable) -> list[tuple[str, list[Cell]]]:
    rows = zip(*table.columns.values(), strict=True)
    return [(label, list(cells)) for label, cells in zip(table.labels, rows, strict=True)]


def _rows(table: PaperTable) -> list[tuple[str, list[Cell]]]:
    """(name, cells) of the rows with numbers."""
    return [(label, cells) for label, cells in _all_rows(table) if any(cell.number for cell in cells)]


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
        f"The rows ({shortened([label for label, _ in rows], SHOWN)}) are taken as metrics or data sets, and the "
        f"columns ({shortened(variants, SHOWN)}) as variants: the table was turned round. {why}."
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
