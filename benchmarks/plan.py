"""What `replab plan` says against what then happens, study by study: `benchmarks/plan.md`.

Every study of a profile is planned on an empty store (so by calibration), trained job by job, and planned again by
what its records tell about the other studies' runs: a study's own records are left out. Data must be prepared.
Run: `python benchmarks/plan.py [--profile full] [STUDY...]`; minutes for the profile `sample`.
With `--recorded` nothing is trained: what happened is what the store's records say.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from replab.files import write_text
from replab.forecasting.costs import Costs, costs_here
from replab.forecasting.forecast import calibrate, forecast, jobs_of, priced
from replab.project import Project
from replab.store import Store

ABOUT = """\
# The plan, and what happened

Profile `{profile}`, one job at a time on one thread. Seconds count from the start of a job's process to its end. The
first plan uses an empty store (a calibration of a few seconds). The second uses the records of the other studies, if
they have similar runs. `benchmarks/plan.py` writes this page.

"""

RECORDED = """\
# The plan, and what happened

Profile `{profile}`: seconds of training of all runs of a study. The plan uses an empty store and a calibration of a few
seconds for each kind of run. The seconds that it is compared with come from the records in the store. The machine also
did other work then. `benchmarks/plan.py --recorded` writes this page.

"""


def calibrated(project: Project, study: str) -> Costs:
    """What a calibration tells about a study's runs."""
    costs = Costs([], "cpu")
    calibrate(project, costs, project.variants(study), threads=1)
    return costs


def seconds(project: Project, study: str, costs: Costs) -> float | None:
    """The forecast for all of a study's runs, one job at a time."""
    with tempfile.TemporaryDirectory() as empty:
        project.store = Store(Path(empty))
        return forecast(project, priced(jobs_of(project, study), costs), cores=1).seconds


def train(project: Project, study: str, store: Path) -> float:
    """Train a study into its own store; the seconds that this takes."""
    started = time.perf_counter()
    for job in project.jobs(study):
        names = [variant.name for variant in job]
        command = [sys.executable, "-W", "ignore", "-m", "replab", "--profile", project.profile_name, "train", study]
        subprocess.run([*command, *names, "--quiet"], check=True, env=os.environ | {"REPLAB_STORE": str(store)})
    return time.perf_counter() - started


def text(value: float | None, actual: float) -> list[str]:
    """Seconds, and their ratio to what happened."""
    return ["", ""] if value is None else [f"{value:.0f}", f"{value / actual:.2f}"]


def recorded(project: Project, studies: list[str]) -> list[str]:
    """A row a study with records: seconds of training, those planned by calibration alone, and their ratio."""
    rows = []
    for study in studies:
        records, _ = project.records(study)
        actual = sum(record["cost"]["train_seconds"] for record in records.values())
        costs = calibrated(project, study)
        each = {variant.name: costs.of(variant).seconds for variant in project.variants(study)}
        planned = sum(each[name] or 0.0 for name, _ in records)
        rows += (
            [f"| {study} | {len(records)} | {actual:.0f} | {' | '.join(text(planned, actual))} |"] if records else []
        )
    return rows


def trained(project: Project, studies: list[str]) -> list[str]:
    """A row a study: it is planned, trained, and planned again from the records of the others."""
    planned, actual, rows = {}, {}, []
    with tempfile.TemporaryDirectory() as folder:
        for study in studies:
            planned[study] = seconds(project, study, calibrated(project, study))
            actual[study] = train(project, study, Path(folder) / study)
        for study in studies:
            records = [r for other in studies if other != study for r in Store(Path(folder) / other).records()]
            again = seconds(project, study, costs_here(records, threads=1))
            cells = [f"{actual[study]:.0f}", *text(planned[study], actual[study]), *text(again, actual[study])]
            rows.append(f"| {study} | {' | '.join(cells)} |")
    return rows


def main() -> None:
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="*")
    parser.add_argument("--profile", default="sample")
    parser.add_argument("--recorded", action="store_true")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    args = parser.parse_args()
    project = Project(Path("params.yaml"), args.profile)
    studies = args.studies or project.studies
    if args.recorded:
        header, rows = "| study | runs | seconds | planned by calibration | ratio |", recorded(project, studies)
    else:
        header = "| study | seconds | planned by calibration | ratio | planned from other studies | ratio |"
        rows = trained(project, studies)
    rules = "|---" + "|--:" * (header.count("|") - 2) + "|"
    table = "\n".join([header, rules, *rows])
    write_text(args.output, (RECORDED if args.recorded else ABOUT).format(profile=args.profile) + table + "\n")
    print(table)


if __name__ == "__main__":
    main()
