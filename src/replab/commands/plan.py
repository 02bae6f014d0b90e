"""`replab plan`: what would run, and what it costs on this machine."""

from __future__ import annotations

import argparse

from replab.commands.common import add_study, aligned, count_of, duration, open_project, size, studies_asked
from replab.forecasting.costs import costs_here
from replab.forecasting.forecast import Forecast, Part, calibrate, data_bytes, data_to_get, forecast, jobs_of, priced
from replab.project import Project

HEADER = ("study", "variants", "seeds", "runs", "to train", "jobs", "time", "memory", "disk", "known from")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study, on what."""
    add_study(parser)
    parser.add_argument("--cores", default="2", help="jobs at a time (default: 2)")
    parser.add_argument("--threads", default="1", help="processor threads for each job (default: 1)")


def run(args: argparse.Namespace) -> int:
    """Say how many runs a profile has, and what the missing runs cost on this machine."""
    from replab.forecasting.designs import too_few_seeds

    project = open_project(args)
    cores, threads = count_of(args.cores, "--cores"), count_of(args.threads, "--threads")
    studies, costs = studies_asked(project, args), costs_here(project.store.records(), threads)
    data_text = _data_text(project, studies)
    todo = {study: jobs_of(project, study) for study in studies}
    unfinished = [variant for each in todo.values() for job in each for variant, number in job if number]
    calibrate(project, costs, unfinished, threads)
    jobs = {study: priced(each, costs) for study, each in todo.items()}
    rows: list[tuple[str, ...]] = [HEADER]
    rows += [_row(project, study, jobs[study], cores) for study in studies]
    if len(studies) > 1:
        together = [job for study in studies for job in jobs[study]]
        rows.append(("together", "", "", *_numbers(forecast(project, together, cores))))
    print(aligned(rows))
    for line in too_few_seeds(project, studies):
        print(line)
    each = f"{threads} thread{'' if threads == 1 else 's'} each"
    print(f"{cores} jobs at a time with {each}.{data_text}")
    return 0


def _row(project: Project, study: str, jobs: list[list[Part]], cores: int) -> tuple[str, ...]:
    seeds = sorted({len(part.variant.seeds) for job in jobs for part in job})
    shown = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]}-{seeds[-1]}"
    return study, str(sum(map(len, jobs))), shown, *_numbers(forecast(project, jobs, cores))


def _numbers(found: Forecast) -> tuple[str, ...]:
    counts = (str(found.runs), str(found.todo), str(found.jobs))
    if not found.todo:
        return (*counts, "-", "-", "-", "")
    return (*counts, duration(found.seconds), size(found.memory_bytes), size(found.disk_bytes), found.basis)


def _data_text(project: Project, studies: list[str]) -> str:
    """What there is to fetch, and what it takes on disk."""
    lacking = data_to_get(project, project.data_sets(studies))
    if not lacking:
        return ""
    fetched, kept = sum(lacking.values()), sum(data_bytes(name) for name in lacking)
    return f" Data to prepare: {', '.join(lacking)} ({size(fetched)} to fetch, {size(kept)} on disk)."
