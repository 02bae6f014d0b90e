"""`python -m replab.judging.check claims/003.yaml ...`: says what is wrong in claims files, or how much they hold.

Studies and variants are held against params.yaml, metrics against the records of the store.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from replab.errors import ReplabError
from replab.judging.claims_file import ClaimsFile
from replab.judging.loading import check_metrics, check_studies, load_claims
from replab.project import Project


def check_file(path: Path, project: Project) -> ClaimsFile:
    """The claims file, where nothing is wrong with it; else raises ReplabError."""
    file = load_claims(path)
    check_studies(file, {name: study.overrides() for name, study in project.params.studies.items()})
    studies = {reading.study for _, entry in file.entries() for reading in entry.readings}
    check_metrics(file, {study: _recorded(project, study) for study in studies & set(project.studies)})
    return file


def _recorded(project: Project, study: str) -> set[str]:
    """The metrics that the study's finished runs record."""
    records, _ = project.records(study)
    return {metric for record in records.values() for metric in record.get("metrics") or {}}


def said(file: ClaimsFile) -> str:
    """What the file holds, in a line."""
    parts = [part for _, entry in file.entries() for reading in entry.readings for part in reading.parts]
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(part.kind for part in parts).items())
    numbers = f"{len(file.statements)} statements, {len(file.hypotheses)} hypotheses, {len(file.untested)} untested"
    return f"{file.name}: {numbers}; parts: {kinds}"


def main(arguments: list[str]) -> int:
    """Check the files; 2 where one is wrong."""
    project, status = Project(Path("params.yaml"), "full"), 0
    for path in map(Path, arguments):
        try:
            print(said(check_file(path, project)))
        except ReplabError as error:
            print(f"error: {error}", file=sys.stderr)
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
