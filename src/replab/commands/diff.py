"""`replab diff`: the numbers that moved and the verdicts that changed between two sets of reports."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from replab.commands.common import aligned
from replab.report.markdown_text import code, escaped, shown, table

if TYPE_CHECKING:
    from replab.report.changes import Changes

MOST_NUMBERS = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which two sets of reports, and in which form."""
    place = "a revision such as HEAD~1, or a folder of results"
    parser.add_argument("before", metavar="REV", help=place)
    parser.add_argument(
        "after", metavar="REV", nargs="?", default="results", help=f"{place} (default: the folder results)"
    )
    parser.add_argument("--markdown", action="store_true", help="write Markdown, for a pull request")
    parser.add_argument("--all", action="store_true", help=f"all numbers that moved, not only the first {MOST_NUMBERS}")


def run(args: argparse.Namespace) -> int:
    """Say which numbers moved and which verdicts changed between two revisions, or folders of results."""
    from replab.report.changes import changes_between, reports_of

    changes = changes_between(reports_of(args.before, args.profile), reports_of(args.after, args.profile))
    most = len(changes.numbers) if args.all else MOST_NUMBERS
    print(_markdown(changes, most) if args.markdown else _text(changes, most))
    return 0


def verdict_rows(changes: Changes) -> list[tuple[str, ...]]:
    """A row for each verdict that changed."""
    keys = ("profile", "study_after", "id", "verdict_before", "verdict_after")
    return [tuple(str(row[key]) for key in keys) for row in changes.verdicts.to_dict("records")]


def number_rows(changes: Changes, most: int) -> list[tuple[str, ...]]:
    """A row a number that moved, those first that moved most for their intervals."""
    ordered = changes.numbers.sort_values("shift", ascending=False, na_position="last", kind="stable")
    return [_number_row(row) for row in ordered.head(most).to_dict("records")]


def _number_row(row: dict[Any, Any]) -> tuple[str, ...]:
    unit = row["unit_after"] if isinstance(row["unit_after"], str) else ""
    values = [f"{shown(row[f'mean_{side}'], unit) or '-'} ({int(row[f'n_{side}'])})" for side in ("before", "after")]
    shift = "" if math.isnan(row["shift"]) else f"{row['shift']:.1f}"
    names = (str(row[key]) for key in ("profile", "study", "variant", "metric"))
    return (*names, *values, shown(row["change"], unit, signed=True), shift)


VERDICT_HEADER = ("profile", "study", "statement", "before", "after")
NUMBER_HEADER = ("profile", "study", "variant", "metric", "before (n)", "after (n)", "change", "half-widths")


def _sentences(changes: Changes, most: int) -> list[str]:
    """What the tables do not say."""
    lists = {
        "Statements that are gone": changes.claims_gone,
        "New statements": changes.claims_new,
        "Variants that are gone": changes.variants_gone,
        "New variants": changes.variants_new,
        "Metrics that are gone": changes.metrics_gone,
        "New metrics": changes.metrics_new,
    }
    found = [f"{what}: {', '.join(names)}." for what, names in lists.items() if names]
    left = len(changes.numbers) - most
    return [f"{left} more numbers moved: --all shows them.", *found] if left > 0 else found


def _text(changes: Changes, most: int) -> str:
    if not changes:
        return "No number moved, and no verdict changed."
    blocks = []
    if rows := verdict_rows(changes):
        blocks.append("Verdicts that changed\n" + aligned([VERDICT_HEADER, *rows]))
    if rows := number_rows(changes, most):
        blocks.append("Numbers that moved\n" + aligned([NUMBER_HEADER, *rows]))
    return "\n\n".join([*blocks, *_sentences(changes, most)])


def _markdown(changes: Changes, most: int) -> str:
    if not changes:
        return "No number moved, and no verdict changed."
    blocks = []
    if rows := verdict_rows(changes):
        cells = [[row[0], row[1], code(row[2]), *row[3:]] for row in rows]
        blocks += ["### Verdicts that changed", table(list(VERDICT_HEADER), cells)]
    if rows := number_rows(changes, most):
        cells = [[row[0], row[1], code(row[2]), *map(escaped, row[3:])] for row in rows]
        blocks += ["### Numbers that moved", table(list(NUMBER_HEADER), cells, right="    rrrr")]
    return "\n\n".join([*blocks, *map(escaped, _sentences(changes, most))])
