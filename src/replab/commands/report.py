"""`replab report`: writes the reports from the records."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from replab.commands.common import add_study, open_project, studies_asked, tell_unprepared
from replab.data_scope import DataScope

if TYPE_CHECKING:
    from replab.project import Project
    from replab.report.study import StudyResult

REMEDY = "units: {{{}: fraction}} in the study's `run`, and train again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study, and where to."""
    add_study(parser)
    parser.add_argument(
        "--output", type=Path, default=Path("results"), help="the folder to write to (default: results)"
    )
    help = "the claims and the runs of this metric have the same unit"
    parser.add_argument("--units-agree", action="append", default=[], metavar="METRIC", help=help)
    parser.add_argument("--latex", action="store_true", help="also write the verdicts as a LaTeX table, statements.tex")
    parser.add_argument("--index", action="store_true", help="write only the page about all studies")


def run(args: argparse.Namespace) -> int:
    """Write the report of one study, or of all and the page about them, from the store."""
    from replab.assemble import claims_files, study_result
    from replab.files import remove_parts, write_text
    from replab.report.kept_judgements import judgement_of
    from replab.report.latex import statements_latex
    from replab.report.tables import unmeasured
    from replab.report.write import write_profile, write_study

    project = open_project(args)
    folder = args.output / project.profile_name
    remove_parts(folder / args.study if args.study else folder)
    results = [study_result(project, study) for study in studies_asked(project, args)]
    for result in results:
        check_shares(result, args.units_agree)
    judgements = {result.name: judgement_of(result) for result in results}
    for result in results if not args.index else ():
        write_study(result, folder / result.name, judgements[result.name])
        if args.latex:
            write_text(folder / result.name / "statements.tex", statements_latex(judgements[result.name]))
    if not args.study:
        write_profile(results, folder, claims_files(project), judgements, other_data(project))
    for result in results:
        print(*(f"{result.name}: {line}\n" for line in unmeasured(result)), sep="", end="")
    tell_unprepared(project, [result.name for result in results])
    print(folder / "README.md" if not args.study else folder / args.study / "report.md")
    return 0


def other_data(project: Project) -> dict[str, list[str]]:
    """Report -> the profiles that ask whether its statements hold on other data; empty for such a profile itself."""
    found: dict[str, list[str]] = {}
    for name, profile in project.params.profiles.items():
        if profile.generalisation and project.profile.scope == DataScope.ORIGINAL:
            for report in profile.reports or {study.report for study in project.params.studies.values()}:
                found.setdefault(report, []).append(name)
    return found


def check_shares(result: StudyResult, sure: Collection[str]) -> None:
    """Raises ReplabError where claims and runs differ as fractions and percentages do, in shares that are not `sure`.

    Values of at most 1 may be fractions, even where the study says that they are percentages. replab's own engines
    record percentages; the question is about programs and LightningModules of the user.
    """
    from replab.assemble import CLAIMS
    from replab.judging.claims_on_runs import check_units
    from replab.judging.loading import load_claims
    from replab.metric_words import without_step
    from replab.readers.units import may_be_fractions
    from replab.report.frames import runs_frame

    path = CLAIMS / f"{result.report}.yaml"
    programs = any("run" in record["spec"] for record in result.records.values())
    if not programs or not path.exists():
        return
    runs = runs_frame(result)
    most = runs.groupby("metric")["value"].transform("max")
    others = {name for name in runs["metric"].dropna().map(without_step) if not may_be_fractions(name)}
    runs = runs.assign(unit=runs["unit"].where(most > 1, ""))
    check_units(load_claims(path), result.name, runs, {*sure, *others}, path, REMEDY)
