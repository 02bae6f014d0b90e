"""A paper's table from CSV, markdown or LaTeX: the names of its columns, and its rows of cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from replab.errors import ReplabError, shortened, unknown
from replab.readers.paper_cells import CROSSES, NOTHING, TICKS, Cell, cell_of, plain
from replab.readers.paper_files import RawTable, tables_in

ARROW = re.compile(r"[↑↓]|\\(?:up|down)arrow\b")
SPREADS = {"±", "std", "std dev", "stdev", "stddev", "sd", "se", "sem", "stderr"}
SHOWN = 4  # columns of a table that are named
ALMOST = re.compile(r"[-+]?\d[\d.,]*\s*%?\s*(±.*|\(.*\)|/\s*(\d[\d.,]*\s*%?|-+|–|—|n/a))?", re.IGNORECASE)


@dataclass(frozen=True)
class PaperTable:
    """`labels`: the name of each row; `columns`: those with numbers, by name, a cell a row.

    `quotes`: the words of each row; `percent`: the columns whose head has a %; `lower`: whether less of a column is
    better, where its head has an arrow. `unread`: columns without a plain number though they have digits, a line each.
    `lower_rows` is `lower` of the rows, by their labels. `notes`: what was taken for granted, a line each.
    """

    file: str
    labels: list[str]
    columns: dict[str, list[Cell]]
    quotes: list[str]
    percent: set[str]
    lower: dict[str, bool]
    unread: list[str] = field(default_factory=list)
    lower_rows: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_table(path: Path, which: int = 0, rows: tuple[str, ...] = ()) -> PaperTable:
    """The table in a file, or the `which`-th (from 1 on) of several; `rows` are the columns that name its rows.

    Raises ReplabError.
    """
    found = tables_in(path)
    if which > len(found) or (not which and len(found) > 1):
        raise ReplabError(f"{path}: {_number_of_tables(found)}")
    return _built(path, *found[max(which, 1) - 1], rows)


def _number_of_tables(found: list[RawTable]) -> str:
    if len(found) == 1:
        return "it has one table"
    columns = [[name for column in range(max(map(len, head))) if (name := _name(head, column))] for head, _ in found]
    listed = "; ".join(f"{number}: {shortened(names, SHOWN)}" for number, names in enumerate(columns, 1))
    return f"it has {len(found)} tables: say --table, 1 to {len(found)}\n{listed}"


def _built(path: Path, head: list[list[str]], rows: list[list[str]], lead_names: tuple[str, ...]) -> PaperTable:
    width = max(map(len, [*head, *rows]))
    names = [_name(head, column) for column in range(width)]
    cells = [[cell_of(raw) for raw in [*row, *[""] * (width - len(row))]] for row in rows]
    for name in lead_names:
        if name not in names:
            raise unknown(f"{path}: --rows: column", name, names)
    numeric = [column for column in range(width) if any(row[column].number for row in cells)]
    numeric = [column for column in numeric if names[column] not in lead_names]
    if not numeric:
        raise ReplabError(f"{path}: no cell has a number: {_first_reason(cells)}")
    almost = {column for column in range(width) if _almost_numbers([row[column] for row in cells if not _heading(row)])}
    lead = [names.index(name) for name in lead_names] or _leading(path, width, numeric, almost)
    _check_columns(path, [names[column] for column in numeric])
    labels = _labels(cells, lead, names)
    return PaperTable(
        file=path.name,
        labels=labels,
        columns={names[column]: _without_differences([row[column] for row in cells]) for column in numeric},
        quotes=[" | ".join(cell.text or "-" for cell in row) for row in cells],
        percent={names[column] for column in numeric if "%" in _raw_head(head, column)},
        lower=_arrows({names[column]: _raw_head(head, column) for column in numeric}),
        lower_rows=_arrows({label: " ".join(row[: min(numeric)]) for label, row in zip(labels, rows, strict=True)}),
        unread=[
            f"{path.name}, {names[column]}: {reason}"
            for column in range(width)
            if column not in [*numeric, *lead] and (reason := _first_with_digits([row[column] for row in cells]))
        ],
    )


def _labels(cells: list[list[Cell]], lead: list[int], names: list[str]) -> list[str]:
    """The name of each row: its texts, and the names of the columns that it ticks, as `ResNet, BN + Drop`."""
    found = {column: {row[column].text.lower() for row in cells} for column in lead}
    ticks = [column for column in lead if found[column] & TICKS and found[column] <= TICKS | CROSSES | NOTHING]
    labels = []
    for row in cells:
        texts = [row[column].text for column in lead if column not in ticks]
        ticked = " + ".join(names[column] for column in ticks if row[column].text.lower() in TICKS)
        labels.append(", ".join(filter(None, [*texts, ticked])) or ("none" if ticks else ""))
    return _under_headings(cells, labels)


def _under_headings(cells: list[list[Cell]], labels: list[str]) -> list[str]:
    """The labels; where some are there twice, each has the heading above it before it, such as `ViT, ERM`."""
    headings = [_heading(row) for row in cells]
    own = [label for label, heading in zip(labels, headings, strict=True) if not heading]
    if len(set(own)) == len(own) or not any(headings):
        return labels
    found, above = [], ""
    for label, heading in zip(labels, headings, strict=True):
        above = heading or above
        found.append(label if heading or not above else f"{above}, {label}")
    return found


def _heading(row: list[Cell]) -> str:
    """The text of a row with one text in it, in one cell or across the table; "" for another row."""
    texts = {cell.text for cell in row if cell.text}
    return texts.pop() if len(texts) == 1 else ""


def _without_differences(cells: list[Cell]) -> list[Cell]:
    """The cells; where one has a plus before it, the column is one of differences, and none has a number."""
    signed = next((cell.text for cell in cells if re.match(r"\+\s*[\d.]", cell.text)), "")
    reason = f"a difference, as '{signed}' is: write a number part with minus: VARIANT"
    return [
        replace(cell, number="", reason=f"'{cell.text}' is {reason}") if signed and cell.number else cell
        for cell in cells
    ]


def _first_with_digits(cells: list[Cell]) -> str:
    """Why the first cell with a digit is no number, of a column that has none; "" where no cell has a digit."""
    found = next((cell.reason for cell in cells if re.search(r"\d", cell.text)), "")
    return f"no cell is a plain number: {found}" if found else ""


def _arrows(raw: dict[str, str]) -> dict[str, bool]:
    """Whether an arrow points down, of those that have one."""
    found = {name: ARROW.search(text) for name, text in raw.items()}
    return {name: arrow[0] in ("↓", r"\downarrow") for name, arrow in found.items() if arrow}


def _raw_head(head: list[list[str]], column: int) -> str:
    return " ".join(row[column] for row in head if column < len(row))


def _almost_numbers(cells: list[Cell]) -> bool:
    """Whether a column has what is not read as numbers, such as 4.90(30), 1,234 or 84.6/83.4, and no names."""
    known = [cell for cell in cells if cell.text.lower() not in NOTHING]
    return bool(known) and all(ALMOST.fullmatch(cell.text) and not cell.number for cell in known)


def _leading(path: Path, width: int, numeric: list[int], almost: set[int]) -> list[int]:
    """The columns before the first with numbers, else the first that has none; none with what is `almost` a number."""
    others = [column for column in range(width) if column not in {*numeric, *almost}]
    if not others:
        raise ReplabError(f"{path}: every column has numbers: say --rows, the column that names the rows")
    return [column for column in others if column < numeric[0]] or others[:1]


def _check_columns(path: Path, names: list[str]) -> None:
    if "" in names:
        raise ReplabError(f"{path}: a column with numbers has no name")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        remedy = (
            ". Write a mean and its spread into one cell: 97.8 ± 0.2" if twice[0].lower().strip(".") in SPREADS else ""
        )
        raise ReplabError(f"{path}: the column '{twice[0]}' is there twice{remedy}")


def _name(head: list[list[str]], column: int) -> str:
    parts = [re.sub(r"\s*(\(\s*\)|\[\s*\])", "", plain(row[column])) for row in head if column < len(row)]
    return " ".join(dict.fromkeys(filter(None, parts)))


def _first_reason(cells: list[list[Cell]]) -> str:
    reasons = [cell.reason for row in cells for cell in row[1:] if cell.text and cell.reason]
    return reasons[0] if reasons else "all are empty"
