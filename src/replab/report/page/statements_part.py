"""What a page needs to show statements, to count them and to filter them: the context of `statements.html.j2`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from replab.report.page.statement_rows import rows_of_reports
from replab.report.profile_pages import ReportPart, joined
from replab.report.study import StudyResult
from replab.report.verdict_summary import MEANINGS, counts_of

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement


def statements_part(
    parts: list[ReportPart], results: list[StudyResult], judgements: Mapping[str, Judgement]
) -> dict[str, Any]:
    """`counts` and `asked`: the statements and the questions by verdict; `meanings` of these verdicts; `reports`."""
    counts = counts_of(joined(part.statements for part in parts)["verdict"])
    asked = counts_of(joined(part.questions for part in parts)["verdict"])
    return {
        "counts": counts,
        "asked": asked,
        "meanings": {verdict: words for verdict, words in MEANINGS.items() if verdict in counts or verdict in asked},
        "reports": rows_of_reports(parts, results, judgements),
    }
