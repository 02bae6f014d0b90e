"""The tables in a LaTeX file: the cells of every tabular, with spans over columns and rows filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

TABULAR = re.compile(r"\\begin\{(tabular[xy*]?|longtable|tabulary|tblr|array)\}(.*?)\\end\{\1\}", re.DOTALL)
COMMENT = re.compile(r"(?<!\\)%[^\n]*")
RULE = re.compile(
    r"\s*(?:\\(hline|toprule|midrule|bottomrule|hdashline)|\\(?:cmidrule|cline|specialrule|addlinespace|rowcolor|"
    r"endhead|endfirsthead|endfoot|endlastfoot|noalign)(?:\([^)]*\))?(?:\[[^]]*\])?(?:\{[^{}]*\})*|\[-?[\d.]+\s*[a-z]+\])"
)
SPAN = re.compile(r"\s*\\multicolumn\s*\{\s*(\d+)\s*\}\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*")
ROWS = re.compile(r"\s*\\multirow(?:cell)?\s*(?:\[[^]]*\])?\s*\{\s*(-?\d+)\s*\}\s*(?:\[[^]]*\])?\s*\{[^{}]*\}\s*")
MOST_SPANNED = 100


def tables(text: str) -> Iterator[tuple[list[list[str]], list[list[str]]]]:
    """(rows of the head, rows of the body) of each tabular; the head ends at the first rule below a row."""
    for match in TABULAR.finditer(COMMENT.sub("", text)):
        yield _table(_without_arguments(match[2], match[1]))


def _without_arguments(body: str, name: str) -> str:
    """The content behind `[t]{\\textwidth}{lcc}`."""
    body = re.sub(r"^\s*\[[^]]*\]", "", body)
    for _ in range(2 if name in ("tabularx", "tabular*", "tabulary") else 1):
        body = body.lstrip()
        if body.startswith("{"):
            body = body[_closing(body) + 1 :]
    return body


def _closing(text: str) -> int:
    """Where the group that begins the text ends."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return place
    return len(text)


def _table(body: str) -> tuple[list[list[str]], list[list[str]]]:
    rows: list[list[str]] = []
    head = 0
    for line in _split(body, "\\\\"):
        line, ruled = _without_rules(line)
        if ruled and rows and not head:
            head = len(rows)
        if line.strip():
            rows.append([spanned for cell in _split(line, "&") for spanned in _spanned(cell)])
    head = head if 0 < head < len(rows) else 1
    _fill_down(rows)
    return rows[:head], rows[head:]


def _without_rules(line: str) -> tuple[str, bool]:
    """The row without the rules before it, and whether one of them goes across."""
    ruled = False
    while match := RULE.match(line):
        ruled, line = ruled or bool(match[1]), line[match.end() :]
    return line, ruled


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand in no group; `\\&` is no separator."""
    parts, start, depth, place = [], 0, 0, 0
    while place < len(text):
        if depth == 0 and text.startswith(separator, place):
            parts.append(text[start:place])
            place = start = place + len(separator)
            continue
        if text[place] == "\\":
            place += 2
            continue
        depth += (text[place] == "{") - (text[place] == "}")
        place += 1
    return [*parts, text[start:]]


def _spanned(cell: str) -> list[str]:
    match = SPAN.match(cell)
    return [cell[match.end() :].strip()] * min(int(match[1]), MOST_SPANNED) if match else [cell.strip()]


def _fill_down(rows: list[list[str]]) -> None:
    """The text of \\multirow into the empty cells below it."""
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            match = ROWS.match(cell)
            if match:
                row[column] = cell[match.end() :].strip()
                for below in rows[place + 1 : place + min(int(match[1]), MOST_SPANNED)]:
                    if column < len(below) and not below[column]:
                        below[column] = row[column]
