"""`replab status`: how many runs of each variant are done, running, failed or missing."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import TYPE_CHECKING

from replab.commands.common import add_study, aligned, open_project, studies_asked, tell_unprepared

if TYPE_CHECKING:
    from replab.project import Project, Run

STATES = ("done", "diverged", "running", "failed", "missing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study, and in which form."""
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="write JSON for programs, with a row for each run")


def run(args: argparse.Namespace) -> int:
    """List every variant with its seeds by state."""
    project = open_project(args)
    runs = project.runs(studies_asked(project, args))
    if args.json:
        print(json.dumps([_run_row(project, run) for run in runs], indent=1))
        return 0
    rows: list[tuple[str, ...]] = [("study", "variant", *STATES)]
    states: dict[tuple[str, str], Counter[str]] = {}
    for run in runs:
        states.setdefault((run.variant.study, run.variant.name), Counter())[run.state] += 1
    for (study, variant), counts in states.items():
        rows.append((study, variant, *(str(counts[state] or "-") for state in STATES)))
    print(aligned(rows))
    tell_unprepared(project, studies_asked(project, args))
    return 0


def _run_row(project: Project, run: Run) -> dict[str, object]:
    return {
        "profile": project.profile_name,
        "study": run.variant.study,
        "variant": run.variant.name,
        "seed": run.seed,
        "identity": run.identity,
        "state": run.state,
        "reason": project.store.failure(run.identity) if run.identity and run.state == "failed" else None,
    }
