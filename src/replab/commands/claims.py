"""`replab claims`: drafts a claims file from a paper's table (`new`), or says what is wrong in one (`check`)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from replab.commands.common import open_project
from replab.commands.table_options import add_table_arguments, names, wanted_of
from replab.errors import ReplabError
from replab.files import write_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `new`: the table, and what it does not say itself. Of `check`: the files."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "draft a claims file from a paper's table: a statement for each number, an order for each bold number"
    new = actions.add_parser("new", help=text, description=text)
    add = new.add_argument
    add("table", type=Path, help="the table: a file named .csv, .md or .tex")
    add("--metric", action="append", default=[], metavar="[COLUMN=]METRIC",
        help="the metric of all columns, or of one; repeat for more (default: the columns' names)")  # fmt: skip
    add("--unit", action="append", default=[], help="METRIC=fraction or METRIC=percent; only fraction: all shares")
    add_table_arguments(new)
    add("--output", type=Path, help="the file to write (default: TABLE.yaml)")
    text = "say what is wrong in claims files, or how many statements they have; checks studies by params.yaml"
    check = actions.add_parser("check", help=text, description=text)
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a claims file")


def run(args: argparse.Namespace) -> int:
    """Draft a claims file from a paper's table, or say what is wrong in one."""
    return _new(args) if args.action == "new" else _check_files(args)


def _check_files(args: argparse.Namespace) -> int:
    """2 where a file is wrong; without params.yaml a file is checked alone."""
    from replab.judging.check import check_file, said, unedited

    project, status = open_project(args) if args.params.exists() else None, 0
    for path in args.files:
        try:
            print(said(path, check_file(path, project)), *unedited(path), sep="\n")
        except ReplabError as error:
            print(f"replab: {error}", file=sys.stderr)
            status = 2
    if project is None:
        print(f"There is no {args.params}: studies, variants and metrics were not checked.")
    return status


def _new(args: argparse.Namespace) -> int:
    from replab.judging.claims_draft import draft_of
    from replab.judging.loading import load_claims
    from replab.judging.words import count
    from replab.readers.paper_tables import read_table
    from replab.readers.upright_tables import upright

    output = args.output or Path(args.table.with_suffix(".yaml").name)
    _check(args, output)
    wanted = wanted_of(args, output.stem)
    draft = draft_of(upright(read_table(args.table, args.which, names(args.rows))), wanted)
    write_text(output, draft.text)
    try:
        load_claims(output)
    except ReplabError:
        output.unlink()
        raise
    for line in [*draft.notes, *(f"Skipped: {line}" for line in draft.skipped)]:
        print(line)
    print(f"Wrote {output}: {count(draft.numbers, 'number')}, {count(draft.orders, 'order')}. Edit it, then")
    print(f"  replab judge RESULTS --claims {output}")
    return 0


def _check(args: argparse.Namespace, output: Path) -> None:
    if output.suffix not in (".yaml", ".yml"):
        raise ReplabError(f"--output {output}: the name of a claims file must end in .yaml")
    if output.exists():
        raise ReplabError(f"{output} exists already: nothing is written")
