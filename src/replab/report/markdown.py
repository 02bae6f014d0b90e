"""The page of a study as markdown. The template says what stands where."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.judging.words import capital
from replab.report import background_tables, baseline_table, statement_tables, tables, translations, verdict_summary
from replab.report.extra_tables import extra_tables
from replab.report.figures import picture_words
from replab.report.findings import answer_and_findings
from replab.report.frames import as_rows, claimed_numbers
from replab.report.markdown_text import code, escaped, metric_words
from replab.report.study import StudyResult, short
from replab.report.verdict_summary import HYPOTHESIS, STATEMENT

if TYPE_CHECKING:
    from jinja2 import Template

    from replab.judging.judgement import Judgement


def study_page(result: StudyResult, summary: pd.DataFrame, judgement: Judgement, files: list[str]) -> str:
    """The page of a study; `files` are the names of the pictures' files, each an SVG, and a PNG of all or of none."""
    figures = [name.removesuffix(".svg") for name in files if name.endswith(".svg")]
    statements, parts = judgement.statements, judgement.parts
    main = tables.main_metrics(result, summary)
    claimed = claimed_numbers(parts)
    lead, findings = answer_and_findings(result.notes, summary, judgement)
    others = [name for name in figures if name != "statements" and not name.startswith("curves_")]
    return render(
        "report.md.j2",
        result=result,
        lead=lead,
        answer=verdict_summary.summary_sentences(result, judgement),
        rests_on=rests_on(result),
        statements=statement_tables.statements_table(statements),
        questions=statement_tables.questions_table(statements),
        meanings=meanings_of(statements),
        readings=statement_tables.readings_list(statements),
        sources=statement_tables.sources_list(statements),
        picture="statements" in figures,
        with_png=len(files) > len(figures),
        findings=findings,
        main=tables.main_tables(result, summary, main),
        exploded=any(map(tables.explodes, as_rows(summary[summary["metric"].isin(main)]))),
        luck={metric: found for metric in main if (found := baseline_table.baseline_table(result, metric, claimed))},
        curves=[name for name in figures if name.startswith("curves_")],
        other_pictures=others,
        translations=translations.examples_table(result),
        signatures=translations.signatures_table(result),
        parts=statement_tables.parts_table(parts, statements),
        lost=tables.lost_table(result),
        extra_tables=list(extra_tables(result, summary)),
        example=walk_back(result, summary),
        background=background_tables,
    )


def meanings_of(statements: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Role -> the verdicts that occur, with what each means."""
    return {
        role: verdict_summary.meanings_in(own["verdict"])
        for role in (STATEMENT, HYPOTHESIS)
        if len(own := verdict_summary.of_role(statements, role))
    }


def rests_on(result: StudyResult) -> str:
    """`Every variant has 10 seeds; all 150 runs finished.`, and what the runs were made with."""
    seeds = f"Every variant has {verdict_summary.seeds_words(result)}; {verdict_summary.runs_text(result)}."
    return " ".join(filter(None, [seeds, background_tables.made_with(run for _, _, run in result.runs())]))


def walk_back(result: StudyResult, summary: pd.DataFrame) -> dict[str, str]:
    """One number of the main table, and the way from it to the run that it came from; {} without a number."""
    rows = summary[(summary["n"] > 0) & summary["metric"].isin(result.primary)]
    if rows.empty:
        return {}
    row = rows.iloc[0]
    seed, run = result.runs_of(row["variant"], "done")[0]
    place = next(iter((run.get("code") or {}).items()), ("", ""))
    return {
        "variant": row["variant"],
        "metric": metric_words(row["metric"]),
        "mean": str(float(row["mean"])),
        "seed": str(seed),
        "identity": short(run["identity"]),
        "commit": str((run.get("environment") or {}).get("commit") or ""),
        "component": place[0],
        "place": place[1],
    }


def render(name: str, **context: Any) -> str:
    """A template of this folder as markdown: what people wrote comes `escaped`."""
    return template(name).render(**context)


@cache
def template(name: str) -> Template:
    """The template, compiled once a process."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("replab.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"escaped": escaped, "code": code, "metric_words": metric_words, "capitalized": capital}
    environment.filters |= {"picture_words": picture_words}
    environment.globals |= {"inconclusive_numbers": verdict_summary.INCONCLUSIVE_NUMBERS}
    return environment.get_template(name)
