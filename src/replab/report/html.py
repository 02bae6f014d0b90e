"""index.html: a profile's claims, forest plots, curves, costs and provenance on one page that needs nothing else.

The page loads nothing: styles and script are inlined, and a content security policy forbids everything but these
two, by their hash. Everything that a report or a person wrote is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from replab.judging.scopes import VERDICTS, Scope
from replab.report.answers import MEANINGS, NO_VERDICTS, claims_sentence, counts_of, possible_verdicts, scope_of
from replab.report.page.claim_rows import claim_rows, commit_of
from replab.report.page.study_parts import study_part
from replab.report.study import StudyResult
from replab.report.tables import VERDICT_HEADINGS
from replab.report.wording import capitalized

SIGNS = {
    verdict: sign
    for scope in (Scope.CLAIMED, Scope.OTHER)
    for verdict, sign in zip(VERDICTS[scope], "✓◐✗?–", strict=True)
}
KIND_MEANINGS = {
    "level": "a variant reaches a number",
    "bound": "variants stay above or below a number",
    "ordering": "variants are better than others",
    "delta": "two variants differ by a number",
    "equal": "variants do not differ",
    "diverges": "the training of variants breaks down",
}


def profile_html(
    results: list[StudyResult], summaries: Mapping[str, pd.DataFrame], verdicts: Mapping[str, pd.DataFrame]
) -> str:
    """The page of a profile; `summaries` (`summary_frame`) and `verdicts` (`judge`) are by the study's name."""
    claims = [row for result in results for row in claim_rows(result, verdicts[result.name])]
    possible = possible_verdicts(results)
    return _render(
        profile=results[0].profile if results else "",
        scope=scope_of(results),
        verdict_heading=VERDICT_HEADINGS[scope_of(results)].capitalize(),
        mark=results[0].mark if results else "",
        answer=claims_sentence(pd.concat(verdicts.values()) if verdicts else NO_VERDICTS),
        meanings={verdict: MEANINGS[verdict] for verdict in possible},
        kinds={kind: KIND_MEANINGS[kind] for kind in sorted({claim["kind"] for claim in claims})},
        totals=_totals(claims, possible),
        reports=_reports(results, verdicts, possible),
        claims=claims,
        studies=[study_part(result, summaries[result.name], verdicts[result.name]) for result in results],
        runs=_runs(results),
    )


def _totals(claims: list[dict[str, Any]], possible: Iterable[str]) -> dict[str, int]:
    return {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in possible}


def _reports(
    results: list[StudyResult], verdicts: Mapping[str, pd.DataFrame], possible: list[str]
) -> list[dict[str, Any]]:
    """A dict a report: its claims by verdict, and those of each of its studies."""
    found: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        counts = {verdict: counts_of(verdicts[result.name])[verdict] for verdict in possible}
        study = {"name": result.name, "title": result.title, "counts": counts, "total": sum(counts.values())}
        found.setdefault(result.report, []).append(study)
    return [{"name": name, "studies": studies, **_summed(studies, possible)} for name, studies in sorted(found.items())]


def _summed(studies: list[dict[str, Any]], possible: list[str]) -> dict[str, Any]:
    counts = {verdict: sum(study["counts"][verdict] for study in studies) for verdict in possible}
    return {"counts": counts, "total": sum(counts.values())}


def _runs(results: list[StudyResult]) -> dict[str, Any]:
    """The runs that the page rests on, their seconds and commits; one that studies share counts once."""
    records = list({run["identity"]: run for result in results for _, _, run in result.runs()}.values())
    return {
        "train_seconds": sum(float((run.get("cost") or {}).get("train_seconds") or 0) for run in records),
        "done": sum(run["status"] == "done" for run in records),
        "diverged": sum(run["status"] == "diverged" for run in records),
        "missing": sum(len(result.missing) for result in results),
        "commits": sorted({commit_of(run) for run in records}),
    }


def duration(seconds: float) -> str:
    """`35 s`, `12 min` or `3.2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def share(count: int, total: int) -> float:
    """Percent, with two decimals."""
    return round(100 * count / total, 2) if total else 0.0


def _render(**context: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape

    loader = PackageLoader("replab.report", "templates/page")
    environment = Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    style, script = (loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
    breakable = {"breakable": lambda name: Markup(escape(name).replace("_", Markup("_<wbr>")))}
    environment.filters |= {"duration": duration, "lower_class": lower_class, "capitalized": capitalized} | breakable
    environment.globals |= {"share": share, "signs": SIGNS}
    files = {"style": Markup(style), "script": Markup(script)}
    hashes = {"style_hash": content_hash(style), "script_hash": content_hash(script)}
    return environment.get_template("index.html.j2").render(**context, **files, **hashes)


def lower_class(verdict: str) -> str:
    """A verdict as a CSS class."""
    return verdict.lower().replace(" ", "-")


def content_hash(text: str) -> str:
    """The source expression that allows an inline element with this content."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
