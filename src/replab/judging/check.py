"""Says what is wrong in a claims file, or how much it holds (`replab claims check`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from replab.judging.claims_file import ClaimsFile
from replab.judging.loading import check_metrics, check_studies, load_claims
from replab.judging.metrics_by_data import with_metrics_by_data
from replab.judging.words import count

if TYPE_CHECKING:
    from replab.project import Project


def check_file(path: Path, project: Project | None) -> ClaimsFile:
    """The claims file, where nothing is wrong with it; else raises ReplabError.

    Of a project, its studies and variants are held against params.yaml, its metrics against the records of the store.
    """
    file = load_claims(path)
    if project is None:
        return file
    check_studies(file, {name: study.overrides() for name, study in project.params.studies.items()})
    studies = {reading.study for _, entry in file.entries() for reading in entry.readings}
    check_metrics(file, {study: _recorded(project, study) for study in studies & set(project.studies)})
    return file


def _recorded(project: Project, study: str) -> set[str]:
    """The metrics that the study's finished runs record."""
    records, _ = project.records(study)
    return {metric for record in records.values() for metric in with_metrics_by_data(record).get("metrics") or {}}


def said(path: Path, file: ClaimsFile) -> str:
    """What the file holds, in a line."""
    parts = [part for _, entry in file.entries() for reading in entry.readings for part in reading.parts]
    kinds = ", ".join(f"{number} {kind}" for kind, number in Counter(part.kind for part in parts).items())
    numbers = f"{count(len(file.statements), 'statement')}, {count(len(file.hypotheses), 'question')} of one's own"
    return f"{path}: {numbers}, {len(file.untested)} untested; parts: {kinds}"


def unedited(path: Path) -> list[str]:
    """A line where a drafted claims file still says EDIT: a person has to say what it means, and how near is near."""
    lines = path.read_text(encoding="utf-8").splitlines()
    left = sum("EDIT" in line for line in lines if not line.lstrip().startswith("#"))
    if not left:
        return []
    return [f"{path.name}: {count(left, 'line')} still {'says' if left == 1 else 'say'} EDIT, as drafted from a table."]
