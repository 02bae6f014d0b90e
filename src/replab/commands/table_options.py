"""The options of a paper's table, which `replab claims new` and `replab judge --means` share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from replab.errors import ReplabError

if TYPE_CHECKING:
    from replab.judging.table_entries import Wanted


def add_table_arguments(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> list[argparse.Action]:
    """Which part of the table, and of how many runs its numbers are; the options, as argparse has them."""
    add = parser.add_argument
    return [
        add("--rows", default="", help="the columns that name the rows: a,b (default: those before the numbers)"),
        add("--columns", default="", help="the columns to read: a,b (default: all with numbers)"),
        add("--runs-per-number", metavar="N", help="the number of runs in each mean, or the column that has it"),
        add(
            "--table", dest="which", type=int, default=0, metavar="K", help="the K-th table of the file; 1 is the first"
        ),
    ]


def given(args: argparse.Namespace, options: Iterable[argparse.Action]) -> Iterator[str]:
    """Those of the options that were given another value than their default, as a user writes them."""
    return (action.option_strings[0] for action in options if getattr(args, action.dest) != action.default)


def wanted_of(args: argparse.Namespace, report: str) -> Wanted:
    """What the options say of the table. Raises ReplabError."""
    from replab.judging.table_entries import Wanted

    if args.which < 0:
        raise ReplabError(f"--table {args.which}: the first table is 1")
    units = _by_name(args.unit, "--unit")
    for unit in units.values():
        if unit not in ("fraction", "percent"):
            raise ReplabError(f"--unit must be METRIC=fraction or METRIC=percent, not '{unit}'")
    return Wanted(
        report=report,
        metrics=_by_name(args.metric, "--metric"),
        columns=names(args.columns),
        runs_per_number=_runs(args.runs_per_number),
        units=units,
    )


def _runs(text: str | None) -> int | str | None:
    """A number of runs, or the name of the column that says it row by row."""
    if text is None or not re.fullmatch(r"[-+]?\d+", text.strip()):
        return text
    if int(text) < 1:
        raise ReplabError(f"--runs-per-number {text}: a number needs at least one run")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Names that are joined by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _by_name(given: list[str], option: str) -> dict[str, str]:
    """`COLUMN=METRIC` by column; without a name, under ""."""
    found: dict[str, str] = {}
    for text in given:
        name, _, value = text.rpartition("=")
        if not value.strip():
            raise ReplabError(f"{option} '{text}': there is nothing after =")
        if name.strip() in found:
            raise ReplabError(f"{option} is given twice for {name.strip() or 'all columns'}")
        found[name.strip()] = value.strip()
    return found
