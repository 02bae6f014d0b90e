"""Results that were judged, in short: as text for a console, and as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Iterator

from replab.judging.words import difference_unit, is_number, p_text
from replab.report.existing import Existing, answer, context, page_blocks, size
from replab.report.frames import as_rows
from replab.report.markdown import render
from replab.report.markdown_text import metric_words, shown, shown_interval
from replab.report.page.rendered import rendered

MOST_LINES = 20  # statements or comparisons that a console shows


def short_html(found: Existing) -> str:
    """The answer, the verdicts or the comparisons, and how the results were read; no pictures."""
    rest = render("existing_short.md.j2", **context(found))
    return str(rendered(page_blocks(found)["head"] + rest, "results", under=2))


def short_text(found: Existing) -> str:
    """The same in lines: the answer first, then a line for each statement and comparison."""
    lines = [*_statements(found), *_comparisons(found)]
    more = [f"... and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join([answer(found), size(found), *lines[:MOST_LINES], *more, *found.notes])


def _statements(found: Existing) -> Iterator[str]:
    if found.judged:
        for row in as_rows(found.judged.judgement.statements):
            yield " ".join(filter(None, [f"{row['verdict']}:", row["sentence"], row["found"], row["why"]]))


def _comparisons(found: Existing) -> Iterator[str]:
    for row in as_rows(found.against):
        unit = str(row["unit"])
        interval = shown_interval(row["low"], row["high"], unit).replace("[", "[95 % interval ").replace(", ", " to ")
        numbers = [shown(row["difference"], unit, signed=True), interval, difference_unit(unit) if unit else ""]
        said = " ".join(filter(None, numbers)) or "no pair"
        p = f", {p_text(row['p_holm'])} (Holm)" if is_number(row["p_holm"]) else ""
        about = f"{row['variant']} against {row['baseline']}, {metric_words(row['metric'])}"
        yield f"{about}: {said}{p}. Was it luck? {row['luck']}"
