"""Puts together all that the report of a study needs: its records from the store, its claims, data and findings."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from replab import data
from replab.errors import ReplabError
from replab.files import flat
from replab.judging.claims_entries import Setting
from replab.judging.claims_file import ClaimsFile
from replab.judging.loading import check_studies, load_claims
from replab.judging.questions import StudyClaims, claims_about
from replab.params import Variant
from replab.project import Project
from replab.report.study import StudyResult

CLAIMS = Path("claims")


def _claims_file(project: Project, study: str) -> ClaimsFile | None:
    path = CLAIMS / f"{project.params.studies[study].report}.yaml"
    return load_claims(path) if path.exists() else None


def claims_of(project: Project, study: str) -> StudyClaims:
    """What a report says about a study. Raises ReplabError where it names what does not exist."""
    claims = _claims_file(project, study)
    if claims is None:
        return StudyClaims(project.params.studies[study].report, study)
    check_studies(claims, {name: other.overrides() for name, other in project.params.studies.items()})
    return claims_about(claims, study)


def claims_files(project: Project) -> dict[str, ClaimsFile]:
    """report -> its claims file, for the reports of the project's studies that have one."""
    files = {project.params.studies[study].report: _claims_file(project, study) for study in project.studies}
    return {report: file for report, file in files.items() if file}


def read_beforehand() -> None:
    """Read all claims, and the template and source of reports now, for copies of this process; a wrong file later."""
    from replab.report.figures import DRAWING
    from replab.report.kept_pictures import read_sources
    from replab.report.markdown import template

    template("report.md.j2")
    read_sources(DRAWING)
    for path in CLAIMS.glob("*.yaml"):
        with contextlib.suppress(ReplabError):
            load_claims(path)


def study_result(project: Project, name: str) -> StudyResult:
    """Everything that the report on a study says; a run counts only under the identity that it has now."""
    study, variants = project.params.studies[name], project.variants(name)
    records, missing = project.records(name)
    return StudyResult(
        name=name,
        profile=project.profile_name,
        scope=project.profile.scope,
        report=study.report,
        title=study.title,
        question=study.question,
        settings=_settings(project, name, variants),
        variants=[variant.name for variant in variants],
        differences={variant.name: variant.differences for variant in variants},
        records=records,
        missing=missing,
        claims=claims_of(project, name),
        primary=list(study.metrics),
        baseline=study.baseline,
        axes=tuple(study.axes),
        interim_analyses=project.interim_analyses(name),
        data=_manifests(project, variants),
        weights_of=project.store.weights if study.keep_weights else None,
        pictures=project.store.pictures(project.profile_name, name),
        notes=_notes(project, name),
        unseen=list(dict.fromkeys(text for v in variants for text in v.runner.unseen(v.spec))),
    )


def _notes(project: Project, study: str) -> str:
    """What a person found in the study's runs."""
    notes = project.findings(study)
    return notes.read_text(encoding="utf-8") if notes and notes.exists() else ""


def _settings(project: Project, study: str, variants: list[Variant]) -> list[dict[str, Any]]:
    """The base as it runs, each setting with the provenance that the claims file gives it, where it has that value."""
    claims = _claims_file(project, study)
    known = claims.protocol if claims else []
    base = flat(variants[0].spec) if variants else {}
    varied = {key for variant in variants for key in flat(variant.differences)}
    rows = []
    for key, value in base.items():
        shown = "varies" if key in varied else value
        if shown not in (None, []):
            of_key = [setting for setting in known if setting.setting == key]
            rows.append({"setting": key, "value": shown, "mark": _mark(of_key, value, key in varied)})
    return rows


def _mark(known: list[Setting], value: Any, varies: bool) -> str:
    """Where the value of a setting comes from; "" where the settings that are known of its key have others.

    Lists, and texts of several settings ("784-128-10, init std 0.01"), are not compared.
    """
    alike = (setting.mark for setting in known if varies or isinstance(value, list) or _same(setting.value, value))
    return next(alike, "")


def _same(first: Any, second: Any) -> bool:
    try:
        return float(first) == float(second)
    except (TypeError, ValueError):
        return str(first).lower() == str(second).lower()


def _manifests(project: Project, variants: list[Variant]) -> list[dict[str, Any]]:
    found = []
    for name in dict.fromkeys(name for variant in variants for name in variant.runner.data_sets(variant.spec)):
        with contextlib.suppress(ReplabError):  # not prepared: the report lists the runs as missing, for that reason
            found.append(data.manifest(name, project.data_root))
    return found
