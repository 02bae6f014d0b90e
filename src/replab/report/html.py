"""index.html: what the reports say, statement by statement, and every study, on one page.

The page fetches nothing but the pictures in the studies' folders beside it: styles and script are inlined, and a
content security policy forbids everything else. Everything that a report or a person wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.report.page.document import page_text
from replab.report.page.statements_part import statements_part
from replab.report.page.study_parts import study_part
from replab.report.profile_pages import about, head_sentences, joined, joint_of
from replab.report.study import StudyResult
from replab.report.verdict_summary import counted

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement
    from replab.report.profile_pages import ReportPart


def profile_html(
    results: list[StudyResult],
    summaries: Mapping[str, pd.DataFrame],
    judgements: Mapping[str, Judgement],
    parts: list[ReportPart],
) -> str:
    """The page of a profile; `summaries` (`summary_frame`) and `judgements` are by study."""
    shown = statements_part(parts, results, judgements)
    return page_text(
        "index.html.j2",
        **about(results),
        answer=counted(shown["counts"]),
        head=head_sentences(joined(part.statements for part in parts), results, judgements),
        joint=joint_of(results, judgements),
        studies=[study_part(result, summaries[result.name], judgements[result.name]) for result in results],
        runs=_runs(results),
        **shown,
    )


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
