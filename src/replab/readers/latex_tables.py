"""The tables in a LaTeX file: the cells of every tabular, with spans over columns and rows filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from replab.readers.latex_columns import TableColumn, columns_of, joined, with_numbers
from replab.readers.latex_macros import closing, expanded, macros_of

TABULAR = re.compile(r"\\begin\{(tabular[xy*]?|longtable|tabulary|tblr|array)\}(.*?)\\end\{\1\}", re.DOTALL)
COMMENT = re.compile(r"(?<!\\)%[^\n]*")
RULE = re.compile(
    r"\s*(?:\\(hline|toprule|midrule|bottomrule|hdashline)|\\(?:cmidrule|cline|specialrule|addlinespace|rowcolor|"
    r"noalign)(?:\([^)]*\))?(?:\[[^]]*\])?(?:\{[^{}]*\})*|\[-?[\d.]+\s*[a-z]+\])"
)
SPAN = re.compile(r"\s*\\multicolumn\s*\{\s*(\d+)\s*\}\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*")
ROWS = re.compile(r"\s*\\multirow(?:cell)?\s*(?:\[[^]]*\])?\s*\{\s*(-?\d+)\s*\}\s*(?:\[[^]]*\])?\s*\{[^{}]*\}\s*")
MOST_SPANNED = 100
REPEATED = re.compile(r"\\end(firsthead|head|foot|lastfoot)\b")
CAPTION = re.compile(r"\\(?:caption|label)\b\*?\s*(?:\[[^]]*\])?\s*(?=\{)")


def tables(text: str) -> Iterator[tuple[list[list[str]], list[list[str]]]]:
    """(rows of the head, rows of the body) of each tabular; the head ends at the first rule below a row."""
    text = COMMENT.sub("", text)
    macros = macros_of(text)
    for match in TABULAR.finditer(text):
        spec, body = _spec_and_body(match[2], match[1])
        yield _table(_without_repeats(expanded(body, macros)), columns_of(spec) if match[1] != "tblr" else [])


def _spec_and_body(body: str, name: str) -> tuple[str, str]:
    """The columns and the content of `[t]{\\textwidth}{lcc} a & b & c`."""
    body, spec = re.sub(r"^\s*\[[^]]*\]", "", body), ""
    for _ in range(2 if name in ("tabularx", "tabular*", "tabulary") else 1):
        body = body.lstrip()
        if body.startswith("{"):
            end = closing(body)
            spec, body = body[1:end], body[end + 1 :]
    return spec, body


def _without_repeats(body: str) -> str:
    """The content of a longtable without its caption, and with one of the heads that it repeats on each page."""
    for match in reversed(list(CAPTION.finditer(body))):
        body = body[: match.start()] + body[closing(body, match.end()) + 1 :]
    parts = REPEATED.split(body)  # text, kind, text, kind, ..., text
    if len(parts) == 1:
        return body
    heads = dict(zip(parts[1::2], parts[::2], strict=False))
    return heads.get("firsthead", heads.get("head", "")) + parts[-1]


def _table(body: str, columns: list[TableColumn]) -> tuple[list[list[str]], list[list[str]]]:
    rows: list[list[str]] = []
    head = 0
    for line in _split(body.replace("\\\\*", "\\\\"), "\\\\"):
        line, ruled = _without_rules(line)
        if ruled and rows and not head:
            head = len(rows)
        if line.strip():
            rows.append(joined([_spanned(with_numbers(cell)) for cell in _split(line, "&")], columns))
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


def _spanned(cell: str) -> tuple[str, int]:
    """The text of a cell, and over how many columns it goes."""
    match = SPAN.match(cell)
    return (cell[match.end() :].strip(), min(int(match[1]), MOST_SPANNED)) if match else (cell.strip(), 1)


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
