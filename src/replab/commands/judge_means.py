"""`replab judge TABLE --means sd`: can the differences in a paper's table be luck? There are no runs, only means."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from replab.commands.table_options import given, names, wanted_of
from replab.errors import ReplabError

if TYPE_CHECKING:
    from replab.judging.table_entries import Wanted


def judge_means(args: argparse.Namespace) -> int:
    """Compare every row with the baseline, or the best of each column with the second best, and write the report."""
    from replab.judging.table_comparisons import against_baseline, best_against_second
    from replab.judging.table_entries import Read
    from replab.judging.table_means import check_baseline, columns_of_means
    from replab.readers.paper_tables import read_table
    from replab.readers.upright_tables import upright, with_a_column_for_each_block
    from replab.report.table_of_means import TableOfMeans, write_table_of_means

    _check(args)
    [path], read = args.results, Read()
    wanted = wanted_of(args, path.stem)
    runs = _runs(wanted)
    table = upright(read_table(path, args.which, names(args.rows)))
    if not isinstance(runs, str):
        table = with_a_column_for_each_block(table)
    columns = columns_of_means(table, wanted, args.means, read)
    if args.baseline:
        check_baseline(columns, args.baseline, path.name)
    compared = against_baseline(columns, args.baseline) if args.baseline else best_against_second(columns)
    found = TableOfMeans(path.name, columns, compared, args.baseline, args.means, runs, read)
    write_table_of_means(found, args.output)
    print(*found.notes, sep="\n")
    print(found.answer)
    print(f"{args.output / 'report.md'}; for a browser: {args.output / 'index.html'}")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raises ReplabError for what a table of means has not, and for what must be said of it."""
    for option in given(args, args.of_runs):
        raise ReplabError(f"{option} is only for runs, and a table of means (--means) has none")
    if len(args.results) > 1:
        raise ReplabError("--means reads one table at a time")


def _runs(wanted: Wanted) -> int | str:
    """Of how many runs each number is a mean, or the column that says it. Raises ReplabError: not said, or one."""
    runs = wanted.runs_per_number
    if runs is None:
        raise ReplabError(
            "--means: of how many runs is each number the mean? Say --runs-per-number N, or name a column"
        )
    if runs == 1:
        raise ReplabError("--runs-per-number 1: say 2 or more, because one run has no spread")
    return runs
