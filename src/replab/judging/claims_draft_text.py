"""The words of a drafted claims file: its head, a statement, the resolution of a metric."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal

from replab.judging.claims_entries import CHINESE
from replab.judging.words import listed
from replab.readers.paper_tables import PaperTable

HEAD = """\
# Drafted from {file}. Edit it before you look at any runs: how near a number must be and why (resolutions), under which
# settings each statement is meant, and the names of variants and metrics, which must be those of your results.
report: {report}
title: {title}
source: {source}

# How near a run must be to what the table prints, for what the paper reads into it; in the metric's unit.
resolutions:
"""
STATEMENT = """\
  - id: {id}
    sentence: {sentence}
    quote: {quote}
{more}    place: {place}
    readings:
      - name: as_printed
        mark: R
        setting: "EDIT: the settings that the paper states for it"
        study: {study}
        parts:
          - {part}
"""


def head(table: PaperTable, report: str) -> str:
    """The begin of the file, up to the resolutions."""
    return HEAD.format(
        file=table.file,
        report=quoted(report),
        title=quoted("EDIT: what the table compares"),
        source=quoted(f"EDIT: the paper ({table.file})"),
    )


def resolution(metric: str, printed: Sequence[str], lower: bool | None) -> str:
    """Half of the gap between the two best numbers, at least a unit of the last digit; at most half of the least.

    `lower`: whether less is better; where nobody says so, it is a unit of the last digit.
    """
    values = sorted({Decimal(text) for text in printed}, reverse=not lower)
    unit = max(Decimal(1).scaleb(int(Decimal(text).as_tuple().exponent)) for text in printed)
    half = abs(values[0] - values[1]) / 2 if len(values) > 1 and lower is not None else unit
    if half > unit:
        reason = f"half of the gap between the two best numbers, {values[0]:f} and {values[1]:f}"
    else:
        half, reason = unit, "a unit of the last printed digit"
    nonzero = [abs(value) for value in values if value]
    if lower and nonzero and half > min(nonzero) / 2:
        half, reason = min(nonzero) / 2, "half of the least number"
    return f"  {quoted(metric)}: {{value: {half.normalize():f}, reason: {quoted(f'EDIT (drafted): {reason}.')}}}\n"


def statement(table: PaperTable, rows: list[int], name: str, sentence: str, part: str, report: str, note: str) -> str:
    """A statement about `rows` (from 0 on), whose id is the report and `name`; `part` is its criterion."""
    quote = "; ".join(table.quotes[row] for row in rows)
    more = '    translation: "EDIT: in English"\n' if CHINESE.search(quote) else ""
    more += f"    note: {quoted(note)}\n" if note else ""
    where = f"{table.file}, row{'s' if len(rows) > 1 else ''} {listed(str(row + 1) for row in rows)}"
    slug = re.sub(r"\W+", "_", name).strip("_").lower()
    return STATEMENT.format(
        id=quoted(f"{report}.{slug}"), sentence=quoted(sentence), quote=quoted(quote), more=more, place=quoted(where),
        study=quoted(report), part=f"{{{part}}}",
    )  # fmt: skip


def with_own_ids(statements: list[str]) -> list[str]:
    """The statements with ids of their own: a second one that is called alike gets a number."""
    seen: dict[str, int] = {}
    found = []
    for text in statements:
        line, _, rest = text.partition("\n")
        seen[line] = seen.get(line, 0) + 1
        found.append(f'{line[:-1]}.{seen[line]}"\n{rest}' if seen[line] > 1 else text)
    return found


def quoted(text: str) -> str:
    """A text between quotes, as YAML has it."""
    return json.dumps(text, ensure_ascii=False)
