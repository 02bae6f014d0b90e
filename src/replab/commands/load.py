"""`replab load`: brings committed records into the store, so that nothing is trained twice."""

from __future__ import annotations

import argparse
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from replab.commands.common import open_project
from replab.errors import ReplabError
from replab.project import Project
from replab.store import LONGEST, record_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files."""
    parser.add_argument("files", nargs="+", type=Path, metavar="records.jsonl")


def run(args: argparse.Namespace) -> int:
    """Bring the records of committed `records.jsonl` files, compressed or not, into the store."""
    project = open_project(args)
    count = sum(_load_records(project, path) for path in args.files)
    print(f"{count} records loaded")
    return 0


def _load_records(project: Project, path: Path) -> int:
    count = 0
    for line in _lines(path):
        try:
            record = record_of(line)
        except ReplabError as error:
            raise ReplabError(f"{path}: {error}") from error
        project.store.put({key: value for key, value in record.items() if key not in {"study", "variant"}})
        count += 1
    return count


def _lines(path: Path) -> Iterator[str]:
    """The lines of a text file, one at a time, so that a compressed one cannot fill the memory."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            while line := file.readline(LONGEST + 2):
                yield line
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ReplabError(f"cannot read {path}: {error}") from error
