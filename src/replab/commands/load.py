"""`replab load`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from replab.commands.common import open_project
from replab.errors import ReplabError
from replab.project import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files."""
    parser.add_argument("files", nargs="+", type=Path, metavar="records.jsonl")


def run(args: argparse.Namespace) -> int:
    """Bring the records of committed `records.jsonl` files into the store."""
    project = open_project(args)
    count = sum(_load_records(project, path) for path in args.files)
    print(f"{count} records loaded")
    return 0


def _load_records(project: Project, path: Path) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise ReplabError(f"{path}: not a record: {error}") from error
        project.store.put({key: value for key, value in record.items() if key not in {"study", "variant"}})
    return len(lines)
