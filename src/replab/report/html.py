"""index.html: what the reports say, statement by statement, and every study, on one page.

The page fetches nothing but the pictures in the studies' folders beside it: styles and script are inlined, and a
content security policy forbids everything else. Everything that a report or a person wrote is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.judging.claims_file import ClaimsFile
from replab.judging.words import capital
from replab.report.page.statement_rows import rows_of_reports
from replab.report.page.study_parts import study_part
from replab.report.profile_pages import ReportPart, report_parts
from replab.report.study import StudyResult
from replab.report.verdict_summary import MEANINGS, counted, counts_of, scope_of

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement

SIGNS = dict(zip(MEANINGS, "✓✗✓✗◐?≁–✓✗?", strict=True))


def profile_html(
    results: list[StudyResult],
    summaries: Mapping[str, pd.DataFrame],
    judgements: Mapping[str, Judgement],
    files: Mapping[str, ClaimsFile],
) -> str:
    """The page of a profile; `summaries` (`summary_frame`) and `judgements` are by study, `files` by report."""
    parts = report_parts(results, judgements, files)
    counts = counts_of(_verdicts(parts, "statements"))
    asked = counts_of(_verdicts(parts, "questions"))
    return _render(
        profile=results[0].profile if results else "",
        scope=scope_of(results),
        watermark=results[0].watermark if results else "",
        answer=counted(counts),
        counts=counts,
        asked=asked,
        meanings={verdict: MEANINGS[verdict] for verdict in MEANINGS if verdict in counts or verdict in asked},
        reports=rows_of_reports(parts, results, judgements),
        studies=[study_part(result, summaries[result.name], judgements[result.name]) for result in results],
        runs=_runs(results),
    )


def _verdicts(parts: list[ReportPart], which: str) -> pd.Series:
    columns = [getattr(part, which)["verdict"] for part in parts]
    return pd.concat(columns) if columns else pd.Series(dtype=str)


def _runs(results: list[StudyResult]) -> dict[str, Any]:
    """The runs that the page rests on, their seconds and commits; one that studies share counts once."""
    records = list({run["identity"]: run for result in results for _, _, run in result.runs()}.values())
    commits = {str((run.get("environment") or {}).get("commit") or "")[:12] for run in records}
    return {
        "train_seconds": sum(float((run.get("cost") or {}).get("train_seconds") or 0) for run in records),
        "done": sum(run["status"] == "done" for run in records),
        "diverged": sum(run["status"] == "diverged" for run in records),
        "missing": sum(len(result.missing) for result in results),
        "commits": sorted(commits - {""}),
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
    environment.filters |= {"duration": duration, "lower_class": lower_class, "capitalized": capital} | breakable
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
