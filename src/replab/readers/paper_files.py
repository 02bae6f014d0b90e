"""The tables in a file of a paper, as text: CSV (one table), markdown or LaTeX."""

from __future__ import annotations

from pathlib import Path

from replab.errors import ReplabError
from replab.readers import latex_tables
from replab.readers.runs import csv_rows, read_text

RawTable = tuple[list[list[str]], list[list[str]]]
"""The rows of its head, and its rows."""
SUFFIXES = {".csv": "CSV", ".tsv": "CSV", ".md": "markdown", ".markdown": "markdown", ".tex": "LaTeX"}


def tables_in(path: Path) -> list[RawTable]:
    """The tables in a file, at least one. Raises ReplabError."""
    kind = SUFFIXES.get(path.suffix.lower())
    if not kind:
        raise ReplabError(f"{path}: a table is a file named .csv, .md or .tex")
    if not path.is_file():
        raise ReplabError(f"{path}: there is no such file")
    found = _csv(path) if kind == "CSV" else _markdown(path) if kind == "markdown" else _latex(path)
    if not found:
        raise ReplabError(f"{path}: it has no table in {kind}")
    return found


def _csv(path: Path) -> list[RawTable]:
    header, rows = csv_rows(path)
    return [([header], rows)]


def _latex(path: Path) -> list[RawTable]:
    return [(head, rows) for head, rows in latex_tables.tables(read_text(path)) if rows]


def _markdown(path: Path) -> list[RawTable]:
    from markdown_it import MarkdownIt

    found: list[RawTable] = []
    place = 0
    for token in MarkdownIt("commonmark").enable("table").parse(read_text(path)):
        if token.type == "table_open":
            found.append(([], []))
        elif found and token.type in ("thead_open", "tbody_open"):
            place = int(token.type == "tbody_open")
        elif found and token.type == "tr_open":
            found[-1][place].append([])
        elif found and token.type == "inline" and token.level >= 4 and found[-1][place]:
            found[-1][place][-1].append(token.content)
    return [table for table in found if table[1]]
