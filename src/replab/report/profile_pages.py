"""README.md of a profile: which statements of each report hold, one after the other; the studies come last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.judging.judgement import PRINTED_COLUMNS
from replab.judging.verdict_names import NOT_TESTED, DataScope
from replab.report import background_tables, marks, profile_head, verdict_summary
from replab.report.frames import as_rows
from replab.report.joint_table import Joint, joint
from replab.report.markdown import render
from replab.report.markdown_text import code, escaped, table
from replab.report.study import StudyResult
from replab.report.verdict_summary import HYPOTHESIS, MEANINGS, STATEMENT, counted, counts_of, of_role

if TYPE_CHECKING:
    from replab.judging.claims_file import ClaimsFile
    from replab.judging.judgement import Judgement

COLUMNS = ["id", "role", "report", "study", "sentence", "verdict", "found"]


@dataclass(frozen=True)
class ReportPart:
    """What a profile shows of one report; `statements` has COLUMNS, with what no study tests at its end.

    known: what was known of the runs when its claims were written. other_data: the profiles, with a page beside this
    one, that ask whether its statements hold on other data.
    """

    name: str
    title: str
    known: str
    statements: pd.DataFrame
    questions: pd.DataFrame
    other_data: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Its statements by verdict."""
        return counts_of(self.statements["verdict"])


def report_parts(
    results: list[StudyResult],
    judgements: Mapping[str, Judgement],
    files: Mapping[str, ClaimsFile],
    other_data: Mapping[str, tuple[str, ...]],
) -> list[ReportPart]:
    """A part a report that the studies are about, by its number; `judgements` are by the study's name.

    `other_data`: report -> the profiles that ask the same on other data.

    What no study tests is listed where the profile has every study that tests a statement of the report.
    """
    rows = joined(judgements[result.name].statements for result in results)
    whole, names = verdict_summary.scope_of(results) == DataScope.ORIGINAL, {result.name for result in results}
    found = []
    for name in sorted({result.report for result in results}):
        file, own = files.get(name), rows[rows["report"] == name]
        left = _untested(file) if file and whole and file.studies_of_statements() <= names else []
        columns = list(dict.fromkeys([*COLUMNS, *rows.columns]))
        statements = pd.DataFrame([*as_rows(of_role(own, STATEMENT)), *left], columns=columns)
        said = (file.title, file.known) if file else ("", "")
        found.append(ReportPart(name, *said, statements, of_role(own, HYPOTHESIS), other_data.get(name, ())))
    return found


def _untested(file: ClaimsFile) -> list[dict[str, Any]]:
    """What the report says and no study tests, as statements that are not tested, for the reason given."""
    shared = {"role": STATEMENT, "report": file.report, "study": "", "verdict": NOT_TESTED}
    return [
        shared | {"id": entry.id, "sentence": entry.sentence, "quote": entry.quote, "place": entry.place}
        | {"found": "", "why": entry.reason, "translation": "", "read_as": "", "note": ""}
        | {"other_readings": "", "elsewhere": "", "after_results": "", "needs_no_run": ""}
        for entry in file.untested
    ]  # fmt: skip


def profile_page(results: list[StudyResult], judgements: Mapping[str, Judgement], reports: list[ReportPart]) -> str:
    """The page of a profile."""
    whole, questions = joined(part.statements for part in reports), joined(part.questions for part in reports)
    return render(
        "README.md.j2",
        **about(results),
        judged=len(whole) + len(questions) > 0,
        headline=counted(counts_of(whole["verdict"])),
        head=head_sentences(whole, results, judgements),
        joint=joint_of(results, judgements),
        made_with=background_tables.made_with(run for result in results for _, _, run in result.runs()),
        counts=counts_table(reports, about(results)["watermark"]),
        meanings=verdict_summary.meanings_in(whole["verdict"]),
        reports=[
            {
                "name": part.name,
                "title": part.title,
                "known": part.known,
                "other_data": [f"[{escaped(name)}](../{name}/README.md)" for name in part.other_data],
                "headline": counted(part.counts),
                "statements": _statements(part.statements, "what the report says"),
                "legend": marks.legend(part.statements),
                "questions": _statements(part.questions, "what we asked"),
            }
            for part in reports
        ],
        question_meanings=verdict_summary.meanings_in(questions["verdict"]),
        studies=_studies(results),
    )


def about(results: list[StudyResult]) -> dict[str, str]:
    """What the pages of a profile say of it: its name, its scope, and the watermark of its headings."""
    first = {"profile": results[0].profile, "watermark": results[0].watermark} if results else {}
    return {"profile": "", "watermark": "", "scope": verdict_summary.scope_of(results)} | first


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The statements or the questions of all reports."""
    found = list(tables)
    return pd.concat(found) if found else pd.DataFrame(columns=COLUMNS)


def head_sentences(
    statements: pd.DataFrame, results: list[StudyResult], judgements: Mapping[str, Judgement]
) -> list[str]:
    """Of what kind the statements that hold are, and how many have a mark; each where there is one."""
    tables = [judgements[result.name].parts for result in results]
    division = profile_head.division_sentence(statements, pd.concat(tables)) if tables else ""
    return [*filter(None, [division]), *marks.counted_marks(statements)]


def joint_of(results: list[StudyResult], judgements: Mapping[str, Judgement]) -> Joint:
    """What the printed numbers of the profile come to together."""
    tables = [own for result in results if len(own := judgements[result.name].printed)]
    return joint(pd.concat(tables) if tables else pd.DataFrame(columns=PRINTED_COLUMNS))


def counts_table(reports: list[ReportPart], watermark: str) -> str:
    """A row for each report: its statements by verdict, a column for each verdict that occurs.

    A report's name links to its heading, in which the watermark stands.
    """
    ending = f"-{watermark.replace(' ', '-').lower()}" if watermark else ""
    occurring = [verdict for verdict in MEANINGS if any(verdict in part.counts for part in reports)]
    rows = [
        [
            f"[Report {escaped(part.name)}](#report-{part.name}{ending})"
            + (f": {escaped(part.title)}" if part.title else ""),
            str(len(part.statements)),
            *(str(part.counts.get(verdict, 0)) for verdict in occurring),
        ]
        for part in reports
    ]
    return table(["", "statements", *occurring], rows, right=" r" + "r" * len(occurring)) if rows else ""


def _statements(statements: pd.DataFrame, heading: str) -> str:
    rows = [
        [
            escaped(row["sentence"]),
            f"**{row['verdict']}**{marks.marks(row)}",
            escaped(gist(row)),
            f"[{escaped(row['study'])}]({row['study']}/report.md)" if row["study"] else "none",
        ]
        for row in as_rows(statements)
    ]
    return table([heading, "verdict", "what we found", "study"], rows) if rows else ""


def gist(row: Mapping[str, Any]) -> str:
    """What was found in a sentence; without a run, why there is none."""
    without = row["verdict"] == NOT_TESTED and not (row.get("n") or 0) > 0
    return str(row["why"] if without or not row["found"] else row["found"])


def _studies(results: list[StudyResult]) -> str:
    rows = [
        [
            f"[{escaped(result.title)}]({result.name}/report.md) {code(result.name)}",
            escaped(result.report),
            str(len(result.variants)),
            verdict_summary.seeds_text(result),
            verdict_summary.finished_text(result),
        ]
        for result in results
    ]
    return table(["study", "report", "variants", "seeds", "runs finished"], rows, right="  rrr") if rows else ""
