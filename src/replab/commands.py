"""What `replab` does, a function a command; each returns the exit status. torch is imported by `train` alone."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from pathlib import Path

from replab.errors import ReplabError
from replab.files import write_json, write_text
from replab.identity import job_params
from replab.params import select
from replab.project import Project, Run
from replab.spec import Params

STATES = ("done", "diverged", "running", "failed", "missing")


def open_project(args: argparse.Namespace) -> Project:
    """The project that the arguments name."""
    return Project(args.params, args.profile)


def _studies(project: Project, args: argparse.Namespace) -> list[str]:
    return [project.check_study(args.study)] if args.study else project.studies


def train(args: argparse.Namespace) -> int:
    """Train what is missing of a study's variants, and write which runs they have."""
    project = open_project(args)
    variants = select(project.variants(project.check_study(args.study)), args.variants)
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(args.threads)
    from replab.training.devices import one_device
    from replab.training.jobs import run_variants
    from replab.training.progress import Display

    display = Display(quiet=args.quiet)
    with one_device(project.store.root / "locks", args.threads), display.progress:
        index = run_variants(project, variants, display, args.accelerator)
    if args.output:
        write_json(args.output, {"profile": project.profile_name, "study": args.study, "runs": index})
    return 0


def status(args: argparse.Namespace) -> int:
    """List every variant with its seeds by state."""
    project = open_project(args)
    runs = project.runs(_studies(project, args))
    if args.json:
        print(json.dumps([_run_row(project, run) for run in runs], indent=1))
        return 0
    rows: list[tuple[str, ...]] = [("study", "variant", *STATES)]
    for study, variant in dict.fromkeys((run.variant.study, run.variant.name) for run in runs):
        counts = Counter(run.state for run in runs if (run.variant.study, run.variant.name) == (study, variant))
        rows.append((study, variant, *(str(counts[state] or "-") for state in STATES)))
    print(aligned(rows))
    return 0


def _run_row(project: Project, run: Run) -> dict[str, object]:
    return {
        "profile": project.profile_name,
        "study": run.variant.study,
        "variant": run.variant.name,
        "seed": run.seed,
        "identity": run.identity,
        "state": run.state,
        "reason": project.store.failure(run.identity) if run.state == "failed" else None,
    }


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows as columns of text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def plan(args: argparse.Namespace) -> int:
    """Say what the profile comes to: runs, and how many of them are still to be trained."""
    project = open_project(args)
    rows: list[tuple[str, ...]] = [("study", "variants", "seeds", "runs", "to train", "jobs")]
    for study in _studies(project, args):
        runs, variants = project.runs([study]), project.variants(study)
        todo = sum(run.state not in {"done", "diverged"} for run in runs)
        seeds = max(len(variant.seeds) for variant in variants)
        rows.append((study, *map(str, (len(variants), seeds, len(runs), todo, len(project.jobs(study))))))
    print(aligned(rows))
    return 0


def why(args: argparse.Namespace) -> int:
    """Say in a sentence why a variant would run, or that it would not."""
    from replab.explain import why_variant

    project = open_project(args)
    [variant] = select(project.variants(project.check_study(args.study)), [args.variant])
    print(why_variant(project, variant))
    return 0


def report(args: argparse.Namespace) -> int:
    """Write the report of one study, or of all and the page about them, from the store."""
    from replab.assemble import study_result
    from replab.report.write import write_profile, write_study

    project = open_project(args)
    folder = args.output / project.profile_name
    results = [study_result(project, study) for study in _studies(project, args)]
    for result in results if not args.index else ():
        write_study(result, folder / result.name)
    if not args.study:
        write_profile(results, folder)
    print(folder / "README.md" if not args.study else folder / args.study / "report.md")
    return 0


def seeds(args: argparse.Namespace) -> int:
    """List the claims that are not decided, and how many seeds each needs."""
    import pandas as pd

    from replab.assemble import study_result
    from replab.report.write import verdicts_of

    project = open_project(args)
    rows: list[tuple[str, ...]] = [("study", "claim", "verdict", "n", "seeds needed", "statement")]
    for study in _studies(project, args):
        frame = verdicts_of(study_result(project, study))
        open_claims = frame[(frame.part == "") & frame.verdict.isin(["INCONCLUSIVE", "DIRECTION ONLY", "NOT TESTED"])]
        for row in open_claims.to_dict("records"):
            needed = "unknown" if pd.isna(row["seeds_needed"]) else str(int(row["seeds_needed"]))
            rows.append((study, row["claim_id"], row["verdict"], str(row["n"]), needed, row["statement"]))
    print(aligned(rows))
    return 0


def schema(args: argparse.Namespace) -> int:
    """Write the JSON schema of params.yaml."""
    text = json.dumps(Params.model_json_schema(), indent=1, sort_keys=True) + "\n"
    write_text(args.output, text)
    return 0


def job(args: argparse.Namespace) -> int:
    """Print what a study's jobs depend on, as JSON."""
    project = open_project(args)
    print(json.dumps([job_params(variants) for variants in project.jobs(project.check_study(args.study))], indent=1))
    return 0


def load(args: argparse.Namespace) -> int:
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
