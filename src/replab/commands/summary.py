"""`replab summary`: what was claimed and what holds, in a few lines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from replab.commands.common import open_project
from replab.errors import ReplabError
from replab.judging.verdict_names import (
    CONTRADICTED,
    DEPENDS_ON_SEED,
    DOES_NOT_GENERALISE,
    GENERALISES,
    INCONCLUSIVE,
    REPLICATED,
)

SHOWN = 4  # statements, of as many verdicts
TOLD_FIRST = [REPLICATED, DEPENDS_ON_SEED, CONTRADICTED, INCONCLUSIVE, GENERALISES, DOES_NOT_GENERALISE]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the reports are."""
    parser.add_argument("--output", type=Path, default=Path("results"), help="the folder of reports (default: results)")


def run(args: argparse.Namespace) -> int:
    """Say in a few lines what was claimed, what holds, and where the page is, from the existing reports."""
    tell(args.output / open_project(args).profile_name)
    return 0


def tell(folder: Path) -> None:
    """Print the summary of a profile's folder of reports. Raises ReplabError where it has none."""
    import pandas as pd

    from replab.report.verdict_summary import STATEMENT, counted, counts_of

    files = sorted(folder.glob("*/statements.csv"))
    if not files:
        raise ReplabError(f"{folder} has no reports: run make, or replab report")
    rows = pd.concat([pd.read_csv(path, keep_default_na=False) for path in files])
    statements = rows[rows["role"] == STATEMENT]
    print(counted(counts_of(statements["verdict"])))
    for row in examples(statements.to_dict("records")):
        print(f"  {row['verdict']:<20} {row['sentence']} {row['found']}")
    print(f"All of them, with pictures: {folder}/index.html; as text: {folder}/README.md")


def examples(statements: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Of each verdict the statement that is said in the fewest words, of at most SHOWN verdicts."""
    ordered = sorted(statements, key=lambda row: len(row["sentence"]) + len(row["found"]))
    first = {verdict: next((row for row in ordered if row["verdict"] == verdict), None) for verdict in TOLD_FIRST}
    return [row for row in first.values() if row is not None][:SHOWN]
