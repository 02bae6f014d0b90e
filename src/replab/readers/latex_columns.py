"""What the columns of a tabular say about its cells.

`r@{ $\\pm$ }l` is a mean with its spread, and siunitx's `S` has `27.31(12)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from replab.readers.latex_macros import closing

COPIES = re.compile(r"\*\s*\{\s*(\d+)\s*\}\s*(?=\{)")
BETWEEN, ADDED = "@!", "><"
MOST_COLUMNS = 100
LONGEST = 2000  # signs of a tabular's argument
UNCERTAIN = re.compile(r"(-?\d*\.?(\d*))\s*\(\s*(\d+)\s*\)")
NUM = re.compile(r"\\num\s*(?:\[[^]]*\])?\s*\{([^{}]*)\}")


@dataclass(frozen=True)
class TableColumn:
    """A column by its letter; `before` is what joins it to the one before it: "±", "." or "" for neither."""

    letter: str
    before: str = ""


def columns_of(spec: str) -> list[TableColumn]:
    """The columns of `l r@{ $\\pm$ }l *{2}{S[table-format=2.1]}`."""
    found: list[TableColumn] = []
    before, spec = "", spec[:LONGEST]
    while spec and len(found) < MOST_COLUMNS:
        copies = COPIES.match(spec)
        if copies:
            end = closing(spec, copies.end())
            again = columns_of(spec[copies.end() + 1 : end])
            found += (again * min(int(copies[1]), MOST_COLUMNS))[:MOST_COLUMNS]
            spec = spec[end + 1 :]
            continue
        letter, group, spec = _token(spec)
        if letter in BETWEEN:
            before += _joint(group)
        elif letter.isalpha():
            found.append(TableColumn(letter, before[:1] if found else ""))
            before = ""
    return found


def _token(spec: str) -> tuple[str, str, str]:
    """(the first sign, the first group behind it, what follows its brackets and groups)."""
    letter, rest, groups = spec[0], spec[1:].lstrip(), []
    while letter.isalpha() or letter in BETWEEN + ADDED:
        if rest.startswith("[") and "]" in rest:
            rest = rest[rest.index("]") + 1 :].lstrip()
        elif rest.startswith("{"):
            end = closing(rest)
            groups.append(rest[1:end])
            rest = rest[end + 1 :].lstrip()
        else:
            break
    return letter, "".join(groups[:1]), rest


def _joint(group: str) -> str:
    return "±" if re.search(r"\\(?:text)?pm\b|±", group) else "." if group.strip(" $") == "." else ""


def joined(cells: list[tuple[str, int]], columns: list[TableColumn]) -> list[str]:
    """A cell for each column, from (cell, over how many columns it goes): joined where the columns are.

    >>> joined([("92.1", 1), ("0.3", 1)], columns_of(r"r@{$\\pm$}l"))
    ['92.1 ± 0.3']
    """
    row: list[str] = []
    place = 0
    for text, span in cells:
        for copy in range(span):
            column = columns[place] if place < len(columns) else TableColumn("l")
            own = written_out(text) if column.letter == "S" else text
            if not column.before or not row:
                row.append(own)
            elif copy == 0 and own:
                row[-1] += f"{column.before}{own}" if column.before == "." else f" {column.before} {own}"
            place += 1
    return row


def written_out(cell: str) -> str:
    """siunitx's `27.31(12)`, the uncertainty of the last digits, as `27.31 ± 0.12`."""
    return UNCERTAIN.sub(lambda found: f"{found[1]} ± {Decimal(found[3]).scaleb(-len(found[2])):f}", cell)


def with_numbers(cell: str) -> str:
    r"""The cell with each `\num{27.31(12)}` written out."""
    return NUM.sub(lambda found: written_out(found[1]), cell)
