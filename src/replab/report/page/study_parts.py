"""What the page has of each study: its answer, tables and pictures, and the tables behind them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.judging.words import count
from replab.report import background_tables, tables, verdict_summary
from replab.report.extra_tables import extra_tables
from replab.report.figures import drawings, picture_words
from replab.report.findings import answer_and_findings
from replab.report.frames import as_rows
from replab.report.markdown_text import escaped
from replab.report.page.rendered import inline, rendered
from replab.report.study import StudyResult
from replab.report.verdict_summary import STATEMENT, of_role

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement

Part = dict[str, Any]


def study_part(result: StudyResult, summary: pd.DataFrame, judgement: Judgement) -> Part:
    """Everything about a study but its statements' words, for the template."""
    lead, findings = answer_and_findings(result.notes, summary, judgement)
    main = tables.main_tables(result, summary, tables.main_metrics(result, summary))
    return {
        "name": result.name,
        "records_file": result.records_file,
        "title": result.title,
        "question": result.question,
        "report": result.report,
        "counts": verdict_summary.counts_of(of_role(judgement.statements, STATEMENT)["verdict"]),
        "statements": as_rows(judgement.statements),
        "answer": inline(f"{lead} {escaped(verdict_summary.summary_sentences(result, judgement))}".strip()),
        "findings": rendered(findings, "finding", under=3) if findings else "",
        "tables": [rendered(table, "every variant") for table in main],
        "pictures": pictures(result, summary, judgement),
        "background": background(result, summary),
        "finished": verdict_summary.runs_text(result),
        "seeds": verdict_summary.seeds_words(result),
        "variants": count(len(result.variants), "variant"),
        "missing": missing_reasons(result),
        "has_runs": bool(result.records),
    }


def pictures(result: StudyResult, summary: pd.DataFrame, judgement: Judgement) -> list[Part]:
    """The study's pictures, as files in its folder; what a report says comes first, as on its own page."""
    found = []
    for name in drawings(result, summary, judgement):
        kind, file = name.partition("_")[0], f"{result.name}/figures/{name}.svg"
        found.append({"title": picture_words(name), "kind": kind, "file": file})
    return found


def background(result: StudyResult, summary: pd.DataFrame) -> dict[str, Any]:
    """Heading -> the table behind the results, as in the markdown; empty ones are left out."""
    lost = len(result.missing) + sum(run["status"] == "diverged" for _, _, run in result.runs())
    lost += len(tables.unmeasured(result))
    found = {f"What diverged or did not run ({lost:,})": tables.lost_table(result)}
    found |= {extra.title: f"{text}\n\n{extra.note}" for extra, text in extra_tables(result, summary)}
    found |= {
        "Settings and where each comes from": _settings(result) if result.settings else "",
        "Data and checksums": background_tables.data_tables(result),
        "Code: file and line of each component": background_tables.code_table(result) if result.records else "",
        "Environment of the runs": background_tables.environment_table(result) if result.records else "",
    }
    return {title: rendered(text, title) for title, text in found.items() if text}


def _settings(result: StudyResult) -> str:
    return f"{background_tables.settings_table(result)}\n\n{background_tables.provenance_legend(result)}"


def missing_reasons(result: StudyResult) -> dict[str, int]:
    """Why runs are missing -> how many, the most frequent reason first."""
    found = Counter(reason for *_, reason in result.missing)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
