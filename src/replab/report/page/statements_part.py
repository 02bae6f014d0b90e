"""What a page needs to show statements, to count them and to filter them: the context of `statements.html.j2`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.report.page.statement_rows import rows_of_reports
from replab.report.profile_pages import ReportPart
from replab.report.study import StudyResult
from replab.report.verdict_summary import MEANINGS, counts_of

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement


def statements_part(
    parts: list[ReportPart], results: list[StudyResult], judgements: Mapping[str, Judgement]
) -> dict[str, Any]:
    """`counts` and `asked`: the statements and the questions by verdict; `meanings` of these verdicts; `reports`."""
    counts = counts_of(_verdicts(parts, "statements"))
    asked = counts_of(_verdicts(parts, "questions"))
    return {
        "counts": counts,
        "asked": asked,
        "meanings": {verdict: MEANINGS[verdict] for verdict in MEANINGS if verdict in counts or verdict in asked},
        "reports": rows_of_reports(parts, results, judgements),
    }


def _verdicts(parts: list[ReportPart], which: str) -> pd.Series:
    columns = [getattr(part, which)["verdict"] for part in parts]
    return pd.concat(columns) if columns else pd.Series(dtype=str)
